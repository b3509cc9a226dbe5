package resilience_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/body"
	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/resilience"
)

// What is repeated, and how often: every combination of method, key and what the service is declared to do.
func TestWhatIsRepeated(t *testing.T) {
	tests := []struct {
		name        string
		method, key string
		calls       call.Config
		statuses    []int
		status      int
		seen        int
	}{
		{"read", "GET", "", call.Config{}, []int{503, 502, 200}, 200, 3},
		{"read, 504", "GET", "", call.Config{}, []int{504, 200}, 200, 2},
		{"read, down", "GET", "", call.Config{}, []int{503}, 503, 3},
		{"read, 500 is no accident", "GET", "", call.Config{}, []int{500, 200}, 500, 1},
		{"read, 501", "GET", "", call.Config{}, []int{501, 200}, 501, 1},
		{"read, 404", "GET", "", call.Config{}, []int{404, 200}, 404, 1},
		{"read, 429", "GET", "", call.Config{}, []int{429, 200}, 429, 1},
		{"declared read", "POST", "", call.Config{Reads: []string{"POST /things"}}, []int{503, 200}, 200, 2},
		{"write", "POST", "", call.Config{HonoursKeys: true}, []int{503, 200}, 503, 1},
		{"write by PUT", "PUT", "", call.Config{HonoursKeys: true}, []int{503, 200}, 503, 1},
		{"write by DELETE", "DELETE", "", call.Config{HonoursKeys: true}, []int{503, 200}, 503, 1},
		{"key, not honoured", "POST", "k", call.Config{}, []int{503, 200}, 503, 1},
		{"key, honoured", "POST", "k", call.Config{HonoursKeys: true}, []int{503, 502, 200}, 200, 3},
		{"key, honoured, by PUT", "PUT", "k", call.Config{HonoursKeys: true}, []int{503, 200}, 200, 2},
	}
	for _, tt := range tests {
		inBubble(t, tt.name, func(t *testing.T) {
			service := &answers{statuses: tt.statuses}
			w := open(t, map[string]http.HandlerFunc{"a": service.ServeHTTP}, func(s *setup) { s.calls = tt.calls })
			res, err := w.RoundTrip(request(t.Context(), tt.method, tt.key, "cart"))
			status, body, _ := read(res, err)
			if status != tt.status || body != http.StatusText(tt.status) || service.seen() != tt.seen {
				t.Errorf("%d %q %v after %d attempts, want %d after %d", status, body, err, service.seen(), tt.status, tt.seen)
			}
		})
	}
}

// The body arrives whole each time, also one that cannot be rewound.
func TestTheBodyIsSentAgain(t *testing.T) {
	for _, body := range []string{"", "cart", strings.Repeat("x", 100_000)} {
		synctest.Test(t, func(t *testing.T) {
			var got log[string]
			w := open(t, map[string]http.HandlerFunc{"a": func(w http.ResponseWriter, r *http.Request) {
				content, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				got.add(string(content) + r.Header.Get("Idempotency-Key"))
				w.WriteHeader(503)
			}}, func(s *setup) { s.calls.HonoursKeys = true })
			_, _, _ = read(w.RoundTrip(request(t.Context(), "POST", "k", body)))
			if want := slices.Repeat([]string{body + `"k"`}, 3); !slices.Equal(got.list(), want) {
				t.Errorf("%d attempts, want 3 with %d bytes each", len(got.list()), len(body))
			}
		})
	}
}

func TestABodyTooLongToKeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := always(200)
		w := open(t, map[string]http.HandlerFunc{"a": service.ServeHTTP}, nil)
		_, err := w.RoundTrip(request(t.Context(), "POST", "k", strings.Repeat("x", 4<<20+1)))
		if !errors.Is(err, call.ErrNotSent) || service.seen() > 0 {
			t.Errorf("%v, %d attempts, want call.ErrNotSent", err, service.seen())
		}
	})
}

func TestErrorsOfTheNetworkAreRepeated(t *testing.T) {
	fine := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "fine") }
	cut := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	truncated := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
	}
	for name, first := range map[string]http.HandlerFunc{"cut": cut, "truncated": truncated, "silent": silent, "stalled": stalled} {
		inBubble(t, name, func(t *testing.T) {
			w := open(t, map[string]http.HandlerFunc{"a": first, "b": fine}, nil)
			if _, body, err := w.get(t.Context()); body != "fine" || err != nil {
				t.Errorf("%q, %v", body, err)
			}
		})
	}
	inBubble(t, "refused", func(t *testing.T) {
		w := open(t, map[string]http.HandlerFunc{"a": fine, "b": fine}, nil)
		w.network.Stop("a")
		if _, body, err := w.get(t.Context()); body != "fine" || err != nil {
			t.Errorf("%q, %v", body, err)
		}
	})
}

func TestARetryGoesToAnotherInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, c := always(503), always(503), always(200)
		w := open(t, map[string]http.HandlerFunc{"a": a.ServeHTTP, "b": b.ServeHTTP, "c": c.ServeHTTP}, nil)
		status, _, err := w.get(t.Context())
		if status != 200 || err != nil || a.seen() != 1 || b.seen() != 1 || c.seen() != 1 {
			t.Errorf("%d %v after %d, %d and %d attempts", status, err, a.seen(), b.seen(), c.seen())
		}
	})
}

