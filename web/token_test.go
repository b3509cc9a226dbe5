package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// issuer is a transport that answers like a token endpoint.
type issuer func(*http.Request) (*http.Response, error)

func (i issuer) RoundTrip(r *http.Request) (*http.Response, error) { return i(r) }

func answers(status int, body io.Reader) issuer {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{"Location": {"http://elsewhere.test/"}}, Body: io.NopCloser(body), Request: r}, nil
	}
}

func tokenPage(tokenURL string, transport http.RoundTripper) http.Handler {
	return New(Config{
		GraphQLPath: "/graphql",
		Users:       []User{{Name: "alice"}, {Name: "o'neil & co"}},
		TokenURL:    tokenURL,
	}, Deps{Transport: transport})
}

func TestTokenIsFetchedForTheUser(t *testing.T) {
	tests := map[string]struct{ query, user string }{
		"plain":   {"user=alice", "alice"},
		"escaped": {"user=o%27neil+%26+co", "o'neil & co"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var asked *http.Request
			h := tokenPage("http://issuer.test/token?tenant=1", issuer(func(r *http.Request) (*http.Response, error) {
				asked = r
				return answers(http.StatusOK, strings.NewReader("head.claims.signature"))(r)
			}))
			res := get(t, h, http.MethodGet, "/graphiql/token?"+tt.query, "Authorization", "Bearer other", "Cookie", "a=b")
			if got := body(t, res); res.StatusCode != http.StatusOK || got != "head.claims.signature" {
				t.Fatalf("token = %d %q", res.StatusCode, got)
			}
			if cc := res.Header.Get("Cache-Control"); cc != "no-store" {
				t.Errorf("Cache-Control = %q", cc)
			}
			if q := asked.URL.Query(); asked.URL.Path != "/token" || q.Get("user") != tt.user || q.Get("tenant") != "1" {
				t.Errorf("asked for %s", asked.URL)
			}
			if len(asked.Header) != 0 {
				t.Errorf("forwarded headers: %v", asked.Header)
			}
		})
	}
}

func TestTokenOfUnlistedUsersIsNotAskedFor(t *testing.T) {
	listed := Config{Users: []User{{Name: "alice"}}, TokenURL: "http://issuer.test/token"}
	tests := map[string]struct {
		cfg   Config
		query string
	}{
		"unlisted":         {listed, "?user=mallory"},
		"other case":       {listed, "?user=Alice"},
		"empty":            {listed, "?user="},
		"left out":         {listed, ""},
		"undecodable":      {listed, "?user=%zz"},
		"no users":         {Config{TokenURL: "http://issuer.test/token"}, "?user=alice"},
		"no token source":  {Config{Users: []User{{Name: "alice"}}}, "?user=alice"},
		"second user only": {listed, "?user=mallory&user=alice"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			res := get(t, New(tt.cfg, Deps{Transport: noTransport{t}}), http.MethodGet, "/graphiql/token"+tt.query)
			if res.StatusCode != http.StatusNotFound {
				t.Errorf("status = %d, want 404", res.StatusCode)
			}
			if text := body(t, res); strings.Contains(text, "mallory") || !strings.Contains(text, "/graphiql/config.json") {
				t.Errorf("message = %q", text)
			}
		})
	}
}

func TestFailuresOfTheIssuerAreBadGateways(t *testing.T) {
	const tokenURL = "http://issuer.test/token"
	tests := map[string]struct {
		url    string
		issuer http.RoundTripper
		want   string
	}{
		"unreachable":   {tokenURL, issuer(func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }), "connection refused"},
		"server error":  {tokenURL, answers(http.StatusInternalServerError, strings.NewReader("secret trace")), "answered HTTP 500"},
		"unknown there": {tokenURL, answers(http.StatusNotFound, strings.NewReader("secret trace")), "answered HTTP 404"},
		"redirect":      {tokenURL, answers(http.StatusFound, strings.NewReader("")), "answered HTTP 302"},
		"too long":      {tokenURL, answers(http.StatusOK, endless{}), "longer than 16384 bytes"},
		"empty":         {tokenURL, answers(http.StatusOK, strings.NewReader("")), "not a bare token"},
		"a page":        {tokenURL, answers(http.StatusOK, strings.NewReader("<html> secret trace")), "not a bare token"},
		"a line break":  {tokenURL, answers(http.StatusOK, strings.NewReader("token\n")), "not a bare token"},
		"broken off":    {tokenURL, answers(http.StatusOK, io.MultiReader(strings.NewReader("secret"), broken{})), "broke off"},
		"bad URL":       {"http://issuer.test:port/", noTransport{t}, "configured token URL"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			res := get(t, tokenPage(tt.url, tt.issuer), http.MethodGet, "/graphiql/token?user=alice")
			text := body(t, res)
			if res.StatusCode != http.StatusBadGateway || !strings.Contains(text, tt.want) {
				t.Errorf("answer = %d %q, want 502 with %q", res.StatusCode, text, tt.want)
			}
			if strings.Contains(text, "secret") || res.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("answer repeats the issuer or may be stored: %q, %q", text, res.Header.Get("Cache-Control"))
			}
		})
	}
}

func TestLongestTokenPasses(t *testing.T) {
	token := strings.Repeat("x", maxTokenBytes)
	res := get(t, tokenPage("http://issuer.test/token", answers(http.StatusOK, strings.NewReader(token))), http.MethodGet, "/graphiql/token?user=alice")
	if res.StatusCode != http.StatusOK || body(t, res) != token {
		t.Errorf("status = %d", res.StatusCode)
	}
}

func TestSilentIssuerIsGivenUpOn(t *testing.T) {
	silent := issuer(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		res := get(t, tokenPage("http://issuer.test/token", silent), http.MethodGet, "/graphiql/token?user=alice")
		if took := time.Since(start); res.StatusCode != http.StatusBadGateway || took != tokenTimeout {
			t.Errorf("answer = %d after %v, want 502 after %v", res.StatusCode, took, tokenTimeout)
		}
		if text := body(t, res); !strings.Contains(text, context.DeadlineExceeded.Error()) {
			t.Errorf("message = %q", text)
		}
	})
}

// endless is a body without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// broken is a body that fails.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
