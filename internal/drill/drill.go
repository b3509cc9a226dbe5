package drill

import (
	"context"
	"fmt"
	"time"
)

// What the drills promise.
const (
	// maxRatio bounds attempts over calls: the retry budget's 20 %.
	maxRatio = 1.2
	// maxSlowShare is the most that the slow instance gets of the attempts once it is known.
	maxSlowShare = 0.1
	// third and its tolerance are what each of three healthy instances gets.
	third, tolerance = 1.0 / 3, 0.1
	// maxReturn is how soon pages are full again.
	maxReturn = 10 * time.Second
	// budget is what an edge may cost a page: call_timeout, of deliveries and then of positions, and what the rest takes.
	budget = 5 * time.Second
)

// Report is what a drill found.
type Report struct {
	Pages Pages
	// Failed are the pages that should have been better.
	Failed int
	// Count is that of the service that was drilled.
	Count Count
	// Lines are findings for people; Broken are promises that were not kept.
	Lines, Broken []string
}

func (r *Report) say(format string, args ...any) {
	r.Lines = append(r.Lines, fmt.Sprintf(format, args...))
}

func (r *Report) promise(kept bool, format string, args ...any) {
	if !kept {
		r.Broken = append(r.Broken, fmt.Sprintf(format, args...))
	}
}

// stage is a time of the drill: pages, and what they asked of the service.
type stage struct {
	Pages
	Count
}

func (w World) stage(ctx context.Context, service string, l load) (stage, error) {
	pages, err := w.run(ctx, l)
	return stage{pages, w.Books.Turn()[service]}, err
}

// add puts a stage into the sums.
func (r *Report) add(name string, s stage, allowed ...string) {
	failed := s.Failed(allowed...)
	r.Pages, r.Count, r.Failed = r.Pages.plus(s.Pages), r.Count.plus(s.Count), r.Failed+failed
	r.say("%-18s %4d pages, p50 %v, p99 %v; %d calls, attempts by instance %v", name, s.Asked,
		s.Quantile(0.5).Round(time.Millisecond), s.Quantile(0.99).Round(time.Millisecond), s.Calls, s.Attempts)
	r.promise(failed == 0, "%s: %d failed pages: %v", name, failed, s.Reasons)
}
