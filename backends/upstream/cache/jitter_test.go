package cache_test

import (
	"fmt"
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/cache"
)

// withRandom is a cache over the same store and service with another source of jitter; nil is the one of production.
func (s *shop) withRandom(t *testing.T, cfg cache.Config, random func() float64) *cache.Cache {
	t.Helper()
	cfg.Service = "shop"
	c, err := cache.New(cfg, cache.Deps{Next: s.next, Store: s.store, Random: random})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Jitter only shortens, by no more than it may, whoever says how long an answer is fresh; what may be served stale begins when it is stale.
func TestJitterOnlyShortens(t *testing.T) {
	almostOne := math.Nextafter(1, 0)
	for _, tt := range []struct {
		jitter, random float64
		fresh          time.Duration // of 100 s
	}{{0.1, 0, 100 * time.Second}, {0.1, 0.5, 95 * time.Second}, {0.1, almostOne, 90 * time.Second}, {0.5, almostOne, 50 * time.Second}, {0, almostOne, 100 * time.Second}} {
		for _, says := range []string{"answer", "route", "404"} {
			t.Run(fmt.Sprint(says, tt), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					cfg := routes(cache.Route{Path: "/menus", TTL: 100 * time.Second, StaleWhileRevalidate: 10 * time.Second})
					cfg.Jitter, cfg.Negative = tt.jitter, 100*time.Second
					s := open(t, cfg, func(w http.ResponseWriter, _ *http.Request) {
						switch says {
						case "answer":
							w.Header().Set("Cache-Control", "max-age=100, stale-while-revalidate=10")
						case "404":
							w.WriteHeader(http.StatusNotFound)
						}
					})
					c := s.withRandom(t, cfg, func() float64 { return tt.random })
					kept := func() got { return send(t.Context(), c, "GET", "/menus", "Cache-Control", "only-if-cached") }
					send(t.Context(), c, "GET", "/menus")
					sleep(tt.fresh - 10*time.Millisecond)
					if res := kept(); res.did != cache.Hit {
						t.Errorf("before %v: %+v", tt.fresh, res)
					}
					sleep(10 * time.Millisecond)
					if res := kept(); res.did != cache.Refreshed && says != "404" || says == "404" && res.status != http.StatusGatewayTimeout {
						t.Errorf("after %v: %+v", tt.fresh, res)
					}
					synctest.Wait()
				})
			})
		}
	}
}

// Answers that were kept together do not all go stale together.
func TestWhatIsKeptTogetherDoesNotGoStaleTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 400
		s := open(t, routes(everything), counting("Cache-Control", "max-age=100"))
		c := s.withRandom(t, routes(everything), nil)
		for n := range many {
			send(t.Context(), c, "GET", fmt.Sprint("/", n))
		}
		fresh := func() (n int) {
			for k := range many {
				if send(t.Context(), c, "GET", fmt.Sprint("/", k), "Cache-Control", "only-if-cached").did == cache.Hit {
					n++
				}
			}
			return n
		}
		var left [3]int
		sleep(90*time.Second - 1)
		left[0] = fresh()
		sleep(5 * time.Second)
		left[1] = fresh()
		sleep(5*time.Second + 1)
		left[2] = fresh()
		if left[0] != many || left[1] < many/4 || left[1] > many*3/4 || left[2] != 0 {
			t.Errorf("fresh after 90, 95 and 100 s: %v of %d", left, many)
		}
	})
}
