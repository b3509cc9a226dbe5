package cache_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/cache"
)

// shaky is a service whose health can be set: 0 answers, a status, or -1 for a reset.
type shaky struct {
	status atomic.Int32
	header []string
}

func (s *shaky) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	switch status := s.status.Load(); status {
	case 0:
		counting(s.header...)(w, nil)
	case -1:
		panic(http.ErrAbortHandler)
	default:
		w.WriteHeader(int(status))
	}
}

func TestStaleWhileRevalidate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		route := cache.Route{Path: "/menus", TTL: 10 * time.Second, StaleWhileRevalidate: time.Minute}
		slow := counting()
		s := open(t, routes(route), func(w http.ResponseWriter, r *http.Request) {
			sleep(time.Second)
			slow(w, r)
		})
		s.get(t.Context(), "/menus")
		sleep(30 * time.Second)
		for range 5 {
			start := time.Now()
			res := s.get(t.Context(), "/menus")
			age, stale := cache.Stale(res.header)
			if res.body != "1" || res.did != cache.Refreshed || !stale || age != 31*time.Second || res.age != 31*time.Second || time.Since(start) != 0 {
				t.Errorf("%+v after %v, age %v", res, time.Since(start), age)
			}
		}
		synctest.Wait()
		if n := s.calls.Load(); n != 2 { // one refresh
			t.Errorf("%d calls", n)
		}
		sleep(2 * time.Second)
		res := s.get(t.Context(), "/menus")
		if _, stale := cache.Stale(res.header); res.body != "2" || res.did != cache.Hit || stale {
			t.Errorf("after the refresh: %+v", res)
		}
		if stats := s.cache.Stats(); stats.Stale != 5 || stats.Fills != 2 || stats.Hits != 1 || stats.Refreshing != 0 {
			t.Errorf("%+v", stats)
		}
		if len(s.stale) != 5 || s.stale[0] != "/menus 31s false" {
			t.Errorf("told: %q", s.stale)
		}
	})
}

// A refresh goes on when the caller who was served stale has left.
func TestARefreshOutlivesItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, routes(cache.Route{Path: "/menus", TTL: time.Second, StaleWhileRevalidate: time.Minute}), counting())
		s.get(t.Context(), "/menus")
		sleep(2 * time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		s.get(ctx, "/menus")
		cancel()
		synctest.Wait()
		if res := s.get(t.Context(), "/menus"); res.body != "2" || res.did != cache.Hit {
			t.Errorf("%+v", res)
		}
	})
}

func TestRefreshesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := routes(cache.Route{Path: "/{all...}", TTL: time.Second, StaleWhileRevalidate: time.Hour})
		cfg.Refreshes = 3
		var slow atomic.Bool
		count := counting()
		s := open(t, cfg, func(w http.ResponseWriter, r *http.Request) {
			if slow.Load() {
				sleep(time.Second)
			}
			count(w, r)
		})
		for n := range 10 {
			s.get(t.Context(), fmt.Sprint("/", n))
		}
		sleep(2 * time.Second)
		slow.Store(true)
		for n := range 10 {
			if res := s.get(t.Context(), fmt.Sprint("/", n)); res.did != cache.Refreshed {
				t.Errorf("%+v", res)
			}
		}
		synctest.Wait()
		if n := s.cache.Stats().Refreshing; n != 3 || s.calls.Load() != 13 {
			t.Errorf("%d refreshes, %d calls", n, s.calls.Load())
		}
	})
}

func TestStaleIfError(t *testing.T) {
	for _, status := range []int32{500, 502, 503, 504, -1} {
		for _, granted := range []string{"route", "answer"} {
			t.Run(fmt.Sprint(status, granted), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					service := &shaky{header: []string{"Cache-Control", "max-age=10, stale-if-error=60"}}
					route := everything
					if granted == "route" {
						service.header = nil
						route.TTL, route.StaleIfError = 10*time.Second, time.Minute
					}
					s := open(t, routes(route), service.ServeHTTP)
					s.get(t.Context(), "/menus")
					service.status.Store(status)
					sleep(70*time.Second - 1)
					res := s.get(t.Context(), "/menus")
					age, stale := cache.Stale(res.header)
					if res.status != 200 || res.body != "1" || res.did != cache.OnError || !stale || age != 69*time.Second {
						t.Errorf("%+v", res)
					}
					if !slices.Equal(s.stale, []string{"/{all...} 1m9.999999999s true"}) {
						t.Errorf("told: %q", s.stale)
					}
					sleep(time.Second)
					if late := s.get(t.Context(), "/menus"); late.status == 200 {
						t.Errorf("after its time: %+v", late)
					}
					service.status.Store(0)
					if back := s.get(t.Context(), "/menus"); back.did != cache.Miss {
						t.Errorf("back: %+v", back)
					}
				})
			})
		}
	}
}

