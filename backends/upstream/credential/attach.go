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
	Next      call.Position
}

// Attach is the position that gives a call a token, where the Config says client or exchange; otherwise it is not in the path.
func Attach(cfg Config, deps Deps) call.Position {
	if cfg.Credential != Client && cfg.Credential != Exchange {
		return deps.Next
	}
	return &attached{cfg: cfg, tokens: newTokens(cfg.OAuth, deps.Transport), next: deps.Next}
}

type attached struct {
	cfg    Config
	tokens *tokens
	next   call.Position
}

// Do implements [call.Position]. A call whose token the service refuses is made once more with another one: a 401 says that nothing was done.
func (a *attached) Do(t call.Trip) (*http.Response, error) {
	what, form := a.wanted(t.Context)
	if form == nil {
		return a.next.Do(t)
	}
	t.Waited = true
	again, err := remember(t)
	if err != nil {
		return nil, err
	}
	ctx := call.With(t.Context, t.Call) // the token is to be there before the call's deadline
	first, err := a.tokens.get(ctx, what, form)
	if err != nil {
		return nil, err
	}
	res, err := a.next.Do(again.with(first))
	if err != nil || res.StatusCode != http.StatusUnauthorized {
		return res, err
	}
	second, err := a.tokens.replace(ctx, what, form, first)
	if err != nil || second == first {
		return res, nil //nolint:nilerr // the service's own answer says best what is wrong
	}
	if err := res.Body.Close(); err != nil {
		return nil, err
	}
	return a.next.Do(again.with(second))
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

// repeatable is a trip that can be made twice. How its body can be rewound stays as it was: net/http must not repeat what it could not before.
type repeatable struct {
	trip    call.Trip
	content []byte
}

// maxBody bounds what is kept of a request, in bytes.
const maxBody = 4 << 20

func remember(t call.Trip) (repeatable, error) {
	body := t.Request.Body
	if body == nil || body == http.NoBody {
		return repeatable{trip: t}, nil
	}
	content, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	err = errors.Join(err, body.Close())
	if err == nil && len(content) > maxBody {
		err = fmt.Errorf("the request's body is longer than %d bytes", maxBody)
	}
	if err != nil {
		return repeatable{}, fmt.Errorf("%w: %w", err, call.ErrNotSent)
	}
	return repeatable{t, content}, nil
}

// with is the trip with a token.
func (r repeatable) with(given *token) call.Trip {
	t := r.trip
	if r.content != nil {
		req := *t.Request
		req.Body = io.NopCloser(bytes.NewReader(r.content))
		t.Request = &req
	}
	t.Header = t.Header.Clone()
	if t.Header == nil {
		t.Header = http.Header{}
	}
	t.Header.Set("Authorization", "Bearer "+given.value)
	return t
}
