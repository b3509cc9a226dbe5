package upstream_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/backends/upstream"
	"tiffin/backends/upstream/cache"
	"tiffin/backends/upstream/credential"
	"tiffin/identity"
	"tiffin/internal/kv"
	"tiffin/internal/testkit"
)

// An answer is never kept for everybody where the service is told who asks by something that is not in the key.
func TestCacheableRoutesAndForwardedIdentity(t *testing.T) {
	oauth := credential.OAuthConfig{TokenURL: "http://login.test/token", ClientID: "a", ClientSecret: "b", Timeout: time.Second}
	public, private := cache.Route{Path: "/a"}, cache.Route{Path: "/a", Scope: cache.Private}
	keyed := func(header string) cache.Route { return cache.Route{Path: "/a", KeyHeaders: []string{header}} }
	for name, c := range map[string]struct {
		identity credential.Config
		route    cache.Route
		refused  bool
	}{
		"nothing":                 {credential.Config{}, public, false},
		"this gateway's token":    {credential.Config{Credential: credential.Client, OAuth: oauth}, public, false},
		"header":                  {credential.Config{Forward: []string{"x-account"}}, public, true},
		"header, keyed":           {credential.Config{Forward: []string{"x-account"}}, keyed("X-Account"), false},
		"header, private":         {credential.Config{Forward: []string{"x-account"}}, private, false},
		"token":                   {credential.Config{Credential: credential.Token}, public, true},
		"token, keyed":            {credential.Config{Credential: credential.Token}, keyed("authorization"), false},
		"token, keyed by another": {credential.Config{Credential: credential.Token}, keyed("x-account"), true},
		"token, private":          {credential.Config{Credential: credential.Token}, private, false},
		"exchange":                {credential.Config{Credential: credential.Exchange, OAuth: oauth}, public, true},
		"exchange, keyed":         {credential.Config{Credential: credential.Exchange, OAuth: oauth}, keyed("Authorization"), true},
		"exchange, private":       {credential.Config{Credential: credential.Exchange, OAuth: oauth}, private, false},
	} {
		cfg := upstream.Defaults()
		cfg.URL, cfg.Identity, cfg.Cache.Routes = "http://a.test", c.identity, []cache.Route{c.route}
		problems := cfg.Validate()
		if refused := len(problems) == 1 && problems[0].Path == "cache.routes[0].scope"; refused != c.refused || len(problems) > 1 {
			t.Errorf("%s: %v", name, problems)
		}
		if _, err := upstream.New(cfg, upstream.Deps{}); (err != nil) != c.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// seen notes headers of the requests that a service gets.
type seen struct {
	mu  sync.Mutex
	got []string
}

func (s *seen) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, r.Header.Get("X-Account")+"|"+r.Header.Get("Authorization")+"|"+r.Header.Get("Cookie"))
	w.Header().Set("Cache-Control", "max-age=60")
	_, _ = io.WriteString(w, "answer "+r.Header.Get("X-Account"))
}

func (s *seen) is(t *testing.T, want ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if diff := cmp.Diff(want, s.got); diff != "" {
		t.Error(diff)
	}
	s.got = nil
}

// What a client says of itself reaches the service where it is listed, and makes an answer of its own, also on a private route.
func TestForwardedHeadersAreInTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := &seen{}
		network := testkit.Start(t, map[string]http.Handler{"a.test": service})
		up := run(t, withCache(func(c *upstream.Config) {
			c.Identity = credential.Config{Forward: []string{"x-account"}, Credential: credential.Token}
			c.Cache.Routes = []cache.Route{{Path: "/me", Scope: cache.Private}}
		}), upstream.Deps{Dial: network.DialContext, Store: store(t)})
		alice := identity.WithToken(identity.WithPrincipal(t.Context(), &identity.Principal{Issuer: "i", Subject: "alice"}), "of-alice")
		for _, account := range []string{"1", "2", "1", "2"} {
			ctx := identity.WithHeader(alice, http.Header{"X-Account": {account}, "Cookie": {"session"}})
			if body, err := send(ctx, up, http.MethodGet, "http://a/me", nil); err != nil || body != "answer "+account {
				t.Errorf("%s: %q, %v", account, body, err)
			}
		}
		service.is(t, "1|Bearer of-alice|", "2|Bearer of-alice|")
	})
}

// An answer that is kept needs no token: it is there while the token endpoint is away, and the same for everybody.
func TestHitNeedsNoToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, given := &seen{}, 0
		network := testkit.Start(t, map[string]http.Handler{"a.test": service, "login.test": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			given++
			_, _ = io.WriteString(w, `{"access_token":"ours","token_type":"Bearer","expires_in":300}`)
		})})
		up := run(t, withCache(func(c *upstream.Config) {
			c.Identity = credential.Config{Credential: credential.Client, OAuth: credential.OAuthConfig{
				TokenURL: "http://login.test/token", ClientID: "a", ClientSecret: "b", Timeout: time.Second,
			}}
			c.Cache.Routes = []cache.Route{{Path: "/menu"}}
		}), upstream.Deps{Dial: network.DialContext, Store: store(t)})
		get := func(path string) error {
			_, err := send(t.Context(), up, http.MethodGet, "http://a"+path, nil)
			return err
		}
		if err := get("/menu"); err != nil {
			t.Fatal(err)
		}
		service.is(t, "|Bearer ours|")
		<-time.After(30 * time.Second)
		network.Stop("login.test")
		if err := get("/menu"); err != nil {
			t.Error(err)
		}
		service.is(t)
		if err := get("/other"); err != nil { // by the token that is known
			t.Error(err)
		}
		<-time.After(300 * time.Second)
		if err := get("/other"); err == nil || !strings.Contains(err.Error(), "no token") {
			t.Errorf("without a token: %v", err)
		}
		if given != 1 {
			t.Errorf("%d tokens were given", given)
		}
	})
}

func withCache(change func(*upstream.Config)) upstream.Config {
	cfg := upstream.Defaults()
	cfg.URL = "http://a.test"
	change(&cfg)
	return cfg
}

func store(t *testing.T) *kv.Store {
	t.Helper()
	s, err := kv.New(kv.Defaults(), kv.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
