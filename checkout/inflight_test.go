package checkout

import (
	"testing"
	"time"

	"tiffin/backends/payments"
	"tiffin/internal/demo/stage"
)

// A call may be sent as late as it ends, for what is below repeats it. The time in flight counts from there: money is not asked for under
// another key before.
func TestTimeInFlightCountsFromTheEndOfTheCall(t *testing.T) {
	inWorld(t, func(w *world) {
		w.kept[payments.Service].Set(stage.Kept{KeyTTLMS: -1, ReplaysErrors: true, Inquiry: true, Tombstones: true})
		w.declare(payments.Service, func(p *Promises) { p.ReplaysErrors, p.MaxInFlight = true, 3*time.Second })
		w.start()
		in := w.quoted()
		w.tap.make(callAuthorize, hangs, 1)
		began := time.Now()
		w.place(in)
		for w.count(callAuthorize) < 2 {
			time.Sleep(10 * time.Millisecond) //nolint:forbidigo // fake time
		}
		if took := time.Since(began); took < w.cfg.CallTimeout+3*time.Second {
			t.Errorf("asked again after %v; want the call to end, and 3 s in flight", took)
		}
		if _, ok := w.settled(in).(*OrderConfirmed); !ok {
			t.Error("want it confirmed")
		}
	})
}
