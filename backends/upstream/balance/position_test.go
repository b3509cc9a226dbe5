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

// next is a position below that knows the instance's URL.
func next(n func(*http.Request) (*http.Response, error)) call.Position {
	return call.Func(func(t call.Trip) (*http.Response, error) {
		req, url := t.Request.WithContext(t.Context), *t.Request.URL
		t.Attempt.Target.Address(&url, t.Attempt.Addr)
		req.URL, req.Host = &url, t.Attempt.Target.Host
		return n(req)
	})
}

// start is a chain of the position alone.
func start(p *Position) http.RoundTripper { return call.Start(call.Config{}, p) }

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
		target call.Target
		want   string
	}{
		{call.Target{Scheme: "http"}, "a:1 /orders/x%2Fy?q=1"},
		{call.Target{Scheme: "http", Base: "/p/v1"}, "a:1 /p/v1/orders/x%2Fy?q=1"},
		{call.Target{Scheme: "http", Host: "shop.internal"}, "shop.internal /orders/x%2Fy?q=1"},
	} {
		position := NewPosition(tt.target, PositionDeps{Set: newSet(t, Defaults(), named("a:1")...), Next: next(client.RoundTrip)})
		req := newRequest(t.Context(), t, "https://orders/orders/x%2Fy?q=1")
		res, err := start(position).RoundTrip(req)
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
func judged(t *testing.T, ctx context.Context, n func(*http.Request) (*http.Response, error)) (got Outcome, err error) {
	t.Helper()
	set := newSet(t, Defaults(), named("a:1")...)
	got = -1
	position := NewPosition(call.Target{Scheme: "http"}, PositionDeps{Set: set, Next: next(n), Observe: func(i *Instance, o Outcome) {
		if i.InFlight() != 0 {
			t.Error("observed while in flight")
		}
		got = o
	}})
	_, err = start(position).RoundTrip(newRequest(ctx, t, "http://orders/"))
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
	position := NewPosition(call.Target{Scheme: "http"}, PositionDeps{
		Set: newSet(t, Defaults(), named("a:1", "b:1", "c:1")...),
		Next: next(func(req *http.Request) (*http.Response, error) {
			went = append(went, req.URL.Host)
			return &http.Response{StatusCode: 503}, nil
		}),
	})
	for range 100 {
		went = nil
		c := &call.Call{}
		for range 3 {
			if _, err := position.Do(call.Trip{Call: c, Context: t.Context(), Request: newRequest(t.Context(), t, "http://orders/")}); err != nil {
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
	position := NewPosition(call.Target{Scheme: "http"}, PositionDeps{Set: newSet(t, Defaults())})
	if _, err := start(position).RoundTrip(req); !errors.Is(err, ErrNoInstance) || !body.closed {
		t.Errorf("%v, body closed: %v", err, body.closed)
	}
}

func TestTheKeyOfARequest(t *testing.T) {
	s := newSet(t, fast(ringHash))
	a, b := newRequest(t.Context(), t, "http://orders/x?q=1"), newRequest(t.Context(), t, "http://orders/x?q=2")
	a.Header.Set("X-Customer", "alice")
	b.Header.Set("X-Customer", "alice")
	key := func(req *http.Request) uint64 { return s.key(call.Trip{Request: req, Header: req.Header}) }
	if key(a) == key(b) || key(a) != key(newRequest(t.Context(), t, "http://other/x?q=1")) {
		t.Error("path and query are the key")
	}
	s.cfg.HashHeader = "X-Customer"
	if key(a) != key(b) {
		t.Error("the header is the key")
	}
	if s.key(call.Trip{Request: a, Header: http.Header{"X-Customer": {"bob"}}}) == key(a) {
		t.Error("it is not the trip's header")
	}
	b.Header.Del("X-Customer")
	if key(a) == key(b) || key(b) == key(newRequest(t.Context(), t, "http://orders/")) {
		t.Error("without the header it is the path and query again")
	}
	if newSet(t, Defaults()).key(call.Trip{Request: a, Header: a.Header}) != 0 {
		t.Error("other policies pay for a key")
	}
}

// The position costs nothing that needs collecting; the call notes its instance in place.
func TestAllocations(t *testing.T) {
	res := &http.Response{StatusCode: 200}
	position := NewPosition(call.Target{Scheme: "http", Base: ""}, PositionDeps{
		Set: newSet(t, Defaults(), numbered(10)...), Next: call.Func(func(call.Trip) (*http.Response, error) { return res, nil }),
	})
	chain, req := start(position), newRequest(t.Context(), t, "http://orders/x")
	if got := testing.AllocsPerRun(1000, func() { _, _ = chain.RoundTrip(req) }); got > 1 {
		t.Errorf("%v allocations, want 1, the call", got)
	}
}
