package resilience_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/body"
	"tiffin/backends/upstream/resilience"
)

func TestBodies(t *testing.T) {
	const limit = 200_000
	for _, size := range []int{0, 1, 511, 512, 64 << 10, 64<<10 - 1, limit - 1, limit, limit + 1, 10 * limit} {
		for _, announced := range []bool{true, false} {
			inBubble(t, fmt.Sprintf("%d, announced %t", size, announced), func(t *testing.T) {
				content := strings.Repeat("tiffin", size/6+1)[:size]
				w := open(t, map[string]http.HandlerFunc{"a": func(w http.ResponseWriter, _ *http.Request) {
					if announced {
						w.Header().Set("Content-Length", strconv.Itoa(size))
					} else {
						_ = http.NewResponseController(w).Flush()
					}
					_, _ = io.WriteString(w, content)
				}}, func(s *setup) { s.cfg.MaxBody = limit })
				for range 3 {
					res, err := w.RoundTrip(request(t.Context(), "GET", "", ""))
					if size > limit {
						checkTooLarge(t, err, limit)
						continue
					}
					_, got, err := read(res, err)
					if err != nil || got != content || res.ContentLength != int64(size) || len(res.TransferEncoding) > 0 {
						t.Fatalf("%v, %d bytes, length %d, want %d", err, len(got), res.ContentLength, size)
					}
				}
				if n := w.dialled.Load(); size <= limit && n != 1 {
					t.Errorf("%d connections", n)
				}
			})
		}
	}
}

func checkTooLarge(t *testing.T, err error, limit int64) {
	t.Helper()
	var large *resilience.TooLargeError
	if !errors.As(err, &large) || large.Limit != limit {
		t.Errorf("%v, want a TooLargeError", err)
	}
}

// tracked notes what is done to a body.
type tracked struct {
	io.ReadCloser
	reads, closed int
}

func (b *tracked) Read(p []byte) (int, error) {
	b.reads++
	return b.ReadCloser.Read(p)
}

func (b *tracked) Close() error {
	b.closed++
	return b.ReadCloser.Close()
}

// Every answer's body is closed, however its reading ends. One that is announced as too large is not read at all.
func TestBodiesAreClosed(t *testing.T) {
	announce := func(length string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", length)
			_, _ = w.Write(make([]byte, 100))
		}
	}
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		unread  bool
	}{
		"whole": {announce("100"), false}, "truncated": {announce("101"), false}, "stalled": {stalled, false},
		"too large": {func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write(make([]byte, 2000))
		}, false},
		"announced too large": {announce("1001"), true},
	} {
		inBubble(t, name, func(t *testing.T) {
			var body tracked
			w := open(t, map[string]http.HandlerFunc{"a": tt.handler}, func(s *setup) {
				s.cfg.MaxBody, s.cfg.Reads.Retries = 1000, 0
				s.wrap = func(next http.RoundTripper) http.RoundTripper {
					return roundTrip(func(req *http.Request) (*http.Response, error) {
						res, err := next.RoundTrip(req)
						if err == nil {
							body.ReadCloser, res.Body = res.Body, &body
						}
						return res, err
					})
				}
			})
			_, _, _ = w.get(t.Context())
			if body.closed != 1 || tt.unread != (body.reads == 0) {
				t.Errorf("closed %d times after %d reads", body.closed, body.reads)
			}
		})
	}
}

// A time that is up can be told from other errors, whatever the transport makes of it.
func TestErrorsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		own := errors.New("i/o broke")
		w := open(t, map[string]http.HandlerFunc{"a": silent}, func(s *setup) {
			s.cfg.Reads.Retries = 0
			s.wrap = func(http.RoundTripper) http.RoundTripper {
				return roundTrip(func(req *http.Request) (*http.Response, error) {
					<-req.Context().Done()
					return nil, own
				})
			}
		})
		if _, _, err := w.get(t.Context()); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, own) {
			t.Errorf("%v, want the deadline and the cause", err)
		}
	})
}

