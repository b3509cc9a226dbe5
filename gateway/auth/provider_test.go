package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"tiffin/gateway/auth/authtest"
	"tiffin/identity"
	"tiffin/internal/testkit/oidctest"
)

// counting counts the requests by path, and notes what the key set said last.
type counting struct {
	next http.RoundTripper
	keys atomic.Int64
	asks atomic.Int64
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/jwks"):
		c.keys.Add(1)
	case strings.HasSuffix(r.URL.Path, "/introspection"):
		c.asks.Add(1)
	}
	return c.next.RoundTrip(r)
}

// certified is a Verifier of both issuers of oidc-provider, with a clock that the test can move.
func certified(t *testing.T) (p *oidctest.Provider, v *Verifier, calls *counting, later *atomic.Int64) {
	t.Helper()
	p = oidctest.Start(t)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	calls, later = &counting{next: transport}, &atomic.Int64{}
	cfg := Config{Issuers: []IssuerConfig{
		{URL: p.JWT, Audience: oidctest.Audience},
		{URL: p.Opaque, Audience: oidctest.Audience, Tokens: Opaque, Introspection: IntrospectionConfig{
			URL: p.Opaque + "/token/introspection", ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret, Timeout: 30 * time.Second,
		}},
	}}
	if problems := cfg.Validate(); problems != nil {
		t.Fatal(problems)
	}
	now := func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	return p, NewVerifier(cfg, Deps{Transport: calls, Now: now}), calls, later
}

// A certified provider's tokens of both forms are accepted: a user's and a client's own.
func TestCertifiedProvider(t *testing.T) {
	p, v, calls, _ := certified(t)
	for name, c := range map[string]struct {
		token, issuer, subject string
		scopes                 []string
	}{
		"JWT of a user":    {p.Issue("jwt", "access", "alice"), p.JWT, "alice", []string{"orders:read", "orders:place"}},
		"JWT of a client":  {p.ClientToken(p.JWT, "orders:read", ""), p.JWT, oidctest.ClientID, []string{"orders:read"}},
		"opaque of a user": {p.Issue("opaque", "access", "bob"), p.Opaque, "bob", []string{"orders:read", "orders:place"}},
	} {
		got, err := v.Verify(t.Context(), c.token)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Issuer != c.issuer || got.Subject != c.subject || got.ClientID != oidctest.ClientID || got.Kind != identity.ByToken || !slices.Equal(got.Scopes, c.scopes) {
			t.Errorf("%s: %+v", name, got)
		}
		if left := time.Until(got.Expires); left < 4*time.Minute || left > 6*time.Minute {
			t.Errorf("%s: ends in %v", name, left)
		}
		_, _ = v.Verify(t.Context(), c.token)
	}
	if keys, asks := calls.keys.Load(), calls.asks.Load(); keys != 1 || asks != 1 {
		t.Errorf("%d fetches of keys, %d questions", keys, asks)
	}
}

