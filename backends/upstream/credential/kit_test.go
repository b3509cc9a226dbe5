package credential_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/credential"
	"tiffin/internal/testkit"
)

const secret = "s3cret: %&"

// endpoint gives out tokens, each once: "t1", "t2", and so on.
type endpoint struct {
	mu     sync.Mutex
	given  int
	forms  []url.Values
	answer http.HandlerFunc // instead, where it is not nil
	life   int              // seconds; none is said where it is 0
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	e.mu.Lock()
	e.given++
	n, answer := e.given, e.answer
	e.forms = append(e.forms, r.PostForm)
	e.mu.Unlock()
	id, password, _ := r.BasicAuth()
	switch {
	case answer != nil:
		answer(w, r)
	case id != "the+gateway" || password != url.QueryEscape(secret) || r.Method != http.MethodPost:
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":"invalid_client","error_description":"`+secret+`"}`)
	default:
		expires := ""
		if e.life > 0 {
			expires = fmt.Sprintf(`,"expires_in":%d`, e.life)
		}
		_, _ = fmt.Fprintf(w, `{"access_token":"t%d","token_type":"bearer"%s}`, n, expires)
	}
}

func (e *endpoint) times() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.given
}

func (e *endpoint) instead(answer http.HandlerFunc) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answer = answer
}

// service notes what it was sent, and refuses the tokens that it is told to.
type service struct {
	mu     sync.Mutex
	got    []string // method, Authorization and body of each request
	refuse func(authorization string) bool
}

func (s *service) RoundTrip(req *http.Request) (*http.Response, error) {
	body := ""
	if req.Body != nil {
		text, _ := io.ReadAll(req.Body)
		body = string(text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	authorization := req.Header.Get("Authorization")
	s.got = append(s.got, strings.TrimSpace(req.Method+" "+authorization+" "+body))
	status := http.StatusOK
	if s.refuse != nil && s.refuse(authorization) {
		status = http.StatusUnauthorized
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}

type place struct {
	t       *testing.T
	tokens  *endpoint
	service *service
	chain   http.RoundTripper

	limit  time.Duration // of a call, where it is not 0
	header http.Header   // of a call, where it is not nil
}

// open is a service that gets tokens of a kind, on an in-memory network. It belongs into a bubble.
func open(t *testing.T, kind credential.Kind) *place {
	t.Helper()
	tokens := &endpoint{life: 300}
	return openOver(t, kind, tokens, testkit.Start(t, map[string]http.Handler{"login.test": tokens}).Transport())
}

// openOver is open with another way to the token endpoint.
func openOver(t *testing.T, kind credential.Kind, tokens *endpoint, way http.RoundTripper) *place {
	t.Helper()
	p := &place{t: t, tokens: tokens, service: &service{}}
	cfg := credential.Defaults()
	cfg.Credential = kind
	cfg.OAuth.TokenURL, cfg.OAuth.ClientID, cfg.OAuth.ClientSecret = "http://login.test/token", "the gateway", secret
	cfg.OAuth.Scopes, cfg.OAuth.Audience, cfg.OAuth.Resource = []string{"read", "write"}, "orders", "https://orders.test/"
	if problems := cfg.Validate(); problems != nil {
		t.Fatal(problems)
	}
	attached := attach(cfg, way, p.service)
	p.chain = call.Start(call.Config{}, call.Func(func(trip call.Trip) (*http.Response, error) {
		if p.limit > 0 {
			trip.Call.Limit(time.Now().Add(p.limit))
		}
		if p.header != nil {
			trip.Header = p.header
		}
		return attached.Do(trip)
	}))
	return p
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// attach is the position over the service.
func attach(cfg credential.Config, tokens http.RoundTripper, next *service) call.Position {
	return credential.Attach(cfg, credential.Deps{Transport: tokens, Next: call.Over(next)})
}

func (p *place) send(ctx context.Context, method, body string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://orders/", io.NopCloser(strings.NewReader(body)))
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := p.chain.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

func (p *place) ok(ctx context.Context) {
	p.t.Helper()
	if status, err := p.send(ctx, http.MethodGet, ""); status != 200 || err != nil {
		p.t.Errorf("%d, %v", status, err)
	}
}

func (p *place) sent(want ...string) {
	p.t.Helper()
	if diff := cmp.Diff(want, p.service.got); diff != "" {
		p.t.Error(diff)
	}
	p.service.got = nil
}