// A service that ends half an answer properly when its caller leaves has not answered.
func TestNoAnswerAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, map[string]http.HandlerFunc{"a": silent}, func(s *setup) {
			s.cfg.Reads.Retries = 0
			s.wrap = func(http.RoundTripper) http.RoundTripper {
				return roundTrip(func(req *http.Request) (*http.Response, error) {
					<-req.Context().Done()
					return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("half"))}, nil
				})
			}
		})
		if _, body, err := w.get(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%q %v", body, err)
		}
	})
}

// A body that is too large is not asked for again.
func TestTooLargeIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		w := open(t, map[string]http.HandlerFunc{"a": func(w http.ResponseWriter, _ *http.Request) {
			n++
			_, _ = w.Write(make([]byte, 11))
		}}, func(s *setup) { s.cfg.MaxBody = 10 })
		if _, _, err := w.get(t.Context()); err == nil || n != 1 || !strings.HasPrefix(err.Error(), "instance a: ") {
			t.Errorf("%v after %d attempts", err, n)
		}
	})
}

// An answer to HEAD keeps the length of the body that it stands for.
func TestHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, map[string]http.HandlerFunc{"a": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "123") }}, nil)
		res, err := w.RoundTrip(request(t.Context(), "HEAD", "", ""))
		if _, body, err := read(res, err); err != nil || body != "" || res.ContentLength != 123 {
			t.Errorf("%v, %q, length %d", err, body, res.ContentLength)
		}
	})
}

// The connection is not needed any more: somebody may look for a fault in the body before it is read, whenever that is.
func TestTheBodyIsInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, map[string]http.HandlerFunc{"a": always(200).ServeHTTP}, nil)
		res, err := w.RoundTrip(request(t.Context(), "GET", "", ""))
		if err != nil {
			t.Fatal(err)
		}
		w.network.Stop("a")
		body.Peek(res, func(content []byte) {
			if string(content) != "OK" {
				t.Errorf("%q before it is read", content)
			}
		})
		if _, content, err := read(res, nil); content != "OK" || err != nil {
			t.Errorf("%q, %v", content, err)
		}
	})
}

func TestAPanicLeaksNothing(t *testing.T) {
	sent := 0
	boom := func(http.RoundTripper) http.RoundTripper {
		return roundTrip(func(req *http.Request) (*http.Response, error) {
			sent++
			panic("boom " + req.Method)
		})
	}
	for name, change := range map[string]func(*setup){
		"in the transport":         func(s *setup) { s.wrap = boom },
		"in the transport, hedged": func(s *setup) { s.wrap = boom; s.cfg.Hedge.Delay = time.Second },
		"in a hook": func(s *setup) {
			s.deps.Retryable = func(*http.Response) bool { panic("boom") }
		},
		"in a hook, hedged": func(s *setup) {
			s.deps.Retryable = func(*http.Response) bool { panic("boom") }
			s.cfg.Hedge.Delay = time.Second
		},
	} {
		for _, kind := range kinds {
			inBubble(t, name+", "+kind.name, func(t *testing.T) {
				w := open(t, map[string]http.HandlerFunc{"a": always(200).ServeHTTP}, func(s *setup) {
					s.cfg.Bulkhead = resilience.BulkheadConfig{Concurrent: 1}
					s.calls.HonoursKeys = true
					change(s)
				})
				sent = 0
				for n := range 5 {
					_, err := w.RoundTrip(request(t.Context(), kind.method, kind.key, ""))
					if sent > n+1 {
						t.Fatal("a call that panicked was repeated")
					}
					var panicked *resilience.PanicError
					if !errors.As(err, &panicked) || len(panicked.Stack) == 0 || !strings.Contains(err.Error(), "boom") {
						t.Fatalf("%v, want a PanicError", err)
					}
				}
				if s := w.Status(); s.InFlight != 0 || s.Waiting != 0 {
					t.Errorf("%+v", s)
				}
			})
		}
	}
}
