package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/gateway/auth/authtest"
	"tiffin/identity"
	"tiffin/internal/testkit"
)

const (
	ours  = "http://issuer.test"
	other = "http://other.test"
)

// setup serves two issuers and returns them with a Verifier of both. It belongs into a bubble.
func setup(t *testing.T) (v *Verifier, first, second *authtest.Issuer) {
	t.Helper()
	first, second = authtest.New(ours), authtest.New(other)
	network := testkit.Start(t, map[string]http.Handler{"issuer.test": first.Handler(), "other.test": second.Handler()})
	cfg := Config{Issuers: []IssuerConfig{{URL: ours, Audience: "tiffin"}, {URL: other, Audience: "tiffin", Algorithms: []string{"RS256"}}}}
	if problems := cfg.Validate(); problems != nil {
		t.Fatal(problems)
	}
	return NewVerifier(cfg, Deps{Transport: network.Transport()}), first, second
}

func TestVerify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		got, err := v.Verify(t.Context(), issuer.Token("alice", "orders:read  orders:place", time.Now()))
		if err != nil {
			t.Fatal(err)
		}
		want := &identity.Principal{
			Issuer: ours, Subject: "alice", Kind: identity.ByToken, ClientID: "app", Name: "Name of alice", Email: "alice@example.com",
			Scopes: []string{"orders:read", "orders:place"}, Expires: time.Now().Add(time.Hour).UTC(),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// change is how one token differs from an honest one.
type change struct {
	name           string
	header, claims authtest.JSON // members that are set; nil ones are left out
	want           error         // nil: it passes
}

func changes(now time.Time, issuer *authtest.Issuer) []change {
	mallory, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	return []change{
		{name: "honest"},
		{name: "long type", header: authtest.JSON{"typ": "application/at+JWT"}},
		{name: "no key id", header: authtest.JSON{"kid": nil}},
		{name: "several audiences", claims: authtest.JSON{"aud": []string{"other", "tiffin"}}},
		{name: "no scope", claims: authtest.JSON{"scope": nil}},
		{name: "expired within the leeway", claims: authtest.JSON{"exp": at(-29 * time.Second)}},
		{name: "early within the leeway", claims: authtest.JSON{"nbf": at(29 * time.Second), "iat": at(29 * time.Second)}},

		{name: "expired", claims: authtest.JSON{"exp": at(-31 * time.Second)}, want: refusedExpired},
		{name: "no expiry", claims: authtest.JSON{"exp": nil}, want: refusedClaims},
		{name: "expiry as text", claims: authtest.JSON{"exp": "tomorrow"}, want: refusedProof},
		{name: "not yet valid", claims: authtest.JSON{"nbf": at(31 * time.Second)}, want: refusedEarly},
		{name: "issued in the future", claims: authtest.JSON{"iat": at(time.Minute)}, want: refusedEarly},
		{name: "no time of issue", claims: authtest.JSON{"iat": nil}, want: refusedClaims},
		{name: "no subject", claims: authtest.JSON{"sub": nil}, want: refusedClaims},
		{name: "long subject", claims: authtest.JSON{"sub": strings.Repeat("x", 256)}, want: refusedClaims},
		{name: "no client", claims: authtest.JSON{"client_id": nil}, want: refusedClaims},
		{name: "scope as a list", claims: authtest.JSON{"scope": []string{"admin"}}, want: refusedClaims},
		{name: "other audience", claims: authtest.JSON{"aud": "other"}, want: refusedProof},
		{name: "no audience", claims: authtest.JSON{"aud": nil}, want: refusedProof},
		{name: "unknown issuer", claims: authtest.JSON{"iss": "http://evil.test"}, want: refusedIssuer},
		{name: "another known issuer", claims: authtest.JSON{"iss": other}, want: refusedKey},
		{name: "no issuer", claims: authtest.JSON{"iss": nil}, want: refusedIssuer},
		{name: "issuer is a list", claims: authtest.JSON{"iss": []string{ours}}, want: refusedClaims},
		{name: "ID token", header: authtest.JSON{"typ": "JWT"}, want: refusedType},
		{name: "no type", header: authtest.JSON{"typ": nil}, want: refusedType},
		{name: "unknown key id", header: authtest.JSON{"kid": "other"}, want: refusedKey},
		{name: "algorithm none", header: authtest.JSON{"alg": "none"}, want: refusedForm},
		{name: "algorithm of a secret", header: authtest.JSON{"alg": "HS256"}, want: refusedForm},
		{name: "algorithm that is not pinned", header: authtest.JSON{"alg": "ES384"}, want: refusedForm},
		{name: "algorithm of the other issuer", header: authtest.JSON{"alg": "RS256"}, want: refusedProof},
		{name: "critical header", header: authtest.JSON{"crit": []string{"exp"}, "exp": 1}, want: refusedProof},
		{name: "key in the header", header: authtest.JSON{"jwk": authtest.JWK(&mallory.PublicKey, "mallory"), "kid": "mallory"}, want: refusedKey},
		{name: "address of a key set in the header", header: authtest.JSON{"jku": "http://evil.test/keys", "kid": "mallory"}, want: refusedKey},
		{name: "address of a certificate in the header", header: authtest.JSON{"x5u": "http://evil.test/chain", "kid": "mallory"}, want: refusedKey},
		{name: "bound to a key", claims: authtest.JSON{"cnf": authtest.JSON{"jkt": "x"}}, want: refusedBound},
		{name: "huge", claims: authtest.JSON{"name": strings.Repeat("x", 9000)}, want: refusedSize},
	}
}

func (c change) token(issuer *authtest.Issuer, now time.Time) string {
	return issuer.Sign(changed(issuer.Header(), c.header), changed(issuer.Claims("alice", "orders:read", now), c.claims))
}

func changed(object, by authtest.JSON) authtest.JSON {
	maps.Copy(object, by)
	maps.DeleteFunc(object, func(_ string, v any) bool { return v == nil })
	return object
}

func TestVerifyBattery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		for _, c := range changes(time.Now(), issuer) {
			principal, err := v.Verify(t.Context(), c.token(issuer, time.Now()))
			if !errors.Is(err, c.want) || (err == nil) != (principal != nil) {
				t.Errorf("%s: %v, %v; want %v", c.name, principal, err, c.want)
			}
		}
	})
}