func TestRetryableByContent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen int
		w := open(t, map[string]http.HandlerFunc{"a": func(w http.ResponseWriter, _ *http.Request) {
			seen++
			if seen < 3 {
				_, _ = io.WriteString(w, "<fault retryable='true'/>")
				return
			}
			_, _ = io.WriteString(w, "<answer/>")
		}}, func(s *setup) {
			s.deps.Retryable = func(res *http.Response) (fault bool) {
				body.Peek(res, func(content []byte) { fault = strings.HasPrefix(string(content), "<fault") })
				return fault
			}
		})
		if _, body, err := w.get(t.Context()); body != "<answer/>" || seen != 3 {
			t.Errorf("%q %v after %d attempts", body, err, seen)
		}
	})
}

// Full jitter: the n-th wait is Random × base × 2^(n-1).
func TestBackoff(t *testing.T) {
	for _, random := range []float64{0, 0.5, 1} {
		synctest.Test(t, func(t *testing.T) {
			var waits log[time.Duration]
			w := open(t, map[string]http.HandlerFunc{"a": always(503).ServeHTTP}, func(s *setup) {
				s.cfg.Retry.Backoff, s.cfg.Reads.Retries, s.cfg.Reads.CallTimeout = 400*time.Millisecond, 4, time.Minute
				s.deps.Random = func() float64 { return random }
				s.deps.Hooks.Retried = func(_ context.Context, r resilience.Repeat) {
					waits.add(r.Wait)
					if r.Status != 503 || r.Err != nil || r.Number != len(waits.list()) {
						t.Errorf("told %+v", r)
					}
				}
			})
			start := time.Now()
			_, _, _ = w.get(t.Context())
			want := []time.Duration{400 * time.Millisecond, 800 * time.Millisecond, time.Second, time.Second} // which bounds it
			total := time.Duration(0)
			for n := range want {
				want[n] = time.Duration(random * float64(want[n]))
				total += want[n]
			}
			if !slices.Equal(waits.list(), want) || time.Since(start) != total {
				t.Errorf("waited %v, %v in all, want %v", waits.list(), time.Since(start), want)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	date := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) } // whole seconds, as a bubble's start
	tests := []struct {
		name   string
		header func() string
		seen   int
		took   time.Duration
	}{
		{"seconds", func() string { return "1" }, 2, 1025 * time.Millisecond},
		{"date", func() string { return date(time.Second) }, 2, 1025 * time.Millisecond},
		{"date in the past", func() string { return date(-time.Hour) }, 2, 25 * time.Millisecond},
		{"seconds past the deadline", func() string { return "2" }, 1, 0},
		{"date past the deadline", func() string { return date(time.Hour) }, 1, 0},
		{"years", func() string { return "999999999" }, 1, 0},
		{"nonsense", func() string { return "soon" }, 2, 25 * time.Millisecond},
		{"negative", func() string { return "-1" }, 2, 25 * time.Millisecond},
	}
	for _, tt := range tests {
		inBubble(t, tt.name, func(t *testing.T) {
			service := &answers{statuses: []int{503, 200}, header: http.Header{"Retry-After": {tt.header()}}}
			w := open(t, map[string]http.HandlerFunc{"a": service.ServeHTTP}, nil)
			start := time.Now()
			status, body, err := w.get(t.Context())
			if took := time.Since(start); service.seen() != tt.seen || took != tt.took || err != nil {
				t.Errorf("%d attempts in %v, %v, want %d in %v", service.seen(), took, err, tt.seen, tt.took)
			}
			if want := []int{503, 200}[tt.seen-1]; status != want || body != http.StatusText(want) {
				t.Errorf("answer %d %q, want the last", status, body)
			}
		})
	}
}

// A wait that would end past the deadline is not begun, whatever the deadline's origin.
func TestNeverPastTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := always(503)
		w := open(t, map[string]http.HandlerFunc{"a": service.ServeHTTP}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		start := time.Now()
		status, _, err := w.get(ctx) // waits 25 ms, then would wait 50
		if status != 503 || service.seen() != 2 || time.Since(start) != 25*time.Millisecond {
			t.Errorf("%d %v after %v and %d attempts", status, err, time.Since(start), service.seen())
		}
	})
}

func TestTheCallerLeavesDuringTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := &answers{statuses: []int{503}, header: http.Header{"Retry-After": {"1"}}}
		w := open(t, map[string]http.HandlerFunc{"a": service.ServeHTTP}, nil)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		start := time.Now()
		_, _, err := w.get(ctx)
		if !errors.Is(err, context.Canceled) || time.Since(start) != 100*time.Millisecond || service.seen() != 1 {
			t.Errorf("%v after %v and %d attempts", err, time.Since(start), service.seen())
		}
	})
}

// The error is the attempt's, which names the instance, where it is an attempt that the end of the request cut.
func TestTheCallerLeavesDuringARetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, map[string]http.HandlerFunc{"a": always(503).ServeHTTP, "b": silent}, nil)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		_, _, err := w.get(ctx)
		if !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "instance b: ") {
			t.Errorf("%v", err)
		}
	})
}

// Failed attempts give their connections back: one is enough for all.
func TestFailedAttemptsLeakNoConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		w := open(t, map[string]http.HandlerFunc{"a": func(w http.ResponseWriter, _ *http.Request) {
			if n++; n%3 != 0 {
				w.WriteHeader(503)
			}
			_, _ = w.Write(make([]byte, 100_000))
		}}, func(s *setup) { s.cfg.Retry.MinPerSecond, s.cfg.Breaker.Failures = 1000, 1 })
		w.transport.MaxConnsPerHost = 1
		for range 50 {
			if status, body, err := w.get(t.Context()); status != 200 || len(body) != 100_000 || err != nil {
				t.Fatalf("%d, %d bytes, %v", status, len(body), err)
			}
		}
		if n != 150 || w.dialled.Load() != 1 {
			t.Errorf("%d attempts over %d connections, want 150 over 1", n, w.dialled.Load())
		}
	})
}
