package cache_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"pgregory.net/rapid"

	"tiffin/backends/upstream/cache"
	"tiffin/identity"
	"tiffin/internal/kv"
)

var (
	alice = &identity.Principal{Issuer: "https://id", Subject: "alice"}
	bob   = &identity.Principal{Issuer: "https://id", Subject: "bob"}
)

// echo is a service that answers with all that it may decide by, in memory and at once.
type echo struct{ vary string }

func (e echo) RoundTrip(req *http.Request) (*http.Response, error) {
	caller, _ := identity.From(req.Context())
	header := http.Header{"Cache-Control": {"max-age=600, private"}}
	if !strings.HasPrefix(req.URL.Path, "/private") {
		header.Set("Cache-Control", "max-age=600")
		caller = nil
	}
	text := seen(caller, req, e.vary)
	if e.vary != "" {
		header.Set("Vary", e.vary)
	}
	body := io.NopCloser(strings.NewReader(text))
	return &http.Response{StatusCode: 200, Header: header, Body: body, ContentLength: int64(len(text)), Request: req}, nil
}

func seen(p *identity.Principal, req *http.Request, vary string) string {
	var account []string
	if strings.HasPrefix(req.URL.Path, "/keyed") {
		account = req.Header.Values("X-Account")
	}
	text, _ := json.Marshal([]any{p, req.Header.Values("Accept-Language"), req.Header.Values(vary), account})
	return string(text)
}

// No answer crosses subjects, tenants, clients, scopes, languages or what else is in the key, whatever characters they are made of.
func TestNoAnswerCrosses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		store, _ := kv.New(kv.Defaults(), kv.Deps{})
		noneCrosses(t, store)
	})
}

// Nor does one that goes from one gateway to the other through Redis.
func TestNoAnswerCrossesThroughRedis(t *testing.T) {
	redis := miniredis.RunT(t)
	cfg := kv.Defaults()
	cfg.Redis = "redis://far:6379"
	rapid.Check(t, func(t *rapid.T) {
		redis.FlushAll()
		var stores [2]*kv.Store
		for n := range stores {
			store, err := kv.New(cfg, kv.Deps{Dial: func(context.Context, string, string) (net.Conn, error) { return net.Dial("tcp", redis.Addr()) }})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = store.Close() }()
			stores[n] = store
		}
		noneCrosses(t, stores[:]...)
		if len(redis.Keys()) == 0 {
			t.Fatal("the test shows nothing: nothing is in Redis")
		}
	})
}

// noneCrosses asks the same questions of caches over the stores, and demands the answers to these questions.
func noneCrosses(t *rapid.T, stores ...*kv.Store) {
	vary := rapid.SampledFrom([]string{"", "X-Plan"}).Draw(t, "vary")
	cfg := routes(
		cache.Route{Path: "/private/{rest...}", Scope: cache.Private}, cache.Route{Path: "/public/{rest...}"},
		cache.Route{Path: "/keyed/{rest...}", KeyHeaders: []string{"X-Account"}},
	)
	cfg.PrivateInRedis = true
	var caches []*cache.Cache
	for _, store := range stores {
		c, err := cache.New(cfg, cache.Deps{Next: echo{vary}, Store: store})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		caches = append(caches, c)
	}
	text := rapid.StringMatching(`[a1:,#]{0,3}`)
	asked := rapid.Custom(func(t *rapid.T) question {
		return question{
			path: rapid.SampledFrom([]string{"/private/a", "/public/a", "/keyed/a"}).Draw(t, "path"),
			caller: &identity.Principal{
				Issuer: text.Draw(t, "issuer"), Subject: text.Draw(t, "subject"), Tenant: text.Draw(t, "tenant"),
				ClientID: text.Draw(t, "client"), Scopes: rapid.SliceOfN(text, 0, 2).Draw(t, "scopes"),
			},
			languages: rapid.SliceOfN(text, 0, 2).Draw(t, "languages"),
			accounts:  rapid.SliceOfN(text, 0, 2).Draw(t, "accounts"),
			plan:      text.Draw(t, "plan"),
		}
	})
	pool := rapid.SliceOfN(asked, 2, 8).Draw(t, "pool")
	for _, q := range rapid.SliceOfN(rapid.SampledFrom(pool), 5, 40).Draw(t, "order") {
		q.check(t, rapid.SampledFrom(caches).Draw(t, "gateway"), vary)
	}
	for _, c := range caches {
		if stats := c.Stats(); stats.Bypassed > 0 {
			t.Fatal("the test shows nothing: answers passed by the cache")
		}
	}
}

