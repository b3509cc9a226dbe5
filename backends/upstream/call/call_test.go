package call_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/call"
)

// next is a position that only looks.
func next(look func(call.Trip)) call.Position {
	return call.Func(func(t call.Trip) (*http.Response, error) {
		look(t)
		return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody}, nil
	})
}

func TestKinds(t *testing.T) {
	reads := []string{"POST /quotes"}
	tests := []struct {
		method, path string
		keyed        bool
		cfg          call.Config
		kind         call.Kind
		idempotent   bool
	}{
		{"GET", "/", false, call.Config{}, call.Read, true},
		{"", "/", false, call.Config{}, call.Read, true},
		{"HEAD", "/", false, call.Config{}, call.Read, true},
		{"OPTIONS", "/", false, call.Config{}, call.Read, true},
		{"TRACE", "/", false, call.Config{}, call.Read, true},
		{"POST", "/", false, call.Config{HonoursKeys: true}, call.Write, false},
		{"PUT", "/", false, call.Config{}, call.Write, false},
		{"DELETE", "/", false, call.Config{}, call.Write, false},
		{"get", "/", false, call.Config{}, call.Write, false},
		{"POST", "/", true, call.Config{}, call.KeyedWrite, false},
		{"POST", "/", true, call.Config{HonoursKeys: true}, call.KeyedWrite, true},
		{"GET", "/", true, call.Config{}, call.Read, true},
		{"POST", "/quotes?x=1", false, call.Config{Reads: reads}, call.Read, true},
		{"POST", "/quotes/1", false, call.Config{Reads: reads}, call.Write, false},
		{"PUT", "/quotes", false, call.Config{Reads: reads}, call.Write, false},
		{"POST", "/quotes", true, call.Config{Reads: reads}, call.KeyedWrite, false},
	}
	for _, tt := range tests {
		req := httptest.NewRequest("GET", "http://service"+tt.path, nil)
		req.Method = tt.method
		if tt.keyed {
			req.Header.Set("Idempotency-Key", `"k"`)
		}
		var got *call.Call
		_, _ = call.Start(tt.cfg, next(func(t call.Trip) { got = t.Call })).RoundTrip(req)
		if got.Kind() != tt.kind || got.Idempotent != tt.idempotent || got.Repeatable() != tt.idempotent {
			t.Errorf("%s %s, keyed %t: %s, idempotent %t, want %s, %t", tt.method, tt.path, tt.keyed, got.Kind(), got.Idempotent, tt.kind, tt.idempotent)
		}
	}
}

// A call made while another is under way, with its context, is a call of its own.
func TestNestedCallsAreApart(t *testing.T) {
	outer := &call.Call{}
	req := httptest.NewRequest("GET", "http://service/", nil).WithContext(call.With(t.Context(), outer))
	_, _ = call.Start(call.Config{}, next(func(t call.Trip) { t.Call.Begin(call.Attempt{Addr: "a"}) })).RoundTrip(req)
	if len(outer.Tried()) > 0 {
		t.Error("the outer call has tried an instance of the inner one")
	}
}

// A position that knows only net/http has the trip in a request, and what it sends goes on as the same call's trip.
func TestPositionsOfNetHTTP(t *testing.T) {
	type key struct{}
	req := httptest.NewRequest("POST", "http://service/a%2Fb?c", strings.NewReader("cart"))
	req.Header.Set("Idempotency-Key", `"k"`)
	inside := roundTrip(func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if r.Header.Get("Mine") != "yes" || r.Context().Value(key{}) != 1 || r.URL != req.URL || r.Body != req.Body || r == req {
			t.Errorf("it got %+v", r)
		}
		out := r.WithContext(context.WithValue(r.Context(), key{}, 2))
		out.Header = http.Header{"Mine": {"no"}}
		return next.RoundTrip(out)
	})
	var above *call.Call
	outer := call.Func(func(trip call.Trip) (*http.Response, error) {
		above = trip.Call
		trip.Header, trip.Context = http.Header{"Mine": {"yes"}}, context.WithValue(trip.Context, key{}, 1)
		return call.Over(within{inside, call.Under(next(func(below call.Trip) {
			if below.Call != above || below.Header.Get("Mine") != "no" || below.Context.Value(key{}) != 2 || below.Request.Method != "POST" {
				t.Errorf("it sent on %+v", below)
			}
		}))}).Do(trip)
	})
	if _, err := call.Start(call.Config{HonoursKeys: true}, outer).RoundTrip(req); err != nil || !above.Idempotent {
		t.Error(err, above)
	}
	if req.Header.Get("Mine") != "" || call.From(req.Context()) != nil {
		t.Error("the caller's request was changed")
	}
}

