package resilience_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/resilience"
)

// An open breaker sends the attempt elsewhere, at once; it is no retry, costs no budget, and is for writes as well.
func TestOpenBreakersAreGoneRound(t *testing.T) {
	for _, kind := range kinds {
		inBubble(t, kind.name, func(t *testing.T) {
			a, b, c := always(500), always(500), always(200)
			retried := 0
			w := open(t, map[string]http.HandlerFunc{"a": a.ServeHTTP, "b": b.ServeHTTP, "c": c.ServeHTTP}, func(s *setup) {
				s.cfg.Breaker.Calls, s.cfg.Retry.Budget, s.cfg.Retry.MinPerSecond = 1, 0, 0
				s.deps.Hooks.Retried = func(context.Context, resilience.Repeat) { retried++ }
			})
			_, _, _ = w.get(t.Context()) // opens a's
			_, _, _ = w.get(t.Context()) // opens b's
			start := time.Now()
			status, _, err := read(w.RoundTrip(request(t.Context(), kind.method, kind.key, "cart")))
			if status != 200 || a.seen() != 1 || b.seen() != 1 || time.Since(start) > 0 || retried > 0 {
				t.Errorf("%d %v after %v, %d and %d attempts at the open ones, %d retries", status, err, time.Since(start), a.seen(), b.seen(), retried)
			}
		})
	}
}

// onceOnly is a body that has nothing more to give once it was closed, as those of net/http.
type onceOnly struct {
	io.Reader
	closed bool
}

func (b *onceOnly) Close() error {
	b.closed = true
	return nil
}

func (b *onceOnly) Read(p []byte) (int, error) {
	if b.closed {
		return 0, errors.New("closed")
	}
	return b.Reader.Read(p)
}

// A position that refuses has closed the request's body: what goes elsewhere has it from its start.
func TestTheBodyGoesRoundOpenBreakers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := always(500)
		w := open(t, map[string]http.HandlerFunc{"a": a.ServeHTTP, "b": func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }},
			func(s *setup) { s.cfg.Breaker.Calls, s.cfg.Reads.Retries = 1, 0 })
		_, _, _ = w.get(t.Context()) // opens a's
		req := request(t.Context(), "POST", "", "cart")
		body := func() (io.ReadCloser, error) { return &onceOnly{Reader: strings.NewReader("cart")}, nil }
		req.GetBody = body
		req.Body, _ = body()
		if status, got, err := read(w.RoundTrip(req)); status != 200 || got != "cart" || a.seen() != 1 {
			t.Errorf("%d %q %v", status, got, err)
		}
	})
}

func TestAllBreakersOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := always(503), always(503)
		w := open(t, map[string]http.HandlerFunc{"a": a.ServeHTTP, "b": b.ServeHTTP}, func(s *setup) { s.cfg.Breaker.Calls = 1 })
		// Two attempts open both breakers; the third finds none, and the call ends with what the service said.
		if status, body, err := w.get(t.Context()); status != 503 || body == "" || err != nil {
			t.Errorf("%d %q %v, want the last answer", status, body, err)
		}
		start, picked := time.Now(), w.picked.Load()
		if _, _, err := w.get(t.Context()); !errors.Is(err, resilience.ErrOpen) || time.Since(start) > 0 {
			t.Errorf("%v after %v, want ErrOpen at once", err, time.Since(start))
		}
		if n := w.picked.Load() - picked; n != 3 {
			t.Errorf("%d picks, want one of each and the one that shows that there are no more", n)
		}
		if a.seen() != 1 || b.seen() != 1 {
			t.Errorf("%d and %d attempts", a.seen(), b.seen())
		}
	})
}

// A position that refuses closes the request's body, as every RoundTripper does.
func TestRefusalsCloseTheBody(t *testing.T) {
	failing := call.Func(func(call.Trip) (*http.Response, error) { return nil, errors.New("down") })
	for name, position := range map[string]func(*resilience.Policies) call.Position{
		"breaker": func(p *resilience.Policies) call.Position {
			breaker := addressed(p.Breaker(failing))
			_, _ = call.Start(call.Config{}, breaker).RoundTrip(request(t.Context(), "GET", "", "")) // opens it
			return breaker
		},
		"bulkhead": func(p *resilience.Policies) call.Position {
			var bulkhead call.Position
			var refused call.Trip
			bulkhead = p.Bulkhead(call.Func(func(call.Trip) (*http.Response, error) { return bulkhead.Do(refused) })) // with the only place taken
			return call.Func(func(t call.Trip) (*http.Response, error) {
				refused = t
				t.Request = request(t.Context, "GET", "", "")
				return bulkhead.Do(t)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := resilience.Defaults()
			cfg.Bulkhead = resilience.BulkheadConfig{Concurrent: 1}
			cfg.Breaker.Calls = 1
			p, err := resilience.New(cfg, resilience.Deps{})
			if err != nil {
				t.Fatal(err)
			}
			body := &tracked{ReadCloser: http.NoBody}
			req := request(t.Context(), "POST", "", "")
			req.Body = body
			if _, err := call.Start(call.Config{}, position(p)).RoundTrip(req); !errors.Is(err, call.ErrNotSent) || body.closed != 1 {
				t.Errorf("%v, closed %d times", err, body.closed)
			}
		})
	}
}

func TestKeepForgetsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, map[string]http.HandlerFunc{"a": always(500).ServeHTTP, "b": always(200).ServeHTTP}, func(s *setup) { s.cfg.Breaker.Calls = 1 })
		_, _, _ = w.get(t.Context())
		_, _, _ = w.get(t.Context())
		w.Keep([]string{"b", "c"})
		if got := w.Status().Breakers; len(got) != 1 || got["b"] != resilience.Closed {
			t.Errorf("kept %v", got)
		}
	})
}
