package balance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/backends/upstream/call"
	"tiffin/internal/testkit"
)

// next is a RoundTripper as a function.
type next func(*http.Request) (*http.Response, error)

func (n next) RoundTrip(req *http.Request) (*http.Response, error) { return n(req) }

func newRequest(ctx context.Context, t testing.TB, target string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestTheInstanceIsAddressed(t *testing.T) {
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host+" "+r.RequestURI) })
	network := testkit.Start(t, map[string]http.Handler{"a:1": echo})
	client := network.Transport()
	t.Cleanup(client.CloseIdleConnections)
	for _, tt := range []struct {
		target Target
		want   string
	}{
		{Target{Scheme: "http"}, "a:1 /orders/x%2Fy?q=1"},
		{Target{Scheme: "http", Base: "/p/v1"}, "a:1 /p/v1/orders/x%2Fy?q=1"},
		{Target{Scheme: "http", Host: "shop.internal"}, "shop.internal /orders/x%2Fy?q=1"},
	} {
		transport := NewTransport(tt.target, TransportDeps{Set: newSet(t, Defaults(), named("a:1")...), Next: client})
		req := newRequest(t.Context(), t, "https://orders/orders/x%2Fy?q=1")
		res, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if string(text) != tt.want {
			t.Errorf("the service saw %q, want %q", text, tt.want)
		}
		if req.URL.String() != "https://orders/orders/x%2Fy?q=1" || req.Host != "orders" {
			t.Errorf("the caller's request became %s", req.URL)
		}
	}
}

// judged sends one request and returns the outcome that was observed.
func judged(t *testing.T, ctx context.Context, n next) (got Outcome, err error) {
	t.Helper()
	set := newSet(t, Defaults(), named("a:1")...)
	got = -1
	transport := NewTransport(Target{Scheme: "http"}, TransportDeps{Set: set, Next: n, Observe: func(i *Instance, o Outcome) {
		if i.InFlight() != 0 {
			t.Error("observed while in flight")
		}
		got = o
	}})
	_, err = transport.RoundTrip(newRequest(ctx, t, "http://orders/"))
	return got, err
}

func TestTheOutcomeIsJudged(t *testing.T) {
	for status, want := range map[int]Outcome{
		200: Success, 302: Success, 404: Success, 429: Success, 501: Success, 500: Failure, 502: Failure, 503: Failure, 504: Failure,
	} {
		got, err := judged(t, t.Context(), func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: status}, nil })
		if got != want || err != nil {
			t.Errorf("%d: %s, %v, want %s", status, got, err, want)
		}
	}
	reset := errors.New("reset")
	if got, err := judged(t, t.Context(), func(*http.Request) (*http.Response, error) { return nil, reset }); got != Failure || err != reset { //nolint:errorlint // as it is
		t.Errorf("%s, %v", got, err)
	}
}

func TestARefusalBelowIsNoFailure(t *testing.T) {
	open := fmt.Errorf("breaker: %w", call.ErrNotSent)
	if got, err := judged(t, t.Context(), func(*http.Request) (*http.Response, error) { return nil, open }); got != NotSent || !errors.Is(err, open) {
		t.Errorf("%s, %v", got, err)
	}
	if !errors.Is(ErrNoInstance, call.ErrNotSent) {
		t.Error("with no instance nothing was sent either")
	}
}

// A time-out that this process noticed late says of the instance that it took that long, and nothing of its health.
func TestOurOwnLatenessIsNoFailure(t *testing.T) {
	late := fmt.Errorf("%w: %w", context.DeadlineExceeded, call.ErrLate)
	if got, err := judged(t, t.Context(), func(*http.Request) (*http.Response, error) { return nil, late }); got != Cancelled || !errors.Is(err, late) {
		t.Errorf("%s, %v", got, err)
	}
}