// The clock is read once, and again only by trips that somebody has kept; those of positions that know only net/http may have been.
func TestNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		at := func(what string, want time.Duration) call.Position {
			return next(func(trip call.Trip) {
				if got := trip.Now().Sub(start); got != want {
					t.Errorf("%s: %v after the start, want %v", what, got, want)
				}
			})
		}
		_, _ = call.Start(call.Config{}, call.Func(func(trip call.Trip) (*http.Response, error) {
			<-time.After(time.Second)
			_, _ = at("nobody has waited", 0).Do(trip)
			_, _ = call.Over(call.Under(at("below net/http", time.Second))).Do(trip)
			trip.Waited = true
			return at("after a wait", time.Second).Do(trip)
		})).RoundTrip(httptest.NewRequest("GET", "http://service/", nil))
		_, _ = at("a call that nobody started", time.Second).Do(call.Trip{Call: &call.Call{}})
	})
}

func TestElapsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := call.Attempt{Began: time.Now()}
		<-time.After(time.Second)
		if got := a.Elapsed(); got != time.Second {
			t.Errorf("%v under way", got)
		}
		a.Took = time.Minute
		if got := a.Elapsed(); got != time.Minute {
			t.Errorf("%v once it is over", got)
		}
	})
}

// A request that carries no call is a write that nothing is known about.
func TestUnderWithoutACall(t *testing.T) {
	_, _ = call.Under(next(func(trip call.Trip) {
		if trip.Call.Kind() != call.Write || trip.Call.Repeatable() {
			t.Errorf("%+v", trip.Call)
		}
	})).RoundTrip(httptest.NewRequest("GET", "http://service/", nil))
}

// roundTrip sends to next what it makes of a request.
type roundTrip func(req *http.Request, next http.RoundTripper) (*http.Response, error)

type within struct {
	do   roundTrip
	next http.RoundTripper
}

func (w within) RoundTrip(req *http.Request) (*http.Response, error) { return w.do(req, w.next) }

func TestDeadline(t *testing.T) {
	at := time.Now()
	early, cancel := context.WithDeadline(t.Context(), at)
	defer cancel()
	late, cancel := context.WithDeadline(t.Context(), at.Add(time.Hour))
	defer cancel()
	for name, tt := range map[string]struct {
		ctx   context.Context
		limit time.Time
		want  time.Time
	}{
		"neither": {t.Context(), time.Time{}, time.Time{}}, "the limit": {t.Context(), at, at}, "the context": {early, time.Time{}, at},
		"the limit is earlier": {late, at, at}, "the context is": {early, at.Add(time.Minute), at},
	} {
		c := &call.Call{}
		c.Limit(tt.limit)
		got, ok := call.Trip{Call: c, Context: tt.ctx}.Deadline()
		carried, also := call.Deadline(call.With(tt.ctx, c))
		if !got.Equal(tt.want) || ok != !tt.want.IsZero() || carried != got || also != ok {
			t.Errorf("%s: %v %v, %v %v by the context, want %v", name, got, ok, carried, also, tt.want)
		}
	}
}

func TestTried(t *testing.T) {
	c := &call.Call{}
	want := []string{"a", "b", "a", "c", "d", "e"} // more than first holds
	for n, addr := range want {
		before := c.Tried()
		if a := c.Begin(call.Attempt{Addr: addr}); a.Addr != addr {
			t.Errorf("it begins at %s, want %s", a.Addr, addr)
		}
		if !slices.Equal(before, want[:n]) || !slices.Equal(c.Tried(), want[:n+1]) {
			t.Errorf("tried %v, then %v, want %v", before, c.Tried(), want[:n+1])
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	c := &call.Call{}
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() { c.Begin(call.Attempt{Addr: "a"}); _ = c.Tried(); c.Send() })
	}
	group.Wait()
	if len(c.Tried()) != 10 || c.Attempts() != 10 {
		t.Errorf("%d begun, %d sent", len(c.Tried()), c.Attempts())
	}
}

func TestNoCall(t *testing.T) {
	c := call.From(t.Context())
	c.Send()
	if c != nil || c.Tried() != nil || c.Attempts() != 0 || c.Repeatable() || c.Kind() != call.Write {
		t.Error("a nil Call is not a Write that nothing is known about")
	}
}

func TestValidate(t *testing.T) {
	for _, good := range []string{"POST /quotes", "POST /", "SEARCH /a/b"} {
		if problems := (call.Config{Reads: []string{good}}).Validate(); problems != nil {
			t.Errorf("%q: %v", good, problems)
		}
	}
	for _, bad := range []string{"", "POST", "/quotes", "post /quotes", "POST quotes", "POST /a?b", "POST /a /b", " /a"} {
		if problems := (call.Config{Reads: []string{"GET /x", bad}}).Validate(); len(problems) != 1 || problems[0].Path != "reads[1]" {
			t.Errorf("%q: %v, want one problem of reads[1]", bad, problems)
		}
	}
}