// The battery of bad tokens, made of a certified provider's: each is refused with 401, and none is worth a fetch.
func TestCertifiedProviderBattery(t *testing.T) {
	p, v, calls, _ := certified(t)
	honest, idToken := p.Issue("jwt", "access", "alice"), p.Issue("jwt", "id", "alice")
	mustVerify(t, v, honest)
	header, claims := parts(t, honest)
	mallory := authtest.New(p.JWT) // keys of a stranger
	jwks, key := keysOf(t, p.JWT), header["kid"]
	signed := func(header, claims authtest.JSON) string { return mallory.Sign(header, claims) }
	with := func(object authtest.JSON, name string, value any) authtest.JSON {
		changed := maps.Clone(object)
		changed[name] = value
		return changed
	}
	bad := map[string]string{
		"ID token":               idToken,
		"tampered claims":        swapClaims(honest, authtest.Unsigned(header, with(claims, "sub", "admin"))),
		"tampered header":        strings.Join(append([]string{strings.Split(authtest.Unsigned(with(header, "typ", "application/at+jwt"), claims), ".")[0]}, strings.Split(honest, ".")[1:]...), "."),
		"tampered signature":     honest[:len(honest)-4] + "AAAA",
		"algorithm none":         authtest.Unsigned(with(header, "alg", "none"), claims) + ".",
		"public key as secret":   withHMAC(authtest.Unsigned(with(header, "alg", "HS256"), claims), jwks),
		"another key, same id":   signed(header, claims),
		"unknown key id":         signed(with(header, "kid", "other"), claims),
		"key in the header":      signed(with(with(header, "jwk", authtest.JWK(mallory.PublicKey(), "m")), "kid", "m"), claims),
		"jku":                    signed(with(with(header, "jku", "http://127.0.0.1:1/keys"), "kid", "m"), claims),
		"x5u":                    signed(with(with(header, "x5u", "http://127.0.0.1:1/chain"), "kid", key), claims),
		"wrong issuer":           signed(header, with(claims, "iss", "http://evil.test")),
		"the other issuer":       signed(header, with(claims, "iss", p.Opaque)),
		"other audience":         p.ClientToken(p.JWT, "orders:read", "https://other.test/"),
		"huge":                   signed(header, with(claims, "name", strings.Repeat("x", maxToken))),
		"refresh token":          p.Issue("jwt", "refresh", "alice"), // opaque, and unknown to the issuer that is asked
		"opaque refresh token":   p.Issue("opaque", "refresh", "bob"),
		"opaque, other audience": p.ClientToken(p.Opaque, "orders:read", "https://other.test/"),
		"opaque, of nobody":      p.ClientToken(p.Opaque, "orders:read", ""), // a client's own has no subject
		"opaque, guessed":        "4YoEhd-vOOr0A6QIbtz2Z4i5vkdcyrgEuqQ-Hwe5FAE",
	}
	edge := Authenticate(v, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it passed") }))
	for name, token := range bad {
		status, challenge := through(edge, token)
		if status != http.StatusUnauthorized || challenge != challengeToken {
			t.Errorf("%s: %d %s", name, status, challenge)
		}
	}
	if n := calls.keys.Load(); n != 1 {
		t.Errorf("%d fetches of keys", n)
	}
}

// Time and rotation, with the clock moved instead of waited for.
func TestCertifiedProviderInTime(t *testing.T) {
	p, v, calls, later := certified(t)
	jwt, opaque := p.Issue("jwt", "access", "alice"), p.Issue("opaque", "access", "alice")
	later.Store(int64(-time.Hour))
	for _, token := range []string{jwt, opaque} {
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, refusedEarly) {
			t.Errorf("an hour before it was issued: %v", err)
		}
	}
	later.Store(int64(time.Hour))
	for _, token := range []string{jwt, opaque} {
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, refusedExpired) {
			t.Errorf("an hour later: %v", err)
		}
	}
	later.Store(0)
	mustVerify(t, v, jwt)
	p.Rotate("jwt")
	next := p.Issue("jwt", "access", "alice")
	n := calls.keys.Load()
	later.Store(int64(time.Hour + unknownEvery))
	if _, err := v.Verify(t.Context(), next); !errors.Is(err, refusedExpired) || calls.keys.Load() != n+1 {
		t.Errorf("by a new key: %v after %d fetches", err, calls.keys.Load()-n)
	}
	later.Store(0)
	mustVerify(t, v, next)
	if _, err := v.Verify(t.Context(), jwt); !errors.Is(err, refusedKey) {
		t.Errorf("by a key that was withdrawn: %v", err)
	}
}

// through is how a request with a token is answered.
func through(edge http.Handler, token string) (status int, challenge string) {
	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	edge.ServeHTTP(w, r)
	return w.Code, w.Header().Get("WWW-Authenticate")
}

func parts(t *testing.T, token string) (header, claims authtest.JSON) {
	t.Helper()
	for n, to := range []*authtest.JSON{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[n])
		if err != nil || json.Unmarshal(text, to) != nil {
			t.Fatalf("part %d: %v", n, err)
		}
	}
	return header, claims
}

// keysOf is the issuer's key set as it is sent.
func keysOf(t *testing.T, issuer string) []byte {
	t.Helper()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport}).Get(issuer + "/jwks")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		t.Fatal(res.StatusCode, err)
	}
	return text
}

func withHMAC(text string, secret []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
