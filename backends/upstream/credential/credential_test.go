package credential_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/credential"
	"tiffin/identity"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What comes after a token begins when that is there.
func TestATokenTakesTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := roundTrip(func(*http.Request) (*http.Response, error) {
			<-time.After(time.Second)
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{"access_token":"t","token_type":"Bearer"}`))}, nil
		})
		cfg := credential.Defaults()
		cfg.Credential, cfg.OAuth.TokenURL = credential.Client, "http://login.test/token"
		start := time.Now()
		next := call.Func(func(trip call.Trip) (*http.Response, error) {
			if got := trip.Now().Sub(start); got != time.Second {
				t.Errorf("it begins after %v, want a second", got)
			}
			return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
		})
		req := httptest.NewRequest(http.MethodGet, "http://orders/", nil)
		if _, err := call.Start(call.Config{}, credential.Attach(cfg, credential.Deps{Transport: slow, Next: next})).RoundTrip(req); err != nil {
			t.Error(err)
		}
	})
}

func TestClientCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, credential.Client)
		p.ok(t.Context())
		p.ok(t.Context())
		p.sent("GET Bearer t1", "GET Bearer t1")
		want := []url.Values{{
			"grant_type": {"client_credentials"}, "scope": {"read write"}, "audience": {"orders"}, "resource": {"https://orders.test/"},
		}}
		if diff := cmp.Diff(want, p.tokens.forms); diff != "" {
			t.Error(diff)
		}
		<-time.After(300*time.Second - 30*time.Second) // shortly before its end it is replaced
		p.ok(t.Context())
		p.sent("GET Bearer t2")
	})
}

// The wait for a token is part of the call's time, and the token is in the header of what is sent alone.
func TestTheCallsTimeAndHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, credential.Client)
		p.limit, p.header = time.Second, http.Header{"Accept": {"x"}}
		p.ok(t.Context())
		if len(p.header) != 1 {
			t.Errorf("the header that came became %v", p.header)
		}
		<-time.After(time.Hour) // the token is over
		p.tokens.instead(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		start := time.Now()
		if _, err := p.send(t.Context(), http.MethodGet, ""); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// Everybody who needs a token at the same time waits for one fetch, which does not end with the call of the first.
func TestOneFetchAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, credential.Client)
		slow := make(chan struct{})
		p.tokens.instead(func(w http.ResponseWriter, _ *http.Request) {
			<-slow
			_, _ = io.WriteString(w, `{"access_token":"slow","token_type":"Bearer"}`)
		})
		first, leave := context.WithCancel(t.Context())
		var left error
		var wg sync.WaitGroup
		wg.Go(func() { _, left = p.send(first, http.MethodGet, "") })
		synctest.Wait()
		for range 19 {
			wg.Go(func() { p.ok(t.Context()) })
		}
		synctest.Wait()
		leave()
		synctest.Wait()
		close(slow)
		wg.Wait()
		if !errors.Is(left, context.Canceled) || !errors.Is(left, call.ErrNotSent) {
			t.Errorf("the one who left: %v", left)
		}
		if n := p.tokens.times(); n != 1 || len(p.service.got) != 19 {
			t.Errorf("%d fetches, %d calls", n, len(p.service.got))
		}
	})
}

// A token that the service refuses is replaced once, and the call made again, with its body.
func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, credential.Client)
		p.ok(t.Context())
		<-time.After(time.Minute)
		p.service.refuse = func(authorization string) bool { return authorization == "Bearer t1" }
		p.service.got = nil
		if status, err := p.send(t.Context(), http.MethodPost, "cart"); status != 200 || err != nil {
			t.Errorf("%d, %v", status, err)
		}
		p.sent("POST Bearer t1 cart", "POST Bearer t2 cart")
		p.ok(t.Context())
		p.sent("GET Bearer t2")
	})
}

// A service that refuses every token gets its 401 through, and is no load on who gives them out.
func TestServiceThatRefusesEveryToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, credential.Client)
		p.service.refuse = func(string) bool { return true }
		for range 600 { // ten a second
			if status, err := p.send(t.Context(), http.MethodGet, ""); status != http.StatusUnauthorized || err != nil {
				t.Fatal(status, err)
			}
			<-time.After(100 * time.Millisecond)
		}
		if n := p.tokens.times(); n > 13 {
			t.Errorf("%d fetches in a minute", n)
		}
	})
}

// Without a token nothing is sent, which is said, and the endpoint is asked at most once a second. A token that is not over is used to its
// end while there is no other.
func TestEndpointInTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, credential.Client)
		p.ok(t.Context())
		p.tokens.instead(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
		<-time.After(280 * time.Second)
		before := p.tokens.times()
		for range 100 {
			p.ok(t.Context()) // by t1
			<-time.After(100 * time.Millisecond)
		}
		if n := p.tokens.times() - before; n > 11 {
			t.Errorf("asked %d times in 10 s", n)
		}
		<-time.After(10 * time.Second)
		p.service.got = nil
		for range 3 {
			if _, err := p.send(t.Context(), http.MethodPost, "cart"); !errors.Is(err, call.ErrNotSent) {
				t.Errorf("after its end: %v", err)
			}
		}
		p.sent()
		p.tokens.instead(nil)
		<-time.After(time.Second)
		p.ok(t.Context())
	})
}

func TestHostileEndpoints(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"hangs": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://evil.test/", http.StatusTemporaryRedirect)
		},
		"switch": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "x")
			w.WriteHeader(http.StatusSwitchingProtocols)
		},
		"HTML":       says("<html>"),
		"no token":   says(`{"token_type":"Bearer"}`),
		"other type": says(`{"access_token":"a","token_type":"DPoP"}`),
		"no type":    says(`{"access_token":"a"}`),
		"line break": says(`{"access_token":"a\nX-Evil: b","token_type":"Bearer"}`),
		"endless":    says(`{"access_token":"a","token_type":"Bearer","x":"` + strings.Repeat("x", 1<<20) + `"}`),
		"long token": says(`{"access_token":"` + strings.Repeat("x", 9000) + `","token_type":"Bearer"}`),
		"error": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(400)
			_, _ = io.WriteString(w, `{"error":"`+secret+`"}`)
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := open(t, credential.Client)
			p.tokens.instead(answer)
			start := time.Now()
			_, err := p.send(t.Context(), http.MethodGet, "")
			if !errors.Is(err, call.ErrNotSent) || strings.Contains(err.Error(), secret) || len(p.service.got) != 0 {
				t.Errorf("%s: %v", name, err)
			}
			if name == "switch" && !strings.Contains(err.Error(), "the token endpoint: read the answer of status 101") || name == "endless" && !strings.Contains(err.Error(), "more than 65536 bytes") {
				t.Errorf("%s: %v", name, err)
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("%s: took %v", name, took)
			}
		})
	}
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

// Each caller's token is exchanged for one of their own; nobody's is nobody's.
func TestExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, credential.Exchange)
		alice, bob := identity.WithToken(t.Context(), "of-alice"), identity.WithToken(t.Context(), "of-bob")
		for _, ctx := range []context.Context{alice, bob, t.Context(), alice, bob} {
			p.ok(ctx)
		}
		p.sent("GET Bearer t1", "GET Bearer t2", "GET", "GET Bearer t1", "GET Bearer t2")
		want := url.Values{
			"grant_type":           {"urn:ietf:params:oauth:grant-type:token-exchange"},
			"subject_token":        {"of-alice"},
			"subject_token_type":   {"urn:ietf:params:oauth:token-type:access_token"},
			"requested_token_type": {"urn:ietf:params:oauth:token-type:access_token"},
			"scope":                {"read write"}, "audience": {"orders"}, "resource": {"https://orders.test/"},
		}
		if diff := cmp.Diff(want, p.tokens.forms[0]); diff != "" {
			t.Error(diff)
		}
	})
}

// However many callers there are, a bounded number of tokens is kept.
func TestExchangedTokensAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens := &endpoint{life: 300}
		p := openOver(t, credential.Exchange, tokens, roundTrip(func(req *http.Request) (*http.Response, error) { // HTTP would take long
			answer := httptest.NewRecorder()
			tokens.ServeHTTP(answer, req)
			return answer.Result(), nil
		}))
		for n := range 10_100 {
			p.ok(identity.WithToken(t.Context(), fmt.Sprint("of-", n)))
		}
		var again atomic.Int32
		before := p.tokens.times()
		for n := range 10_100 {
			p.ok(identity.WithToken(t.Context(), fmt.Sprint("of-", n)))
		}
		again.Store(int32(p.tokens.times() - before))
		if again.Load() < 100 {
			t.Errorf("%d were not kept, want 100 at least", again.Load())
		}
	})
}

// Where nothing is configured nothing is told, and what is forwarded is what is listed.
func TestForwarded(t *testing.T) {
	client := http.Header{"X-Experiment": {"b"}, "Cookie": {"session"}, "X-Other": {"1"}}
	ctx := identity.WithToken(identity.WithHeader(t.Context(), client), "of-alice")
	for name, c := range map[string]struct {
		cfg  credential.Config
		want http.Header
	}{
		"nothing": {credential.Defaults(), http.Header{}},
		"listed":  {credential.Config{Forward: []string{"x-experiment", "X-Missing"}}, http.Header{"X-Experiment": {"b"}}},
		"token":   {credential.Config{Credential: credential.Token}, http.Header{"Authorization": {"Bearer of-alice"}}},
		"client":  {credential.Config{Credential: credential.Client}, http.Header{}},
	} {
		got := http.Header{}
		c.cfg.Forwarded(ctx, got)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		c.cfg.Forwarded(t.Context(), got) // nobody in particular
	}
}

// notDone is a position that nobody gets to.
type notDone struct{ call.Position }

func TestAttachIsNotInThePathWhereNothingIsToBeDone(t *testing.T) {
	next := &notDone{}
	for _, kind := range []credential.Kind{"", credential.None, credential.Token} {
		if got := credential.Attach(credential.Config{Credential: kind}, credential.Deps{Next: next}); got != call.Position(next) {
			t.Errorf("%q: %T", kind, got)
		}
	}
}

func TestValidate(t *testing.T) {
	oauth := credential.OAuthConfig{TokenURL: "https://a.test/token", ClientID: "a", ClientSecret: "b", Timeout: time.Second}
	for name, c := range map[string]struct {
		cfg  credential.Config
		want []string
	}{
		"nothing":     {credential.Config{}, nil},
		"defaults":    {credential.Defaults(), nil},
		"client":      {credential.Config{Credential: credential.Client, OAuth: oauth}, nil},
		"exchange":    {credential.Config{Credential: credential.Exchange, OAuth: oauth}, nil},
		"no endpoint": {credential.Config{Credential: credential.Client}, []string{"oauth.token_url", "oauth.client_id", "oauth.client_secret", "oauth.timeout"}},
		"to no end":   {credential.Config{Credential: credential.Token, OAuth: oauth}, []string{"oauth"}},
		"unknown":     {credential.Config{Credential: "basic"}, []string{"authorization"}},
		"headers":     {credential.Config{Forward: []string{"X-A", "authorization", "a b", "cache-control", "x-api-key", ""}}, []string{"forward[1]", "forward[2]", "forward[3]", "forward[4]", "forward[5]"}},
	} {
		var got []string
		for _, problem := range c.cfg.Validate() {
			got = append(got, problem.Path)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
