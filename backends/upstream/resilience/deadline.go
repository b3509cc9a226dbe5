package resilience

import (
	"net/http"

	"tiffin/backends/upstream/call"
)

// Deadline returns the position that gives a call its time: its kind's CallTimeout, or less if the request has less left. It notes it
// in the [call.Call]; Bulkhead, Retry and Attempt keep to it, with errors that wrap [context.DeadlineExceeded]. A panic of next is
// returned as a [PanicError].
func (p *Policies) Deadline(next call.Position) call.Position {
	return &deadline{p.cfg, next}
}

type deadline struct {
	cfg  Config
	next call.Position
}

func (d *deadline) Do(t call.Trip) (*http.Response, error) {
	t.Call.Limit(t.Now().Add(d.cfg.operation(t.Call.Kind()).CallTimeout))
	return guarded(d.next, t)
}
