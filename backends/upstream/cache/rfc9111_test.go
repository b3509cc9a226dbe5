package cache_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/cache"
)

var everything = cache.Route{Path: "/{all...}"}

// What an answer says, and what becomes of a second request after some time: the service is asked (2), or not (1).
func TestDirectivesOfAnswers(t *testing.T) {
	private, ttl := everything, everything
	private.Scope, ttl.TTL = cache.Private, time.Minute
	now := "Sat, 01 Jan 2000 00:00:00 GMT" // where a bubble begins
	tests := []struct {
		section string
		route   cache.Route
		answer  string // header lines
		after   time.Duration
		want    string // the second body
	}{
		{"4.2.1 max-age, fresh", everything, "Cache-Control: max-age=60", 59 * time.Second, "1"},
		{"4.2.1 max-age, stale", everything, "Cache-Control: max-age=60", 60 * time.Second, "2"},
		{"4.2.1 s-maxage wins", everything, "Cache-Control: max-age=10, s-maxage=60", 59 * time.Second, "1"},
		{"4.2.1 s-maxage wins, shorter", everything, "Cache-Control: max-age=60, s-maxage=10", 10 * time.Second, "2"},
		{"5.2.2.10 s-maxage is for shared caches", private, "Cache-Control: max-age=60, s-maxage=10", 59 * time.Second, "1"},
		{"4.2.1 max-age wins over Expires", everything, "Cache-Control: max-age=60|Expires: Sat, 01 Jan 2000 00:00:05 GMT", 59 * time.Second, "1"},
		{"5.3 Expires, fresh", everything, "Date: " + now + "|Expires: Sat, 01 Jan 2000 00:01:00 GMT", 59 * time.Second, "1"},
		{"5.3 Expires, stale", everything, "Date: " + now + "|Expires: Sat, 01 Jan 2000 00:01:00 GMT", 60 * time.Second, "2"},
		{"5.3 an Expires that is no date", ttl, "Expires: 0", 0, "2"},
		{"5.3 Expires in the past", ttl, "Expires: Fri, 01 Jan 1999 00:00:00 GMT", 0, "2"},
		{"5.3 Expires in a year that overflows", everything, "Expires: Fri, 31 Dec 9999 00:00:00 GMT", time.Hour, "1"},
		{"4.2.1 the smaller of two", everything, "Cache-Control: max-age=60|Cache-Control: max-age=10", 10 * time.Second, "2"},
		{"4.2.1 max-age that is no number", ttl, "Cache-Control: max-age=soon", 0, "2"},
		{"4.2.1 max-age that is negative", ttl, "Cache-Control: max-age=-60", 0, "2"},
		{"1.2.2 max-age that overflows", everything, "Cache-Control: max-age=99999999999999999999", time.Hour, "1"},
		{"5.2 names in any case, values in quotes", everything, `Cache-Control: x="a, no-store", MAX-AGE="60"`, 59 * time.Second, "1"},
		{"5.2.3 unknown directives", everything, "Cache-Control: immutable, max-age=60, , x=y", 59 * time.Second, "1"},
		{"4.2.2 says nothing", everything, "", 0, "2"},
		{"4.2.2 says nothing, TTL of the route", ttl, "", 59 * time.Second, "1"},
		{"4.2.2 says nothing, TTL over", ttl, "", 60 * time.Second, "2"},
		{"4.2.2 says public only", ttl, "Cache-Control: public", 59 * time.Second, "1"},
		{"5.2.2.5 no-store", ttl, "Cache-Control: max-age=60, no-store", 0, "2"},
		{"5.2.2.4 no-cache", ttl, "Cache-Control: max-age=60, no-cache", 0, "2"},
		{"5.2.2.4 no-cache with a field", ttl, `Cache-Control: max-age=60, no-cache="Set-Cookie"`, 0, "2"},
		{"5.2.2.7 private, shared", ttl, "Cache-Control: max-age=60, private", 0, "2"},
		{"5.2.2.7 private, own", private, "Cache-Control: max-age=60, private", 59 * time.Second, "1"},
		{"4.1 Vary: *", ttl, "Vary: Accept, *|Cache-Control: max-age=60", 0, "2"},
		{"7.3 Set-Cookie", ttl, "Set-Cookie: a=b|Cache-Control: max-age=60", 0, "2"},
		{"4.2.3 Age counts", everything, "Age: 50|Cache-Control: max-age=60", 9 * time.Second, "1"},
		{"4.2.3 Age counts, stale", everything, "Age: 50|Cache-Control: max-age=60", 10 * time.Second, "2"},
		{"4.2.3 an old Date counts", everything, "Date: Fri, 31 Dec 1999 23:59:10 GMT|Cache-Control: max-age=60", 10 * time.Second, "2"},
		{"4.2.3 a Date of the future does not", everything, "Date: Sat, 01 Jan 2000 00:10:00 GMT|Cache-Control: max-age=60", 59 * time.Second, "1"},
		{"4.2.4 stale-while-revalidate", everything, "Cache-Control: max-age=1, stale-while-revalidate=60", 30 * time.Second, "1"},
		{"4.2.4 stale-while-revalidate, over", everything, "Cache-Control: max-age=1, stale-while-revalidate=60", 61 * time.Second, "2"},
		{"5.2.2.2 must-revalidate", everything, "Cache-Control: max-age=1, stale-while-revalidate=60, must-revalidate", 30 * time.Second, "2"},
		{"5.2.2.8 proxy-revalidate", everything, "Cache-Control: max-age=1, stale-while-revalidate=60, proxy-revalidate", 30 * time.Second, "2"},
		{"5.2.2.8 proxy-revalidate is for shared caches", private, "Cache-Control: max-age=1, stale-while-revalidate=60, proxy-revalidate", 30 * time.Second, "1"},
		{"RFC 5861 beside s-maxage", everything, "Cache-Control: s-maxage=1, stale-while-revalidate=60", 30 * time.Second, "1"},
	}
	for _, tt := range tests {
		t.Run(tt.section, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, routes(tt.route), counting(pairs(tt.answer)...))
				ctx := as(t.Context(), alice)
				if first := s.get(ctx, "/menus"); first.body != "1" || first.did != cache.Miss {
					t.Fatalf("first: %+v", first)
				}
				sleep(tt.after)
				if second := s.get(ctx, "/menus"); second.body != tt.want || second.err != nil {
					t.Errorf("second: %+v, want %s", second, tt.want)
				}
				synctest.Wait()
			})
		})
	}
}

