package cache_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/cache"
	"tiffin/backends/upstream/call"
	"tiffin/fault"
)

// Whoever refuses stale answers gets what the service says, or its failure, in either window; others are served as ever.
func TestWhoRefusesStaleAnswers(t *testing.T) {
	for name, route := range map[string]cache.Route{
		"while revalidating": {Path: "/menus", TTL: time.Second, StaleWhileRevalidate: time.Minute, StaleIfError: time.Minute},
		"if error":           {Path: "/menus", TTL: time.Second, StaleIfError: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service := &shaky{}
				n := counting()
				s := open(t, routes(route), func(w http.ResponseWriter, r *http.Request) {
					if service.status.Load() == 0 {
						n(w, r)
						return
					}
					service.ServeHTTP(w, r)
				})
				strict := fault.WithoutStale(t.Context())
				s.get(t.Context(), "/menus")
				if res := s.get(strict, "/menus"); res.body != "1" || res.did != cache.Hit {
					t.Errorf("fresh: %+v", res)
				}
				sleep(10 * time.Second)
				if res := s.get(strict, "/menus"); res.body != "2" || res.did != cache.Miss {
					t.Errorf("stale, and the service is well: %+v", res)
				}
				sleep(10 * time.Second)
				service.status.Store(503)
				if res := s.get(strict, "/menus"); res.status != 503 || res.age != 0 {
					t.Errorf("the service fails: %+v", res)
				}
				if res := s.get(t.Context(), "/menus"); res.body != "2" || res.age != 10*time.Second {
					t.Errorf("who takes it: %+v", res)
				}
			})
		})
	}
}

// They do not get it by way of another's fill either.
func TestWhoRefusesStaleAnswersJoinsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := &shaky{}
		s := open(t, routes(cache.Route{Path: "/menus", TTL: time.Second, StaleIfError: time.Minute}), func(w http.ResponseWriter, r *http.Request) {
			sleep(time.Second)
			service.ServeHTTP(w, r)
		})
		s.get(t.Context(), "/menus")
		sleep(10 * time.Second)
		service.status.Store(500)
		other := make(chan got)
		go func() { other <- s.get(t.Context(), "/menus") }()
		sleep(time.Millisecond)
		if res := s.get(fault.WithoutStale(t.Context()), "/menus"); res.status != 500 {
			t.Errorf("%+v", res)
		}
		if res := <-other; res.did != cache.OnError {
			t.Errorf("the other: %+v", res)
		}
	})
}

// A success that cannot be read is not kept, and is a failure of the service for everybody who waits: a stale answer stands in for it.
func TestWhatCannotBeReadIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := "good 1"
		s := open(t, routes(cache.Route{Path: "/menus", TTL: time.Minute, StaleIfError: time.Hour}), func(w http.ResponseWriter, _ *http.Request) {
			sleep(time.Second)
			_, _ = w.Write([]byte(body))
		})
		cfg := routes(cache.Route{Path: "/menus", TTL: time.Minute, StaleIfError: time.Hour})
		cfg.Service = "shop"
		c, err := cache.New(cfg, cache.Deps{
			Next: s.next, Store: s.store, Random: func() float64 { return 0 },
			Usable: func(_ http.Header, body string) bool { return strings.HasPrefix(body, "good") },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		get := func() got { return send(t.Context(), c, http.MethodGet, "/menus") }
		body = "bad"
		crowd := make(chan got)
		for range 10 {
			go func() { crowd <- get() }()
		}
		for range 10 {
			if res := <-crowd; res.body != "bad" || res.status != http.StatusOK {
				t.Errorf("with nothing better: %+v", res)
			}
		}
		if n := s.calls.Load(); n != 1 {
			t.Errorf("%d calls", n)
		}
		body = "good 2"
		if res := get(); res.body != "good 2" || res.did != cache.Miss {
			t.Errorf("it was kept: %+v", res)
		}
		sleep(2 * time.Minute)
		body = "bad"
		if res := get(); res.body != "good 2" || res.did != cache.OnError {
			t.Errorf("the older one does not stand in: %+v", res)
		}
		body = "good 3"
		if res := get(); res.body != "good 3" {
			t.Errorf("afterwards: %+v", res)
		}
	})
}

// A POST that is declared to be a read invalidates nothing.
func TestReadsByPostInvalidateNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, routes(cache.Route{Path: "/quotes", TTL: time.Minute}), counting())
		s.get(t.Context(), "/quotes")
		head := call.Start(call.Config{Reads: []string{"POST /quotes"}}, call.Over(s.cache))
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://shop/quotes", http.NoBody)
		if res, err := head.RoundTrip(req); err != nil || res.Body.Close() != nil {
			t.Fatal(err)
		}
		if res := s.get(t.Context(), "/quotes"); res.body != "1" {
			t.Errorf("it was invalidated: %+v", res)
		}
		send(t.Context(), s.cache, http.MethodPost, "/quotes")
		if res := s.get(t.Context(), "/quotes"); res.body == "1" {
			t.Errorf("after a write: %+v", res)
		}
	})
}

// Whoever asks anew gets what the service says now, though an answer is fresh, and joins nobody's fill; what they get is kept for nobody.
func TestWhoAsksAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := counting()
		s := open(t, routes(cache.Route{Path: "/menus", TTL: time.Hour}), func(w http.ResponseWriter, r *http.Request) {
			sleep(time.Second)
			n(w, r)
		})
		filled := make(chan string)
		go func() { filled <- s.get(t.Context(), "/menus").body }()
		synctest.Wait()
		res := s.get(fault.WithoutStale(fault.Anew(t.Context())), "/menus")
		if fill := <-filled; res.body == fill || res.body == "" {
			t.Errorf("while another's fill of %q is under way: %+v", fill, res)
		}
		if res := s.get(fault.Anew(t.Context()), "/menus"); res.body != "3" {
			t.Errorf("though one is fresh: %+v", res)
		}
		if res := s.get(t.Context(), "/menus"); res.did != cache.Hit || res.body == "3" {
			t.Errorf("others: %+v", res)
		}
	})
}
