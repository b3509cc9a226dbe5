package credential

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"tiffin/backends/upstream/call"
	"tiffin/identity"
)

// Deps are the collaborators of Attach.
type Deps struct {
	// Transport reaches the token endpoint.
	Transport http.RoundTripper
	Next      http.RoundTripper
}

// Attach is the position that gives a call a token, where the Config says client or exchange; otherwise it is not in the path.
func Attach(cfg Config, deps Deps) http.RoundTripper {
	if cfg.Credential != Client && cfg.Credential != Exchange {
		return deps.Next
	}
	return &attached{cfg: cfg, tokens: newTokens(cfg.OAuth, deps.Transport), next: deps.Next}
}

type attached struct {
	cfg    Config
	tokens *tokens
	next   http.RoundTripper
}

// RoundTrip implements [http.RoundTripper]. A call whose token the service refuses is made once more with another one: a 401 says that
// nothing was done.
func (a *attached) RoundTrip(req *http.Request) (*http.Response, error) {
	what, form := a.wanted(req.Context())
	if form == nil {
		return a.next.RoundTrip(req)
	}
	again, err := remember(req)
	if err != nil {
		return nil, err
	}
	first, err := a.tokens.get(req.Context(), what, form)
	if err != nil {
		return nil, err
	}
	res, err := a.next.RoundTrip(again.with(req.Context(), first))
	if err != nil || res.StatusCode != http.StatusUnauthorized {
		return res, err
	}
	second, err := a.tokens.replace(req.Context(), what, form, first)
	if err != nil || second == first {
		return res, nil //nolint:nilerr // the service's own answer says best what is wrong
	}
	if err := res.Body.Close(); err != nil {
		return nil, err
	}
	return a.next.RoundTrip(again.with(req.Context(), second))
}

// wanted is which token a call needs and how it is asked for; no form where it needs none.
func (a *attached) wanted(ctx context.Context) (what string, form url.Values) {
	if a.cfg.Credential == Client {
		return "", url.Values{"grant_type": {"client_credentials"}}
	}
	subject := identity.Token(ctx)
	if subject == "" { // nobody, or somebody without a token: the service will say
		return "", nil
	}
	sum := sha256.Sum256([]byte(subject))
	return string(sum[:]), url.Values{ // RFC 8693, section 2.1
		"grant_type":           {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"subject_token":        {subject},
		"subject_token_type":   {"urn:ietf:params:oauth:token-type:access_token"},
		"requested_token_type": {"urn:ietf:params:oauth:token-type:access_token"},
	}
}

// repeatable is a request that can be sent twice. How its body can be rewound stays as it was: net/http must not repeat what it could not
// before.
type repeatable struct {
	req     *http.Request
	content []byte
}

// maxBody bounds what is kept of a request, in bytes.
const maxBody = 4 << 20

func remember(req *http.Request) (repeatable, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return repeatable{req: req}, nil
	}
	content, err := io.ReadAll(io.LimitReader(req.Body, maxBody+1))
	err = errors.Join(err, req.Body.Close())
	if err == nil && len(content) > maxBody {
		err = fmt.Errorf("the request's body is longer than %d bytes", maxBody)
	}
	if err != nil {
		return repeatable{}, fmt.Errorf("%w: %w", err, call.ErrNotSent)
	}
	return repeatable{req, content}, nil
}

// with is the request with a token.
func (r repeatable) with(ctx context.Context, t *token) *http.Request {
	out := r.req.Clone(ctx)
	if r.content != nil {
		out.Body = io.NopCloser(bytes.NewReader(r.content))
	}
	out.Header.Set("Authorization", "Bearer "+t.value)
	return out
}
