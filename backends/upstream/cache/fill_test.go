package cache_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/cache"
	"tiffin/internal/kv"
)

var minute = cache.Route{Path: "/{all...}", TTL: time.Minute}

// slowly answers after a second.
func slowly(s http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		sleep(time.Second)
		s(w, r)
	}
}

func TestAStampedeMakesOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, routes(minute), slowly(counting()))
		var crowd sync.WaitGroup
		for range 1000 {
			crowd.Go(func() {
				if res := s.get(t.Context(), "/menus"); res.body != "1" || res.err != nil {
					t.Errorf("%+v", res)
				}
			})
		}
		crowd.Wait()
		stats := s.cache.Stats()
		if n := s.calls.Load(); n != 1 || stats.Coalesced != 999 || stats.Fills != 1 {
			t.Errorf("%d calls; %+v", n, stats)
		}
	})
}

// A dead service is not asked by each of a crowd.
func TestAFailureIsEverybodys(t *testing.T) {
	for _, status := range []int32{-1, 503} {
		synctest.Test(t, func(t *testing.T) {
			service := &shaky{}
			service.status.Store(status)
			s := open(t, routes(minute), slowly(service.ServeHTTP))
			var crowd sync.WaitGroup
			for range 100 {
				crowd.Go(func() {
					if res := s.get(t.Context(), "/menus"); res.err == nil && res.status != 503 {
						t.Errorf("%+v", res)
					}
				})
			}
			crowd.Wait()
			if n := s.calls.Load(); n != 1 {
				t.Errorf("%d calls", n)
			}
			s.get(t.Context(), "/menus")
			if n := s.calls.Load(); n != 2 {
				t.Error("a failure was kept")
			}
		})
	}
}

// The first caller leaves: the others get their answer, from the same call.
func TestOnesCancelFailsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, routes(minute), slowly(counting()))
		first, cancel := context.WithCancel(t.Context())
		var crowd sync.WaitGroup
		crowd.Go(func() {
			start := time.Now()
			if res := s.get(first, "/menus"); !errors.Is(res.err, context.Canceled) || time.Since(start) != time.Second/2 {
				t.Errorf("the one who left: %+v after %v", res, time.Since(start))
			}
		})
		synctest.Wait()
		for range 10 {
			crowd.Go(func() {
				if res := s.get(t.Context(), "/menus"); res.body != "1" {
					t.Errorf("%+v", res)
				}
			})
		}
		time.AfterFunc(time.Second/2, cancel)
		crowd.Wait()
		if n := s.calls.Load(); n != 1 {
			t.Errorf("%d calls", n)
		}
	})
}

// All leave: the call to the service is cancelled, and the next one starts anew.
func TestAFillEndsWithItsLastWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cancelled atomic.Int32
		s := open(t, routes(minute), func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
				cancelled.Add(1)
			case <-time.After(10 * time.Second):
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for range 3 {
			go s.get(ctx, "/menus")
		}
		sleep(2 * time.Second)
		if n := cancelled.Load(); n != 1 {
			t.Errorf("%d calls were cancelled, want the one", n)
		}
		if n := s.cache.Stats().Failures; n != 3 {
			t.Errorf("%d failures", n)
		}
	})
}

func TestAFillIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, routes(minute), func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		start := time.Now()
		if res := s.get(t.Context(), "/menus"); !errors.Is(res.err, context.DeadlineExceeded) || time.Since(start) != 10*time.Second {
			t.Errorf("%+v after %v", res, time.Since(start))
		}
	})
}

type nextFunc func(*http.Request) (*http.Response, error)

func (f nextFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// over is a Cache over a function.
func over(t *testing.T, cfg cache.Config, next nextFunc) *cache.Cache {
	t.Helper()
	store, err := kv.New(kv.Defaults(), kv.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := cache.New(cfg, cache.Deps{Next: next, Store: store})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestAPanicBelowIsAnError(t *testing.T) {
	c := over(t, routes(minute), func(*http.Request) (*http.Response, error) { panic("oh") })
	for range 2 { // nothing is stuck
		if res := send(t.Context(), c, "GET", "/m"); res.err == nil || !strings.Contains(res.err.Error(), "panic in the client chain: oh") {
			t.Errorf("%+v", res)
		}
	}
}

func TestABodyThatBreaks(t *testing.T) {
	c := over(t, routes(minute), func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(io.MultiReader(strings.NewReader("half"), broken{}))}, nil
	})
	if res := send(t.Context(), c, "GET", "/m"); !errors.Is(res.err, io.ErrUnexpectedEOF) {
		t.Errorf("%+v", res)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// A body that is too large is delivered whole, to each, and not kept.
func TestLargeBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := routes(minute)
		cfg.MaxBody = 1000
		var size atomic.Int32
		s := open(t, cfg, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("x", int(size.Load())))
		})
		for n, kept := range map[int32]bool{1000: true, 1001: false, 100_000: false} {
			size.Store(n)
			before := s.calls.Load()
			for range 2 {
				if res := s.get(t.Context(), fmt.Sprint("/", n)); len(res.body) != int(n) || res.err != nil {
					t.Errorf("%d bytes, %v", len(res.body), res.err)
				}
			}
			if got := s.calls.Load()-before == 1; got != kept {
				t.Errorf("%d bytes: kept %t", n, got)
			}
		}
	})
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, routes(minute), func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		var crowd sync.WaitGroup
		crowd.Go(func() {
			if res := s.get(t.Context(), "/menus"); !errors.Is(res.err, context.Canceled) {
				t.Errorf("%+v", res)
			}
		})
		synctest.Wait()
		s.cache.Close()
		crowd.Wait()
		if res := s.get(t.Context(), "/menus"); res.err == nil {
			t.Error("filled after Close")
		}
	})
}

