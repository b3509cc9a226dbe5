package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Bounds of the call to the issuer.
const (
	tokenTimeout  = 5 * time.Second
	maxTokenBytes = 16 << 10
)

// tokenProxy hands the page a demo user's token, so that the page need not call the issuer's origin.
type tokenProxy struct {
	url    string
	users  map[string]bool
	client *http.Client
}

func newTokenProxy(cfg Config, deps Deps) *tokenProxy {
	users := map[string]bool{}
	for _, u := range cfg.Users {
		users[u.Name] = true
	}
	return &tokenProxy{
		url:   cfg.TokenURL,
		users: users,
		client: &http.Client{
			Transport:     deps.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// ServeHTTP answers ?user=<name> with the bare token: 404 for a user who is not listed, 502 when the issuer gives none.
func (p *tokenProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	user := r.URL.Query().Get("user")
	if !p.users[user] {
		http.Error(w, "No such demo user; /graphiql/config.json lists them.", http.StatusNotFound)
		return
	}
	token, err := p.fetch(r.Context(), user)
	if err != nil {
		http.Error(w, "No token from the issuer: "+err.Error()+".", http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, token) //nolint:gosec // G705: plain text, and nosniff
}

// fetch asks the issuer. Its errors name the URL, for the developer who reads them configured it; they never
// repeat what the issuer said.
func (p *tokenProxy) fetch(ctx context.Context, user string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	req, err := p.request(ctx, user)
	if err != nil {
		return "", err
	}
	res, err := p.client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answered HTTP %d", p.url, res.StatusCode)
	}
	return readToken(res.Body)
}

func (p *tokenProxy) request(ctx context.Context, user string) (*http.Request, error) {
	u, err := url.Parse(p.url)
	if err != nil {
		return nil, fmt.Errorf("the configured token URL: %w", err)
	}
	query := u.Query()
	query.Set("user", user)
	u.RawQuery = query.Encode()
	return http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
}

// readToken reads a bounded token and checks that it can be put into an Authorization header.
func readToken(body io.Reader) (string, error) {
	token, err := io.ReadAll(io.LimitReader(body, maxTokenBytes+1))
	if err != nil {
		return "", fmt.Errorf("its answer broke off: %w", err)
	}
	if len(token) > maxTokenBytes {
		return "", fmt.Errorf("its answer is longer than %d bytes", maxTokenBytes)
	}
	if !visibleASCII(token) {
		return "", errors.New("its answer is not a bare token")
	}
	return string(token), nil
}

func visibleASCII(token []byte) bool {
	for _, c := range token {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return len(token) > 0
}