func pairs(lines string) (list []string) {
	for line := range strings.SplitSeq(lines, "|") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			list = append(list, name, value)
		}
	}
	return list
}

// What a request says of an answer that is 30 s old, of 60, or of 10 (stale).
func TestDirectivesOfRequests(t *testing.T) {
	const freshAnswer, staleAnswer = "max-age=60", "max-age=10"
	tests := []struct{ answer, ask, want string }{ // want: the body, or a status
		{freshAnswer, "", "1"},
		{freshAnswer, "no-cache", "2"},
		{freshAnswer, "no-store", "2"},
		{freshAnswer, "max-age=29", "2"},
		{freshAnswer, "max-age=30", "1"},
		{freshAnswer, "min-fresh=30", "1"},
		{freshAnswer, "min-fresh=31", "2"},
		{freshAnswer, "only-if-cached", "1"},
		{staleAnswer, "only-if-cached", "504"},
		{staleAnswer, "max-stale", "1"},
		{staleAnswer, "max-stale=20", "1"},
		{staleAnswer, "max-stale=19", "2"},
		{staleAnswer + ", must-revalidate", "max-stale", "2"},
		{"s-maxage=10", "max-stale", "2"},
		{staleAnswer, "max-stale, only-if-cached", "1"},
	}
	for _, tt := range tests {
		t.Run(tt.answer+" "+tt.ask, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, routes(everything), counting("Cache-Control", tt.answer, "Etag", `"x"`)) // with an ETag it is kept
				s.get(t.Context(), "/menus")
				sleep(30 * time.Second)
				second := s.get(t.Context(), "/menus", "Cache-Control", tt.ask)
				if second.body == "" {
					second.body = fmt.Sprint(second.status)
				}
				if second.body != tt.want {
					t.Errorf("got %+v, want %s", second, tt.want)
				}
			})
		})
	}
}

func TestStatuses(t *testing.T) {
	tests := []struct {
		status int
		header string
		after  time.Duration
		kept   bool
	}{
		{200, "", time.Minute - 1, true},
		{203, "", time.Minute - 1, true},
		{404, "", 5*time.Second - 1, true},
		{404, "", 5 * time.Second, false},
		{410, "", 5*time.Second - 1, true},
		{404, "Cache-Control: max-age=60", 59 * time.Second, true},
		{404, "Cache-Control: no-store", 0, false},
		{201, "", 0, false},
		{206, "Cache-Control: max-age=60", 0, false},
		{301, "Cache-Control: max-age=60", 0, false},
		{400, "Cache-Control: max-age=60", 0, false},
		{403, "Cache-Control: max-age=60", 0, false},
		{429, "Cache-Control: max-age=60", 0, false},
		{500, "Cache-Control: max-age=60", 0, false},
		{503, "", 0, false},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.status, tt.header, tt.after), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				minute := everything
				minute.TTL = time.Minute
				s := open(t, routes(minute), func(w http.ResponseWriter, _ *http.Request) {
					for p := pairs(tt.header); len(p) > 0; p = p[2:] {
						w.Header().Set(p[0], p[1])
					}
					w.WriteHeader(tt.status)
				})
				for range 2 {
					if res := s.get(t.Context(), "/x"); res.status != tt.status || res.err != nil {
						t.Fatalf("%+v", res)
					}
					sleep(tt.after)
				}
				if kept := s.calls.Load() == 1; kept != tt.kept {
					t.Errorf("kept: %t", kept)
				}
			})
		})
	}
}

