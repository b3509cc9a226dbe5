package drill

import (
	"context"
	"time"
)

const (
	// maxOutage is when a service that is not back is given up.
	maxOutage = time.Minute
	// crowded is how many of the waves of an outage are large: the first, which meets breakers that are closed.
	crowded = 1
	// saved is how long the gateway may save up repeats, before the drill's first call.
	saved = 10 * time.Second
)

// Delivery has all instances down, for so many seconds, and then back. Pages arrive within the budget, with deliveries as they were and
// without the drivers' positions, which nothing old stands in for; the service sees few attempts more than pages, and soon after its return they are full again.
func Delivery(ctx context.Context, w World, outage int) (Report, error) {
	const service = "delivery"
	var r Report
	w.Books.Turn()
	if err := w.take(ctx, service, &r, step{"warm", nothing, saved, 1, anything}); err != nil {
		return r, err
	}
	if err := w.breaks(ctx, fault{Service: service, Kind: "down"}); err != nil {
		return r, err
	}
	for _, l := range []load{{crowded, atOnce, 1}, {max(outage-crowded, 0), few, 1}} {
		s, err := w.stage(ctx, service, l)
		if err != nil {
			return r, err
		}
		r.lost(service, s)
	}
	r.promise(float64(r.Count.Sum()) <= maxRatio*float64(r.Count.Calls), "with the outage %d attempts for %d calls", r.Count.Sum(), r.Count.Calls)
	if err := w.mend(ctx); err != nil {
		return r, err
	}
	err := w.untilFull(ctx, service, &r)
	return r, err
}

// lost judges pages without the service. Each makes a call at least, which the books do not know of where breakers refused it.
func (r *Report) lost(service string, s stage) {
	s.Calls = max(s.Calls, s.Asked)
	r.add("all down", s, service)
	r.promise(s.Stale == s.Asked, "%d of %d pages showed older deliveries", s.Stale, s.Asked)
	r.promise(s.Full == 0, "%d pages were full without the service", s.Full)
	r.promise(s.Quantile(1) < budget, "a page took %v", s.Quantile(1))
}

// untilFull asks until all pages of a wave are full, and then for more, which are to be full too.
func (w World) untilFull(ctx context.Context, service string, r *Report) error {
	start := time.Now()
	for {
		s, err := w.stage(ctx, service, load{1, few, 1})
		if err != nil {
			return err
		}
		r.add("is it back?", s, service)
		if s.Full == s.Asked && s.Stale == 0 || time.Since(start) > maxOutage {
			break
		}
	}
	took := time.Since(start) - interval
	r.say("%-18s pages were full %v after the return", "it is", took.Round(time.Second))
	r.promise(took <= maxReturn, "pages were full %v after the return", took)
	return w.take(ctx, service, r, step{"afterwards", nothing, 0, 1, anything})
}