type question struct {
	path      string
	caller    *identity.Principal
	languages []string
	accounts  []string
	plan      string
}

func (q question) check(t *rapid.T, c http.RoundTripper, vary string) {
	req, _ := http.NewRequestWithContext(as(context.Background(), q.caller), http.MethodGet, "http://shop"+q.path, http.NoBody)
	req.Header["Accept-Language"], req.Header["X-Account"] = q.languages, q.accounts
	req.Header.Set("X-Plan", q.plan)
	res, err := c.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	caller := q.caller
	if !strings.HasPrefix(q.path, "/private") {
		caller = nil
	}
	var got, want [4]json.RawMessage
	text, _ := io.ReadAll(res.Body)
	_ = json.Unmarshal(text, &got)
	_ = json.Unmarshal([]byte(seen(caller, req, vary)), &want)
	if canonical(got) != canonical(want) {
		t.Fatalf("asked %s\ngot   %s", canonical(want), canonical(got))
	}
}

// canonical has the languages as the header they are, and scopes as the set they are.
func canonical(parts [4]json.RawMessage) string {
	var languages []string
	_ = json.Unmarshal(parts[1], &languages)
	var p *identity.Principal
	_ = json.Unmarshal(parts[0], &p)
	if p != nil {
		slices.Sort(p.Scopes)
	}
	who, _ := json.Marshal(p)
	return fmt.Sprintf("%s %q %s %s", who, strings.Join(languages, ","), parts[2], parts[3])
}

// Where nothing above has set the header, what the caller reads is in the key all the same.
func TestTheLocaleIsInTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, routes(everything), counting("Cache-Control", "max-age=60"))
		german, french := identity.WithLocale(t.Context(), "de"), identity.WithLocale(t.Context(), "fr")
		if a, b, c := s.get(german, "/m").body, s.get(french, "/m").body, s.get(german, "/m").body; a != "1" || b != "2" || c != "1" {
			t.Error(a, b, c)
		}
	})
}

// Answers of the same private route, asked for at the same time, are filled apart.
func TestPrivateFillsAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		private := cache.Route{Path: "/orders", Scope: cache.Private, TTL: time.Minute}
		release := make(chan struct{})
		s := open(t, routes(private), func(w http.ResponseWriter, r *http.Request) {
			<-release
			_, _ = fmt.Fprint(w, r.Header.Get("X-Customer"))
		})
		for _, p := range []*identity.Principal{alice, bob, alice, bob} {
			go func() {
				if res := s.get(as(t.Context(), p), "/orders", "X-Customer", p.Subject); res.body != p.Subject {
					t.Errorf("%s got %q, %v", p.Subject, res.body, res.err)
				}
			}()
		}
		synctest.Wait()
		close(release)
		synctest.Wait()
		if n := s.calls.Load(); n != 2 {
			t.Errorf("%d calls for two callers", n)
		}
	})
}

// A public route whose answer turns out to be private: those who waited get their own, and nothing is kept.
func TestAnAnswerThatTurnsOutPrivate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := open(t, routes(everything), func(w http.ResponseWriter, r *http.Request) {
			<-release
			w.Header().Set("Cache-Control", "private, max-age=60")
			_, _ = fmt.Fprint(w, r.Header.Get("X-Customer"))
		})
		for n := range 10 {
			go func() {
				if res := s.get(t.Context(), "/x", "X-Customer", fmt.Sprint(n)); res.body != fmt.Sprint(n) {
					t.Errorf("%d got %+v", n, res)
				}
			}()
		}
		synctest.Wait()
		close(release)
		synctest.Wait()
		if n := s.calls.Load(); n != 10 {
			t.Errorf("%d calls for ten answers", n)
		}
	})
}

// Likewise one that varies: those who asked with another header get theirs, those with the same share.
func TestAnAnswerThatTurnsOutToVary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := open(t, routes(everything), func(w http.ResponseWriter, r *http.Request) {
			<-release
			w.Header().Set("Vary", "X-Plan")
			w.Header().Set("Cache-Control", "max-age=60")
			_, _ = fmt.Fprint(w, r.Header.Get("X-Plan"))
		})
		for n := range 30 {
			go func() {
				plan := fmt.Sprint(n % 3)
				if res := s.get(t.Context(), "/x", "X-Plan", plan); res.body != plan {
					t.Errorf("plan %s got %+v", plan, res)
				}
			}()
		}
		synctest.Wait()
		close(release)
		synctest.Wait()
		if n := s.calls.Load(); n != 3 {
			t.Errorf("%d calls for three variants", n)
		}
	})
}
