package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/gateway/auth/authtest"
	"tiffin/identity"
	"tiffin/internal/testkit"
)

const (
	theirs   = "http://opaque.test"
	clientID = "tiffin gateway" // both have to be encoded
	secret   = "s3cret:%&"
)

// oracle is an introspection endpoint that knows tokens by what it says of them.
type oracle struct {
	mu     sync.Mutex
	knows  map[string]authtest.JSON
	asked  int
	answer http.HandlerFunc // instead, where it is not nil
}

func (o *oracle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	o.asked++
	answer := o.answer
	says, ok := o.knows[r.FormValue("token")]
	o.mu.Unlock()
	id, password, _ := r.BasicAuth()
	switch {
	case answer != nil:
		answer(w, r)
		return
	case id != url.QueryEscape(clientID) || password != url.QueryEscape(secret):
		w.WriteHeader(http.StatusUnauthorized)
		return
	case r.Method != http.MethodPost || r.FormValue("token_type_hint") != "access_token":
		w.WriteHeader(http.StatusBadRequest)
		return
	case !ok:
		says = authtest.JSON{"active": false}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = io.WriteString(w, toJSON(says))
}

func (o *oracle) know(token string, says authtest.JSON) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.knows[token] = says
}

func (o *oracle) times() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked
}

func (o *oracle) instead(answer http.HandlerFunc) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answer = answer
}

// setupOpaque serves an issuer of JWTs and one of opaque tokens. It belongs into a bubble.
func setupOpaque(t *testing.T, change func(*IssuerConfig)) (v *Verifier, issuer *authtest.Issuer, asked *oracle) {
	t.Helper()
	issuer, asked = authtest.New(ours), &oracle{knows: map[string]authtest.JSON{}}
	network := testkit.Start(t, map[string]http.Handler{"issuer.test": issuer.Handler(), "opaque.test": asked})
	opaque := IssuerConfig{URL: theirs, Audience: "tiffin", Tokens: Opaque, TenantClaim: "org", ClassClaim: "tier", Introspection: IntrospectionConfig{
		URL: theirs + "/introspect", ClientID: clientID, ClientSecret: secret,
	}}
	if change != nil {
		change(&opaque)
	}
	cfg := Config{Issuers: []IssuerConfig{{URL: ours, Audience: "tiffin"}, opaque}}
	if problems := cfg.Validate(); problems != nil {
		t.Fatal(problems)
	}
	return NewVerifier(cfg, Deps{Transport: network.Transport()}), issuer, asked
}

// active is what an honest issuer says of a token that is good.
func active(now time.Time, more authtest.JSON) authtest.JSON {
	says := authtest.JSON{
		"active": true, "iss": theirs, "aud": "tiffin", "sub": "alice", "client_id": "app", "scope": "orders:read", "token_type": "Bearer",
		"exp": now.Add(time.Hour).Unix(), "iat": now.Unix(), "username": "Alice", "org": "acme", "tier": "gold",
	}
	maps.Copy(says, more)
	maps.DeleteFunc(says, func(_ string, v any) bool { return v == nil })
	return says
}

func TestOpaqueToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, asked := setupOpaque(t, nil)
		asked.know("2YotnFZFEjr1zCsicMWpAA", active(time.Now(), nil))
		got, err := v.Verify(t.Context(), "2YotnFZFEjr1zCsicMWpAA")
		if err != nil {
			t.Fatal(err)
		}
		want := &identity.Principal{
			Issuer: theirs, Subject: "alice", Kind: identity.ByToken, Tenant: "acme", Class: "gold", ClientID: "app", Name: "Alice",
			Scopes: []string{"orders:read"}, Expires: time.Now().Add(time.Hour).UTC(),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		mustVerify(t, v, issuer.Token("bob", "", time.Now())) // the other issuer's are verified here
		if n := asked.times(); n != 1 {
			t.Errorf("asked %d times", n)
		}
	})
}