// What is no plain GET of a route passes, and is not kept.
func TestWhatIsNotForTheCache(t *testing.T) {
	tests := []struct {
		name, method, target string
		header               []string
	}{
		{"no route", "GET", "/elsewhere", nil},
		{"HEAD", "HEAD", "/menus", nil},
		{"POST", "POST", "/menus", nil},
		{"a part", "GET", "/menus", []string{"Range", "bytes=0-1"}},
		{"a condition", "GET", "/menus", []string{"If-None-Match", `"x"`}},
		{"Authorization (section 3.5)", "GET", "/menus", []string{"Authorization", "Bearer x"}},
		{"a private route, nobody", "GET", "/orders", nil},
		{"a tag without its value", "GET", "/tagged", nil},
		{"more tags than allowed", "GET", "/tagged?ids=" + strings.Repeat("a,", 129), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, routes(
					cache.Route{Path: "/menus"},
					cache.Route{Path: "/orders", Scope: cache.Private},
					cache.Route{Path: "/tagged", Tags: []string{"item:{ids}"}},
				), counting("Cache-Control", "max-age=60", "Cache-Status", "CDN; hit; ttl=-5"))
				for range 2 {
					res := send(t.Context(), s.cache, tt.method, tt.target, tt.header...)
					if _, stale := cache.Stale(res.header); stale || res.err != nil || res.status != 200 {
						t.Errorf("%+v", res)
					}
				}
				if n := s.calls.Load(); n != 2 {
					t.Errorf("the service was asked %d times, want 2", n)
				}
			})
		})
	}
	for _, allows := range []string{"public, max-age=60", "s-maxage=60", "must-revalidate, max-age=60"} {
		t.Run("Authorization allowed by "+allows, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, routes(everything), counting("Cache-Control", allows))
				s.get(t.Context(), "/menus", "Authorization", "Bearer x")
				if second := s.get(t.Context(), "/menus", "Authorization", "Bearer x"); second.did != cache.Hit {
					t.Errorf("%+v", second)
				}
			})
		})
	}
}

func TestRevalidation(t *testing.T) {
	tests := []struct {
		name, validator, condition, news string
		want                             string // second body
	}{
		{"ETag", `Etag: "v1"`, "If-None-Match", `Etag: "v1"`, "menu"},
		{"ETag, none in the 304", `Etag: "v1"`, "If-None-Match", ``, "menu"},
		{"Last-Modified", "Last-Modified: Fri, 31 Dec 1999 00:00:00 GMT", "If-Modified-Since", "", "menu"},
		{"a 304 of another answer", `Etag: "v1"`, "If-None-Match", `Etag: "v2"`, "new"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, routes(everything), func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Cache-Control", "max-age=10")
					validator := pairs(tt.validator)
					switch asked := r.Header.Get(tt.condition); {
					case asked == validator[1]:
						if p := pairs(tt.news); p != nil {
							w.Header().Set(p[0], p[1])
						}
						w.Header().Set("Cache-Control", "max-age=100")
						w.Header().Set("X-News", "yes")
						w.WriteHeader(http.StatusNotModified)
					case time.Now().Year() == 2000 && time.Now().Minute() == 0:
						w.Header().Set(validator[0], validator[1])
						w.Header().Set("X-Old", "yes")
						w.Header().Set("Content-Type", "text/x")
						_, _ = fmt.Fprint(w, "menu")
					default:
						_, _ = fmt.Fprint(w, "new")
					}
				})
				s.get(t.Context(), "/menus")
				sleep(5 * time.Minute)
				second := s.get(t.Context(), "/menus")
				if second.body != tt.want || second.status != 200 {
					t.Fatalf("%+v", second)
				}
				if tt.want == "new" {
					return
				}
				h := second.header
				if second.did != cache.Revalidated || second.age != 0 || h.Get("X-News") != "yes" || h.Get("X-Old") != "yes" || h.Get("Content-Type") != "text/x" {
					t.Errorf("%+v", second)
				}
				sleep(99 * time.Second)
				if third := s.get(t.Context(), "/menus"); third.did != cache.Hit || third.body != tt.want {
					t.Errorf("the 304 did not refresh it: %+v", third)
				}
				if stats := s.cache.Stats(); stats.Revalidated != 1 || stats.Fills != 2 || stats.Hits != 1 {
					t.Errorf("%+v", stats)
				}
			})
		})
	}
}

