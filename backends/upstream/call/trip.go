package call

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Trip is a request on its way down the chain: what each position passes to the next one. It is a value, so that what a position changes is
// so for those below it, and what it has itself stays for another attempt. Nothing that a Trip points to is changed but its Call.
//
// It stands for the many copies of an [http.Request] that a chain of [http.RoundTripper] needs, each for one field or two: mostly, only an
// attempt makes one, as it is sent. [Over] and [Under] are the way to positions that know only net/http.
type Trip struct {
	// Call is never nil.
	Call *Call
	// Context counts, not that of Request.
	Context context.Context //nolint:containedctx // a request has one as well
	// Request is as the client made it, or a copy with another Body.
	Request *http.Request
	// Header counts, not that of Request. It may be nil.
	Header http.Header

	// Attempt is the one that the trip belongs to; nil above the position that picks instances.
	Attempt *Attempt
	// Waited says that the trip may have been kept from going on: by who sets it.
	Waited bool
}

// Attempt is where one attempt goes. Nothing of it changes but Took.
type Attempt struct {
	// Addr is the instance, "host:port".
	Addr string
	// Target is how it is spoken to; where it is nil the request's own URL says it all.
	Target *Target
	// Began is when the attempt did.
	Began time.Time
	// Took is how long it took, once it is over; the innermost position sets it.
	Took time.Duration
}

// Elapsed is Took, or where that is not known how long ago the attempt began.
func (a *Attempt) Elapsed() time.Duration {
	if a.Took > 0 {
		return a.Took
	}
	return time.Since(a.Began)
}

// Position is one place of the chain. What holds for [http.RoundTripper] holds for it: it returns an answer or an error, and closes the
// request's body in any case.
type Position interface {
	Do(t Trip) (*http.Response, error)
}

// Func is a Position as a function.
type Func func(t Trip) (*http.Response, error)

// Do implements [Position].
func (f Func) Do(t Trip) (*http.Response, error) { return f(t) }

// Now is the time. Where nothing has kept the trip, that is when the call began, some microseconds ago, or more where the process did not get
// its CPU: reading the clock is a good part of what a position costs.
func (t Trip) Now() time.Time {
	if t.Waited || t.Call.Began.IsZero() {
		return time.Now()
	}
	return t.Call.Began
}

// Deadline is when the call is to be over, by its own limit or the Context's deadline, whichever is earlier; false where neither says.
func (t Trip) Deadline() (time.Time, bool) { return earlier(t.Context, t.Call) }

// CloseBody is for a position that does not pass t on.
func (t Trip) CloseBody() {
	if t.Request.Body != nil {
		_ = t.Request.Body.Close()
	}
}

// Target is how the instances of a service are spoken to.
type Target struct {
	// Scheme is "http" or "https".
	Scheme string
	// Base is put in front of each request's path: "" or "/v1".
	Base string
	// Host is the Host header; where it is empty, each instance is addressed by its own address.
	Host string
}

// Address points url, the request's own, to the instance. An escaped path stays as it was escaped.
func (t *Target) Address(url *url.URL, addr string) {
	url.Scheme, url.Host = t.Scheme, addr
	if t.Base == "" {
		return
	}
	if url.RawPath != "" {
		url.RawPath = t.Base + url.RawPath
	}
	url.Path = t.Base + url.Path
}

// Value is the value for key of a context whose parent is that and which carries c, as [With] would make it: for contexts that are part of
// something larger.
func Value(parent context.Context, c *Call, key any) any {
	if key == (contextKey{}) {
		return c
	}
	return parent.Value(key)
}
