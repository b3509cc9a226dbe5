package issuer

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"tiffin/internal/testkit"
)

const testURL = "http://issuer.test"

// start serves a new issuer and returns it with a way to get its pages.
func start(t *testing.T) (*Issuer, func(path string) (*http.Response, []byte)) {
	t.Helper()
	i, err := New(Config{URL: testURL, Now: func() time.Time { return time.Unix(1_800_000_000, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	client := testkit.Start(t, map[string]http.Handler{"issuer.test": i.Handler()}).Client()
	return i, func(path string) (*http.Response, []byte) { return get(t, client, testURL+path) }
}

func get(t *testing.T, client *http.Client, address string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, body
}

func decode[V any](t *testing.T, data []byte) V {
	t.Helper()
	var v V
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return v
}

// A client finds the keys by discovery alone, and they verify what /token gives.
func TestTokenVerifiesByDiscovery(t *testing.T) {
	_, page := start(t)
	_, body := page("/.well-known/openid-configuration")
	found := decode[metadata](t, body)
	if found.Issuer != testURL {
		t.Errorf("issuer %q, want %q", found.Issuer, testURL)
	}
	_, body = page(strings.TrimPrefix(found.Keys, testURL))
	keys := decode[jose.JSONWebKeySet](t, body)
	for _, key := range keys.Keys {
		if !key.IsPublic() {
			t.Fatal("the key set shows a private key")
		}
	}

	res, token := page("/token?user=alice")
	if got := res.Header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	parsed, err := jwt.ParseSigned(string(token), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	if typ := parsed.Headers[0].ExtraHeaders[jose.HeaderType]; typ != "at+jwt" {
		t.Errorf("typ %v, want at+jwt", typ)
	}
	var got map[string]any
	if err := parsed.Claims(keys.Key(parsed.Headers[0].KeyID)[0], &got); err != nil {
		t.Fatal(err)
	}
	if got["jti"] == "" {
		t.Error("no jti")
	}
	delete(got, "jti")
	want := map[string]any{
		"iss": testURL, "aud": "tiffin", "client_id": "tiffin-demo", "iat": 1_800_000_000.0, "exp": 1_800_003_600.0,
		"sub": "alice", "name": "Alice Archer", "email": "alice@tiffin.example", "scope": "orders:read orders:place",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestScopes(t *testing.T) {
	i, _ := start(t)
	want := map[string]string{
		"alice": "orders:read orders:place", "bob": "orders:read orders:place", "carol": "orders:read orders:place",
		"dave": "orders:read", "sam": "orders:read:any",
	}
	got := map[string]string{}
	for _, user := range i.Users() {
		token, err := i.Token(user)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
		if err != nil {
			t.Fatal(err)
		}
		var c claims
		if err := parsed.UnsafeClaimsWithoutVerification(&c); err != nil {
			t.Fatal(err)
		}
		got[c.Subject] = c.Scope
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTokenOfUnknownUser(t *testing.T) {
	i, page := start(t)
	for _, user := range []string{"", "mallory", "Alice", "alice\n"} {
		if _, err := i.Token(user); !errors.Is(err, ErrUnknownUser) {
			t.Errorf("Token(%q): %v", user, err)
		}
		res, body := page("/token?user=" + url.QueryEscape(user))
		if res.StatusCode != http.StatusNotFound || !slices.Equal(body, []byte("unknown user; the users are alice, bob, carol, dave, sam\n")) {
			t.Errorf("user %q: %d %s", user, res.StatusCode, body)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, address := range []string{"", "127.0.0.1:8180", "http://127.0.0.1:8180/", "/issuer", "http://[::1"} {
		if _, err := New(Config{URL: address}); err == nil {
			t.Errorf("New with URL %q: no error", address)
		}
	}
}