// A failure that is nobody else's stands back for a stale answer all the same, and so does one of a revalidation; its body is closed.
func TestStaleIfErrorWhateverTheFailureIsLike(t *testing.T) {
	for name, fail := range map[string]nextFunc{
		"not to be kept": func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 503, Header: http.Header{"Cache-Control": {"no-store"}}}, nil
		},
		"with a cookie": func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 502, Header: http.Header{"Set-Cookie": {"a=b"}}}, nil
		},
		"no answer": func(*http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded },
	} {
		for _, validator := range []string{"", `"v1"`} {
			t.Run(name+validator, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var answer nextFunc = func(*http.Request) (*http.Response, error) {
						return &http.Response{StatusCode: 200, Header: http.Header{"Cache-Control": {"max-age=1, stale-if-error=60"}, "Etag": {validator}}}, nil
					}
					closed := 0
					c := over(t, routes(everything), func(req *http.Request) (*http.Response, error) {
						res, err := answer(req)
						if err == nil {
							res.Body = &bodyOf{strings.NewReader("body"), &closed}
						}
						return res, err
					})
					send(t.Context(), c, "GET", "/m")
					sleep(2 * time.Second)
					answer, closed = fail, 0
					if res := send(t.Context(), c, "GET", "/m"); res.status != 200 || res.did != cache.OnError || res.body != "body" {
						t.Errorf("%+v", res)
					}
					if want := map[bool]int{true: 0, false: 1}[name == "no answer"]; closed != want {
						t.Errorf("closed %d times, want %d", closed, want)
					}
				})
			})
		}
	}
}

type bodyOf struct {
	*strings.Reader
	closed *int
}

func (b *bodyOf) Close() error {
	*b.closed++
	return nil
}

// What is no failure of the service, and what forbids it.
func TestStaleIfErrorIsNotForEverything(t *testing.T) {
	for name, tt := range map[string]struct {
		answer, ask string
		status      int32
	}{
		"404":                       {"max-age=1, stale-if-error=60", "", 404},
		"429":                       {"max-age=1, stale-if-error=60", "", 429},
		"501":                       {"max-age=1, stale-if-error=60", "", 501},
		"must-revalidate":           {"max-age=1, stale-if-error=60, must-revalidate", "", 503},
		"no-cache":                  {"no-cache, stale-if-error=60", "", 503},
		"no-cache asked":            {"max-age=1, stale-if-error=60", "no-cache", 503},
		"s-maxage, by route":        {"s-maxage=1", "", 503},
		"nothing grants it, by TTL": {"max-age=1, stale-if-error=0", "", 503},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service := &shaky{header: []string{"Cache-Control", tt.answer, "Etag", `"x"`}}
				route := everything
				route.StaleIfError = time.Minute
				s := open(t, routes(route), service.ServeHTTP)
				s.get(t.Context(), "/menus")
				service.status.Store(tt.status)
				sleep(2 * time.Second)
				if res := s.get(t.Context(), "/menus", "Cache-Control", tt.ask); res.status != int(tt.status) {
					t.Errorf("%+v", res)
				}
			})
		})
	}
}

// At its deadline a caller gets the stale answer; one who cancels gets its cancel.
func TestADeadlineIsAnError(t *testing.T) {
	for cause, cut := range map[error]func(context.Context) (context.Context, context.CancelFunc){
		context.DeadlineExceeded: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 100*time.Millisecond)
		},
		context.Canceled: func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(100*time.Millisecond, cancel)
			return ctx, cancel
		},
	} {
		t.Run(cause.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var slow atomic.Bool
				s := open(t, routes(cache.Route{Path: "/m", TTL: time.Second, StaleIfError: time.Minute}), func(_ http.ResponseWriter, r *http.Request) {
					if slow.Load() {
						<-r.Context().Done()
					}
				})
				s.get(t.Context(), "/m")
				sleep(2 * time.Second)
				slow.Store(true)
				ctx, cancel := cut(t.Context())
				defer cancel()
				start := time.Now()
				res := s.get(ctx, "/m")
				if took := time.Since(start); took != 100*time.Millisecond {
					t.Errorf("took %v", took)
				}
				if stale := res.did == cache.OnError; stale != (cause == context.DeadlineExceeded) || !stale && !errors.Is(res.err, cause) { //nolint:errorlint // a table of them
					t.Errorf("%+v", res)
				}
			})
		})
	}
}