// Tokens that are not made by signing other claims.
func TestVerifyForged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		honest := issuer.Token("alice", "", time.Now())
		parts := strings.Split(honest, ".")
		admin := changed(issuer.Claims("admin", "admin", time.Now()), nil)
		stranger := authtest.New(ours) // another key under the same name
		for name, c := range map[string]struct {
			token string
			want  error
		}{
			"empty":                   {"", refusedForm},
			"no JWS":                  {"hello", refusedForm},
			"two parts":               {parts[0] + "." + parts[1], refusedForm},
			"four parts":              {honest + ".x", refusedForm},
			"signature cut":           {honest[:len(honest)-2], refusedProof},
			"signature missing":       {parts[0] + "." + parts[1] + ".", refusedProof},
			"claims swapped":          {swapClaims(honest, authtest.Unsigned(issuer.Header(), admin)), refusedProof},
			"none without signature":  {authtest.Unsigned(changed(issuer.Header(), authtest.JSON{"alg": "none"}), admin) + ".", refusedForm},
			"public key as secret":    {hmacToken(t, issuer, admin), refusedForm},
			"another key, our key id": {stranger.Sign(issuer.Header(), stranger.Claims("admin", "", time.Now())), refusedProof},
			"JSON serialization":      {`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, refusedForm},
			"space inside":            {parts[0] + " ." + parts[1] + "." + parts[2], refusedForm},
		} {
			if principal, err := v.Verify(t.Context(), c.token); !errors.Is(err, c.want) || principal != nil {
				t.Errorf("%s: %v, %v; want %v", name, principal, err, c.want)
			}
		}
	})
}

func swapClaims(token, by string) string {
	parts := strings.Split(token, ".")
	return parts[0] + "." + strings.Split(by, ".")[1] + "." + parts[2]
}

// hmacToken is signed with the public key as if it were a secret, which works on verifiers that trust the header's alg.
func hmacToken(t *testing.T, issuer *authtest.Issuer, claims authtest.JSON) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(issuer.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	text := authtest.Unsigned(changed(issuer.Header(), authtest.JSON{"alg": "HS256"}), claims)
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// The second issuer's tokens must be by RS256, whatever is good for the first.
func TestAlgorithmsArePinnedByIssuer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, _, second := setup(t)
		if _, err := v.Verify(t.Context(), second.Token("alice", "", time.Now())); !errors.Is(err, refusedProof) {
			t.Error(err)
		}
	})
}

func TestErrorsDoNotQuoteTheToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		const secret = "s3cret-value"
		for _, claims := range []authtest.JSON{{"aud": secret}, {"iss": secret}, {"exp": secret}, {"scope": []string{secret}}, {"sub": secret, "exp": 1}} {
			_, err := v.Verify(t.Context(), change{claims: claims}.token(issuer, time.Now()))
			if err == nil || strings.Contains(err.Error(), secret) {
				t.Errorf("%v: %v", claims, err)
			}
		}
	})
}

func TestWithoutIssuersNoTokenPasses(t *testing.T) {
	v := NewVerifier(Config{}, Deps{})
	if _, err := v.Verify(t.Context(), authtest.New(ours).Token("alice", "", time.Now())); !errors.Is(err, refusedIssuer) {
		t.Error(err)
	}
}

func TestConfigValidate(t *testing.T) {
	good := IssuerConfig{URL: "https://login.example.com/realms/a", Audience: "tiffin"}
	for name, c := range map[string]struct {
		issuers []IssuerConfig
		want    []string
	}{
		"none":            {nil, nil},
		"good":            {[]IssuerConfig{good}, nil},
		"no URL":          {[]IssuerConfig{{Audience: "tiffin"}}, []string{"issuers[0].url"}},
		"scheme":          {[]IssuerConfig{{URL: "ftp://login.example.com", Audience: "tiffin"}}, []string{"issuers[0].url"}},
		"no audience":     {[]IssuerConfig{{URL: good.URL}}, []string{"issuers[0].audience"}},
		"twice":           {[]IssuerConfig{good, good}, []string{"issuers[1].url"}},
		"secret, unknown": {[]IssuerConfig{{URL: good.URL, Audience: "t", Algorithms: []string{"ES256", "HS256", "none"}}}, []string{"issuers[0].algorithms[1]", "issuers[0].algorithms[2]"}},
		"everything":      {[]IssuerConfig{{Algorithms: []string{""}}}, []string{"issuers[0].url", "issuers[0].audience", "issuers[0].algorithms[0]"}},
	} {
		var got []string
		for _, problem := range (Config{Issuers: c.issuers}).Validate() {
			got = append(got, problem.Path)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Whoever uses the kit need not know of transports: an issuer that is asked over a real connection.
func TestWithoutTransport(t *testing.T) {
	var issuer *authtest.Issuer
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { issuer.Handler().ServeHTTP(w, r) }))
	defer server.Close() // and with it the idle connections of the Verifier
	issuer = authtest.New(server.URL)
	v := NewVerifier(Config{Issuers: []IssuerConfig{{URL: server.URL, Audience: "tiffin"}}}, Deps{})
	got, err := v.Verify(t.Context(), issuer.Token("alice", "", time.Now()))
	if err != nil || got.Subject != "alice" {
		t.Errorf("%+v, %v", got, err)
	}
}