func TestACancelIsNoFailure(t *testing.T) {
	waits := func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(second, cancel)
		if got, err := judged(t, ctx, waits); got != Cancelled || !errors.Is(err, context.Canceled) {
			t.Errorf("%s, %v", got, err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), second)
		defer cancel()
		if got, err := judged(t, ctx, waits); got != Failure || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s, %v: who does not answer in time failed", got, err)
		}
		// A cancel inside the attempt is the attempt's own time-out, not the caller's.
		if got, _ := judged(t, t.Context(), func(*http.Request) (*http.Response, error) { return nil, context.Canceled }); got != Failure {
			t.Errorf("%s", got)
		}
	})
}

func TestAPanicLeaksNothing(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("the panic is lost")
		}
	}()
	_, _ = judged(t, t.Context(), func(*http.Request) (*http.Response, error) { panic("bug") })
}

func TestARetryGoesToAnotherInstance(t *testing.T) {
	var went []string
	transport := NewTransport(Target{Scheme: "http"}, TransportDeps{
		Set: newSet(t, Defaults(), named("a:1", "b:1", "c:1")...),
		Next: next(func(req *http.Request) (*http.Response, error) {
			went = append(went, req.URL.Host)
			return &http.Response{StatusCode: 503}, nil
		}),
	})
	for range 100 {
		went = nil
		c := &call.Call{}
		ctx := call.With(t.Context(), c)
		for range 3 {
			if _, err := transport.RoundTrip(newRequest(ctx, t, "http://orders/")); err != nil {
				t.Fatal(err)
			}
		}
		if went[0] == went[1] || went[1] == went[2] || went[0] == went[2] {
			t.Fatalf("attempts went to %v", went)
		}
		if diff := cmp.Diff(went, c.Tried()); diff != "" {
			t.Fatalf("noted: -want +got\n%s", diff)
		}
	}
}

// closing notes that a body was closed.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestNoInstance(t *testing.T) {
	body := &closing{Reader: strings.NewReader("x")}
	req := newRequest(t.Context(), t, "http://orders/")
	req.Body = body
	transport := NewTransport(Target{Scheme: "http"}, TransportDeps{Set: newSet(t, Defaults())})
	if _, err := transport.RoundTrip(req); !errors.Is(err, ErrNoInstance) || !body.closed {
		t.Errorf("%v, body closed: %v", err, body.closed)
	}
}

func TestTheKeyOfARequest(t *testing.T) {
	s := newSet(t, fast(ringHash))
	a, b := newRequest(t.Context(), t, "http://orders/x?q=1"), newRequest(t.Context(), t, "http://orders/x?q=2")
	a.Header.Set("X-Customer", "alice")
	b.Header.Set("X-Customer", "alice")
	if s.key(a) == s.key(b) || s.key(a) != s.key(newRequest(t.Context(), t, "http://other/x?q=1")) {
		t.Error("path and query are the key")
	}
	s.cfg.HashHeader = "X-Customer"
	if s.key(a) != s.key(b) {
		t.Error("the header is the key")
	}
	b.Header.Del("X-Customer")
	if s.key(a) == s.key(b) || s.key(b) == s.key(newRequest(t.Context(), t, "http://orders/")) {
		t.Error("without the header it is the path and query again")
	}
	if newSet(t, Defaults()).key(a) != 0 {
		t.Error("other policies pay for a key")
	}
}

// The position costs the request's copy; the call notes its instance in place.
func TestAllocations(t *testing.T) {
	res := &http.Response{StatusCode: 200}
	transport := NewTransport(Target{Scheme: "http", Base: ""}, TransportDeps{
		Set: newSet(t, Defaults(), numbered(10)...), Next: next(func(*http.Request) (*http.Response, error) { return res, nil }),
	})
	req := newRequest(t.Context(), t, "http://orders/x")
	if got := testing.AllocsPerRun(1000, func() { _, _ = transport.RoundTrip(req) }); got > 1 {
		t.Errorf("%v allocations, want 1", got)
	}
}
