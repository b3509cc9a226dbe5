package resilience

import (
	"net/http"
	"time"

	"tiffin/backends/upstream/call"
)

// Deadline returns the position that gives a call its time: its kind's CallTimeout, or less if the request has less left. It notes it
// in the [call.Call]; Bulkhead, Retry and Attempt keep to it, with errors that wrap [context.DeadlineExceeded]. A panic of next is
// returned as a [PanicError].
func (p *Policies) Deadline(next http.RoundTripper) http.RoundTripper {
	return &deadline{p.cfg, next}
}

type deadline struct {
	cfg  Config
	next http.RoundTripper
}

func (d *deadline) RoundTrip(req *http.Request) (*http.Response, error) {
	current := call.From(req.Context())
	current.Limit(time.Now().Add(d.cfg.operation(current.Kind()).CallTimeout))
	return guarded(d.next, req)
}