// An invalidation while a fill is under way: who comes after it does not get what was asked for before.
func TestInvalidationDuringAFill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		s := open(t, routes(cache.Route{Path: "/menus/{id}", TTL: time.Minute, Tags: []string{"menu:{id}"}}), func(w http.ResponseWriter, _ *http.Request) {
			number := n.Add(1)
			sleep(time.Second)
			_, _ = fmt.Fprint(w, number)
		})
		go s.get(t.Context(), "/menus/1")
		synctest.Wait()
		if err := s.cache.Invalidate(t.Context(), "menu:1"); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if res := s.get(t.Context(), "/menus/1"); res.body != "2" {
				t.Errorf("%+v: asked for before the invalidation", res)
			}
		}
	})
}

func TestTags(t *testing.T) {
	list := []cache.Route{
		{Path: "/menus", TTL: time.Minute, Tags: []string{"menu:{restaurant_ids}", "menus"}},
		{Path: "/restaurants/{id}", TTL: time.Minute, Tags: []string{"restaurant:{id}"}},
		{Path: "/restaurants", TTL: time.Minute, Tags: []string{"restaurant:{ids}"}},
		{Path: "/restaurants", TTL: time.Minute},
	}
	tests := []struct {
		target, tag string
		gone        bool
	}{
		{"/menus?restaurant_ids=a,b", "menu:a", true},
		{"/menus?restaurant_ids=a,b", "menu:b", true},
		{"/menus?restaurant_ids=a&restaurant_ids=b", "menu:b", true},
		{"/menus?restaurant_ids=a,b", "menus", true},
		{"/menus?restaurant_ids=a,b", "menu:c", false},
		{"/menus?restaurant_ids=a,b", "menu:a,b", false},
		{"/restaurants/a%2Fb", "restaurant:a%2Fb", true},
		{"/restaurants/a", "restaurant:a", true},
		{"/restaurants?ids=a", "restaurant:a", true},
		{"/restaurants?search=a", "restaurant:a", false},
	}
	for _, tt := range tests {
		t.Run(tt.target+" "+tt.tag, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, routes(list...), counting())
				s.get(t.Context(), tt.target)
				if res := s.get(t.Context(), tt.target); res.did != cache.Hit {
					t.Fatalf("%+v", res)
				}
				if err := s.cache.Invalidate(t.Context(), tt.tag); err != nil {
					t.Fatal(err)
				}
				if res := s.get(t.Context(), tt.target); (res.did == cache.Miss) != tt.gone {
					t.Errorf("%+v", res)
				}
			})
		})
	}
}

// RFC 9111 section 4.4.
func TestUnsafeMethodsInvalidate(t *testing.T) {
	long := "/restaurants/" + strings.Repeat("x", 300)
	tests := []struct {
		name, method, target string
		status               int
		gone                 bool
	}{
		{"PUT", "PUT", "/restaurants/1", 200, true},
		{"DELETE with another query", "DELETE", "/restaurants/1?by=me", 204, true},
		{"POST that redirects", "POST", "/restaurants/1", 303, true},
		{"POST that fails", "POST", "/restaurants/1", 409, false},
		{"POST elsewhere", "POST", "/orders/1", 200, false},
		{"OPTIONS", "OPTIONS", "/restaurants/1", 200, false},
	}
	for _, path := range []string{"/restaurants/1", long} {
		for _, tt := range tests {
			t.Run(tt.name+path[:14], func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := open(t, routes(minute), func(w http.ResponseWriter, r *http.Request) {
						if r.Method != http.MethodGet {
							w.WriteHeader(tt.status)
						}
					})
					s.get(t.Context(), path+"?full=1")
					send(t.Context(), s.cache, tt.method, strings.Replace(tt.target, "/restaurants/1", path, 1))
					if res := s.get(t.Context(), path+"?full=1"); (res.did == cache.Miss) != tt.gone {
						t.Errorf("%+v", res)
					}
				})
			})
		}
	}
}

// A write under the path of a route forgets what has that route's tags, under whatever path it is kept, and nothing else.
func TestUnsafeMethodsInvalidateTags(t *testing.T) {
	for status, gone := range map[int]bool{200: true, 409: false, 500: false} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, routes(
				cache.Route{Path: "/restaurants/{id}", TTL: time.Minute, Tags: []string{"restaurant:{id}"}},
				cache.Route{Path: "/restaurants", TTL: time.Minute, Tags: []string{"restaurant:{ids}"}},
			), func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet {
					w.WriteHeader(status)
				}
			})
			s.get(t.Context(), "/restaurants?ids=1,2")
			s.get(t.Context(), "/restaurants?ids=2,3")
			send(t.Context(), s.cache, "PATCH", "/restaurants/1")
			if res := s.get(t.Context(), "/restaurants?ids=1,2"); (res.did == cache.Miss) != gone {
				t.Errorf("status %d: %+v", status, res)
			}
			if res := s.get(t.Context(), "/restaurants?ids=2,3"); res.did != cache.Hit {
				t.Errorf("status %d, another one: %+v", status, res)
			}
		})
	}
}

// The bound in bytes holds whatever is asked for.
func TestTheStoreIsBounded(t *testing.T) {
	cfg := kv.Defaults()
	cfg.Memory = 4 << 20
	store, err := kv.New(cfg, kv.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := cache.New(routes(minute), cache.Deps{Store: store, Next: nextFunc(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(strings.Repeat("x", 20_000)))}, nil
	})})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for n := range 1000 {
		if res := send(t.Context(), c, "GET", fmt.Sprint("/", n)); res.err != nil {
			t.Fatal(res.err)
		}
	}
	if stats := store.Stats(); stats.Bytes > cfg.Memory || stats.Entries < 100 {
		t.Errorf("%+v", stats)
	}
}