func TestOpaqueBattery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, _, asked := setupOpaque(t, nil)
		for n, c := range []struct {
			name string
			more authtest.JSON
			want error
		}{
			{"honest", nil, nil},
			{"no issuer, type or expiry", authtest.JSON{"iss": nil, "token_type": nil, "exp": nil, "iat": nil}, nil},
			{"several audiences", authtest.JSON{"aud": []string{"a", "tiffin"}}, nil},
			{"type in small letters", authtest.JSON{"token_type": "bearer"}, nil},
			{"not active", authtest.JSON{"active": false}, refusedInactive},
			{"other audience", authtest.JSON{"aud": "other"}, refusedProof},
			{"no audience", authtest.JSON{"aud": nil}, refusedProof},
			{"audience is an object", authtest.JSON{"aud": authtest.JSON{}}, refusedClaims},
			{"other issuer", authtest.JSON{"iss": ours}, refusedIssuer},
			{"refresh token", authtest.JSON{"token_type": "refresh_token"}, refusedType},
			{"DPoP", authtest.JSON{"token_type": "DPoP"}, refusedType},
			{"bound to a key", authtest.JSON{"cnf": authtest.JSON{"x5t#S256": "x"}}, refusedBound},
			{"no subject", authtest.JSON{"sub": nil}, refusedClaims},
			{"no client", authtest.JSON{"client_id": nil}, refusedClaims},
			{"tenant is a number", authtest.JSON{"org": 1}, refusedClaims},
			{"expired", authtest.JSON{"exp": time.Now().Add(-time.Hour).Unix()}, refusedExpired},
			{"not yet valid", authtest.JSON{"nbf": time.Now().Add(time.Hour).Unix()}, refusedEarly},
		} {
			token := "token-" + strconv.Itoa(n)
			asked.know(token, active(time.Now(), c.more))
			if got, err := v.Verify(t.Context(), token); !errors.Is(err, c.want) || (got == nil) != (c.want != nil) {
				t.Errorf("%s: %v, %v", c.name, got, err)
			}
		}
	})
}

// What is no token, and what looks like a JWT, is nothing to ask about; a JWT that does not verify is not tried as an opaque token.
func TestOpaqueIsDecidedByForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, asked := setupOpaque(t, nil)
		stranger := authtest.New(ours)
		expired := issuer.Sign(issuer.Header(), issuer.Claims("alice", "", time.Now().Add(-2*time.Hour)))
		for name, token := range map[string]string{
			"space":           "a b",
			"newline":         "a\nb",
			"quote":           `a"b`,
			"not ASCII":       "tökén",
			"only padding":    "==",
			"three parts":     "a.b.c",
			"huge":            strings.Repeat("x", maxToken+1),
			"forged JWT":      stranger.Sign(issuer.Header(), issuer.Claims("admin", "", time.Now())),
			"expired JWT":     expired,
			"unknown issuer":  change{claims: authtest.JSON{"iss": "http://evil.test"}}.token(issuer, time.Now()),
			"JWT without iss": change{claims: authtest.JSON{"iss": nil}}.token(issuer, time.Now()),
		} {
			asked.know(token, active(time.Now(), nil))
			if got, err := v.Verify(t.Context(), token); err == nil || got != nil {
				t.Errorf("%s passes", name)
			}
		}
		if n := asked.times(); n != 0 {
			t.Errorf("asked %d times", n)
		}
		// One of the issuer that wants to be asked is asked about, and never verified here.
		theirJWT := change{claims: authtest.JSON{"iss": theirs}}.token(issuer, time.Now())
		if _, err := v.Verify(t.Context(), theirJWT); !errors.Is(err, refusedInactive) || asked.times() != 1 {
			t.Errorf("asked %d times: %v", asked.times(), err)
		}
	})
}

func TestOpaqueIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, _, asked := setupOpaque(t, func(c *IssuerConfig) { c.Introspection.TTL, c.Introspection.Negative = 20*time.Second, 2*time.Second })
		asked.know("good", active(time.Now(), nil))
		asked.know("late", active(time.Now(), authtest.JSON{"exp": time.Now().Add(-time.Minute).Unix()}))
		for _, c := range []struct {
			token string
			after time.Duration
			asked int
			want  error
		}{
			{"good", 0, 1, nil},
			{"good", 0, 1, nil},
			{"good", 20 * time.Second, 2, nil},
			{"bad", 0, 3, refusedInactive},
			{"bad", 2*time.Second - 1, 3, refusedInactive},
			{"bad", 1, 4, refusedInactive},
			{"late", 0, 5, refusedExpired},
			{"late", 0, 5, refusedExpired},
		} {
			<-time.After(c.after)
			if _, err := v.Verify(t.Context(), c.token); !errors.Is(err, c.want) || asked.times() != c.asked {
				t.Errorf("%+v: asked %d times, %v", c, asked.times(), err)
			}
		}
	})
}

// A token's end is the end of what is remembered of it.
func TestOpaqueEndsWithTheToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, _, asked := setupOpaque(t, nil)
		asked.know("short", active(time.Now(), authtest.JSON{"exp": time.Now().Add(5 * time.Second).Unix()}))
		mustVerify(t, v, "short")
		<-time.After(5 * time.Second)
		asked.know("short", authtest.JSON{"active": false})
		if _, err := v.Verify(t.Context(), "short"); !errors.Is(err, refusedInactive) {
			t.Error(err)
		}
	})
}