func TestVary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vary := "Accept"
		s := open(t, routes(everything), func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60")
			w.Header().Set("Vary", vary)
			_, _ = fmt.Fprint(w, r.Header.Get("Accept"), r.Header.Get("X-Size"))
		})
		check := func(want, did string, header ...string) {
			t.Helper()
			if res := s.get(t.Context(), "/image", header...); res.body != want || res.did != did {
				t.Errorf("%q: %+v, want %s", header, res, did)
			}
		}
		check("png", cache.Miss, "Accept", "png")
		check("jpg", cache.Miss, "Accept", "jpg")
		check("png", cache.Hit, "Accept", "png")
		check("jpg", cache.Hit, "Accept", "jpg", "X-Size", "1")
		vary = "X-Size" // by more, from now on
		check("gif2", cache.Miss, "Accept", "gif", "X-Size", "2")
		check("gif3", cache.Miss, "Accept", "gif", "X-Size", "3")
		check("gif2", cache.Hit, "Accept", "gif", "X-Size", "2")
		check("png", cache.Miss, "Accept", "png")
		check("png", cache.Hit, "Accept", "png")
	})
}

// A key header tells answers apart before the service has said anything, and once more where Vary names it.
func TestKeyHeaders(t *testing.T) {
	for _, vary := range []string{"", "X-Plan", "Accept, X-Plan"} {
		synctest.Test(t, func(t *testing.T) {
			route := everything
			route.KeyHeaders = []string{"x-plan"}
			s := open(t, routes(route), func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Cache-Control", "max-age=60")
				w.Header().Set("Vary", vary)
				_, _ = fmt.Fprintf(w, "%q", r.Header.Values("X-Plan"))
			})
			for _, did := range []string{cache.Miss, cache.Hit} {
				for _, plans := range [][]string{{}, {""}, {"a"}, {"b"}, {"a", "b"}, {"a,b"}} {
					var header []string
					for _, plan := range plans {
						header = append(header, "X-Plan", plan)
					}
					if res := s.get(t.Context(), "/m", header...); res.body != fmt.Sprintf("%q", plans) || res.did != did {
						t.Errorf("Vary: %s, %q: %+v, want a %s", vary, plans, res, did)
					}
				}
			}
		})
	}
}

// A 304 out of another cache is as old as it says (section 4.3.4).
func TestTheAgeOfA304Counts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, routes(everything), func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=100")
			w.Header().Set("Etag", `"v1"`)
			if r.Header.Get("If-None-Match") != "" {
				w.Header().Set("Age", "60")
				w.WriteHeader(http.StatusNotModified)
			}
		})
		s.get(t.Context(), "/m")
		sleep(100 * time.Second)
		if res := s.get(t.Context(), "/m"); res.did != cache.Revalidated || res.age != time.Minute {
			t.Errorf("%+v", res)
		}
		sleep(39 * time.Second)
		if res := s.get(t.Context(), "/m"); res.did != cache.Hit || res.age != 99*time.Second {
			t.Errorf("%+v", res)
		}
		sleep(time.Second)
		if res := s.get(t.Context(), "/m"); res.did != cache.Revalidated {
			t.Errorf("%+v", res)
		}
	})
}

// Header fields of a connection are not kept (section 3.1), and the age is told.
func TestHeadersOfAHit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, routes(everything), counting("Cache-Control", "max-age=60", "Connection", "X-Hop", "X-Hop", "1", "Keep-Alive", "x",
			"Content-Type", "application/json", "Age", "7", "Cache-Status", "CDN; hit"))
		first := s.get(t.Context(), "/menus")
		if first.header.Get("Cache-Status") != "tiffin; fwd=miss" || first.header.Get("Age") != "7" {
			t.Errorf("%v", first.header)
		}
		sleep(3 * time.Second)
		hit := s.get(t.Context(), "/menus")
		want := http.Header{
			"Cache-Control": {"max-age=60"}, "Content-Type": {"application/json"}, "Date": {"Sat, 01 Jan 2000 00:00:00 GMT"},
			"Age": {"10"}, "Cache-Status": {"tiffin; hit; ttl=50"},
		}
		if fmt.Sprint(hit.header) != fmt.Sprint(want) || hit.age != 10*time.Second {
			t.Errorf("%v\nwant %v", hit.header, want)
		}
		hit.header.Set("Content-Type", "mine") // a caller may
		if again := s.get(t.Context(), "/menus"); again.header.Get("Content-Type") != "application/json" {
			t.Error("one caller changed another's answer")
		}
	})
}