// An endpoint that gives no usable answer is nobody's lack of rights: such an error is no refusal, and is not remembered.
func TestOpaqueIssuerInTrouble(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"500": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"401": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) },
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, ours+"/keys", http.StatusTemporaryRedirect)
		},
		"hangs":   func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"HTML":    page("text/html", "<html>"),
		"no JSON": page("application/json", "<html>"),
		"empty":   page("application/json", ""),
		"no word": page("application/json", `{"sub":"alice"}`),
		"null":    page("application/json", `null`),
		"twice":   page("application/json", `{"active":false,"active":true,"sub":"alice"}`),
		"endless": page("application/json", `{"active":true,"x":"`+strings.Repeat("x", maxAnswer)+`"}`),
	}
	synctest.Test(t, func(t *testing.T) {
		v, _, asked := setupOpaque(t, nil)
		asked.know("good", active(time.Now(), nil))
		for name, answer := range answers {
			asked.instead(answer)
			start := time.Now()
			got, err := v.Verify(t.Context(), "good")
			if !errors.Is(err, errNotAsked) || got != nil || strings.Contains(err.Error(), "good") || strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
			if shown, challenge := present(err); shown.Code != "SERVICE_UNAVAILABLE" || challenge != "" {
				t.Errorf("%s: %v %s", name, shown, challenge)
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("%s: took %v", name, took)
			}
		}
		asked.instead(nil)
		mustVerify(t, v, "good")
	})
}

func page(media, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		_, _ = io.WriteString(w, text)
	}
}

// A question that the issuer takes for a bad one is no trouble of the issuer's: anybody can bring it about by what they send.
func TestOpaqueQuestionIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, _, asked := setupOpaque(t, nil)
		v.opaque.asked.health.away = func(string, error) { t.Error("told that the issuer is away") }
		asked.instead(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400) })
		if _, err := v.Verify(t.Context(), "odd"); !errors.Is(err, refusedQuestion) {
			t.Error(err)
		}
	})
}

// Everybody who comes with a token while it is asked about shares the answer.
func TestOpaqueIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, _, asked := setupOpaque(t, nil)
		asked.know("good", active(time.Now(), nil))
		slow := make(chan struct{})
		asked.instead(func(w http.ResponseWriter, r *http.Request) {
			<-slow
			page("application/json", toJSON(active(time.Now(), nil)))(w, r)
		})
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { mustVerify(t, v, "good") })
		}
		synctest.Wait()
		close(slow)
		wg.Wait()
		if n := asked.times(); n != 1 {
			t.Errorf("asked %d times", n)
		}
	})
}

// A flood of tokens that nobody knows is no flood of questions.
func TestOpaqueFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, _, asked := setupOpaque(t, func(c *IssuerConfig) { c.Introspection.Concurrent = 3 })
		slow := make(chan struct{})
		asked.instead(func(w http.ResponseWriter, r *http.Request) {
			<-slow
			page("application/json", `{"active":false}`)(w, r)
		})
		refused, busy := make(chan error, 100), 0
		for n := range 100 {
			go func() {
				_, err := v.Verify(t.Context(), fmt.Sprintf("guess-%d", n))
				refused <- err
			}()
		}
		synctest.Wait()
		if n := asked.times(); n != 3 {
			t.Errorf("asked %d times at once", n)
		}
		close(slow)
		for range 100 {
			if err := <-refused; errors.Is(err, errNotAsked) {
				busy++
			}
		}
		if busy != 97 || len(v.opaque.asked.flights) != 0 {
			t.Errorf("%d found no place, %d under way", busy, len(v.opaque.asked.flights))
		}
	})
}

func TestOpaqueConfigValidate(t *testing.T) {
	ask := IntrospectionConfig{URL: theirs, ClientID: "a", ClientSecret: "b"}
	jwt := IssuerConfig{URL: ours, Audience: "tiffin"}
	opaque := IssuerConfig{URL: theirs, Audience: "tiffin", Tokens: Opaque, Introspection: ask}
	for name, c := range map[string]struct {
		issuers []IssuerConfig
		want    []string
	}{
		"good":        {[]IssuerConfig{jwt, opaque}, nil},
		"two opaque":  {[]IssuerConfig{opaque, {URL: ours, Audience: "t", Tokens: Opaque, Introspection: ask}}, []string{"issuers[1].tokens"}},
		"other form":  {[]IssuerConfig{{URL: ours, Audience: "t", Tokens: "paseto"}}, []string{"issuers[0].tokens"}},
		"jwt, asked":  {[]IssuerConfig{{URL: ours, Audience: "t", Introspection: ask}}, []string{"issuers[0].introspection"}},
		"not said":    {[]IssuerConfig{{URL: ours, Audience: "t", Tokens: Opaque}}, []string{"issuers[0].introspection.url", "issuers[0].introspection.client_id", "issuers[0].introspection.client_secret"}},
		"fragment":    {[]IssuerConfig{{URL: ours + "#alice", Audience: "t"}}, []string{"issuers[0].url"}},
		"empty query": {[]IssuerConfig{{URL: ours + "?", Audience: "t"}}, []string{"issuers[0].url"}},
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

func toJSON(v authtest.JSON) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}
