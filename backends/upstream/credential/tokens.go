package credential

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/singleflight"

	"tiffin/backends/upstream/body"
	"tiffin/backends/upstream/call"
)

const (
	// maxAnswer bounds an answer of the token endpoint, and maxToken a token, in bytes.
	maxAnswer = 64 << 10
	maxToken  = 8 << 10
	// margin is how long before its end a token is replaced, or a quarter of its time where that is less.
	margin = 30 * time.Second
	// assumed is how long a token is good that does not say.
	assumed = time.Minute
	// longest is how long a token is kept, whatever it says.
	longest = time.Hour
	// young is an age at which a token that is refused is not fetched anew.
	young = 5 * time.Second
	// pause is how long after a failure nobody asks again.
	pause = time.Second
	// maxTokens bounds how many are kept: one for each caller, where tokens stand for callers.
	maxTokens = 10_000
)

// errNoToken is wrapped by the errors of calls for which there is no token: nothing was sent.
var errNoToken = errors.New("there is no token for the service")

// token is what the endpoint gave, or that it gave none.
type token struct {
	value string
	err   error
	// fetched is when; from fresh on it is to be replaced, at ends it is over.
	fetched, fresh, ends time.Time
}

// tokens fetches and keeps tokens by what they are for.
type tokens struct {
	cfg    OAuthConfig
	client *http.Client

	flights singleflight.Group
	mu      sync.Mutex
	kept    map[string]*token
}

func newTokens(cfg OAuthConfig, transport http.RoundTripper) *tokens {
	return &tokens{cfg: cfg, kept: map[string]*token{}, client: &http.Client{
		Transport: transport,
		// The secret is for the endpoint that is configured, and for nobody whom it names.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// get returns the token for what, which the form asks for. One that is over soon is replaced; where that fails it is used to its end.
func (t *tokens) get(ctx context.Context, what string, form url.Values) (*token, error) {
	known := t.find(what)
	if known != nil && time.Now().Before(known.fresh) {
		return known, known.err
	}
	fetched, err := t.fetch(ctx, what, form)
	if err != nil && known != nil && known.err == nil && time.Now().Before(known.ends) {
		return known, nil
	}
	return fetched, err
}

// replace returns another token in place of one that was refused; the same where it is too new for another to help.
func (t *tokens) replace(ctx context.Context, what string, form url.Values, refused *token) (*token, error) {
	if known := t.find(what); known != nil && known.value != refused.value && known.err == nil {
		return known, nil // somebody else was faster
	}
	if time.Since(refused.fetched) < young {
		return refused, nil
	}
	return t.fetch(ctx, what, form)
}

func (t *tokens) find(what string) *token {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.kept[what]
}

// fetch asks the endpoint, together with everybody who wants the same. The question does not end with the call of one of them.
func (t *tokens) fetch(ctx context.Context, what string, form url.Values) (*token, error) {
	if deadline, ok := call.Deadline(ctx); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	shared := t.flights.DoChan(what, func() (any, error) {
		fetched := t.ask(context.WithoutCancel(ctx), form)
		t.keep(what, fetched)
		return fetched, nil
	})
	select {
	case result := <-shared:
		fetched, _ := result.Val.(*token) // the function above returns nothing else
		return fetched, fetched.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%w in time: %w: %w", errNoToken, ctx.Err(), call.ErrNotSent)
	}
}

// keep replaces a token; a failure only where it takes no good one's place.
func (t *tokens) keep(what string, fetched *token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, now := t.kept[what], time.Now()
	if fetched.err != nil && known != nil && known.err == nil && now.Before(known.ends) {
		again := *known
		again.fresh = fetched.fresh // nobody asks again before
		fetched = &again
	}
	if known == nil && len(t.kept) >= maxTokens {
		t.clear(now)
	}
	t.kept[what] = fetched
}

// clear makes room: of all that are over, and of some other where none is.
func (t *tokens) clear(now time.Time) {
	for what, kept := range t.kept {
		if !now.Before(kept.ends) {
			delete(t.kept, what)
		}
	}
	for what := range t.kept {
		if len(t.kept) < maxTokens {
			return
		}
		delete(t.kept, what)
	}
}

// ask gets a token (RFC 6749, section 5.1).
func (t *tokens) ask(ctx context.Context, form url.Values) *token {
	ctx, cancel := context.WithTimeout(ctx, t.cfg.Timeout)
	defer cancel()
	now := time.Now()
	got, err := t.send(ctx, form)
	if err != nil {
		return &token{err: fmt.Errorf("%w: %w: %w", errNoToken, err, call.ErrNotSent), fetched: now, fresh: now.Add(pause), ends: now.Add(pause)}
	}
	lifetime := min(got.lifetime(), longest)
	return &token{value: got.Token, fetched: now, fresh: now.Add(lifetime - min(margin, lifetime/4)), ends: now.Add(lifetime)}
}

// answer is what a token endpoint says.
type answer struct {
	Token     string  `json:"access_token"`
	Type      string  `json:"token_type"`
	ExpiresIn float64 `json:"expires_in"`
}

func (a answer) lifetime() time.Duration {
	if a.ExpiresIn <= 0 {
		return assumed
	}
	return time.Duration(min(a.ExpiresIn, longest.Seconds()) * float64(time.Second))
}

// send asks. Its errors show nothing of a secret or a token.
func (t *tokens) send(ctx context.Context, form url.Values) (answer, error) {
	var got answer
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.cfg.TokenURL, strings.NewReader(t.complete(form).Encode()))
	if err != nil {
		return got, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.SetBasicAuth(url.QueryEscape(t.cfg.ClientID), url.QueryEscape(t.cfg.ClientSecret)) // RFC 6749, section 2.3.1
	res, err := t.client.Do(req)                                                           //nolint:bodyclose // body.Read closes it
	if err != nil {
		return got, err
	}
	content, err := body.Read(res, maxAnswer)
	tooLarge, isTooLarge := errors.AsType[*body.TooLargeError](err)
	switch {
	case errors.Is(err, body.ErrSwitched):
		return got, fmt.Errorf("the token endpoint: %w", err)
	case res.StatusCode != http.StatusOK: // it says more than an error of reading its body
		return got, fmt.Errorf("status %d from the token endpoint%s", res.StatusCode, reason(content))
	case isTooLarge:
		return got, fmt.Errorf("more than %d bytes from the token endpoint", tooLarge.Limit)
	case err != nil:
		return got, err
	case json.Unmarshal(content, &got) != nil:
		return got, errors.New("no answer of a token endpoint")
	case !strings.EqualFold(got.Type, "Bearer"):
		return got, errors.New("a token of the token endpoint that is no bearer token")
	case !isB64Token(got.Token):
		return got, errors.New("no token from the token endpoint")
	}
	return got, nil
}

// reason is the error code of an answer (RFC 6749, section 5.2), where it is one of those that there are.
func reason(content []byte) string {
	var said struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(content, &said) != nil {
		return ""
	}
	switch said.Error {
	case "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_target":
		return ", " + said.Error
	}
	return ""
}

// complete adds what is configured.
func (t *tokens) complete(form url.Values) url.Values {
	all := url.Values{}
	maps.Copy(all, form)
	for name, value := range map[string]string{
		"scope": strings.Join(t.cfg.Scopes, " "), "audience": t.cfg.Audience, "resource": t.cfg.Resource,
	} {
		if value != "" {
			all.Set(name, value)
		}
	}
	return all
}

// isB64Token reports whether a token is one that a header can have (RFC 6750, section 2.1).
func isB64Token(text string) bool {
	text = strings.TrimRight(text, "=")
	return text != "" && len(text) <= maxToken &&
		strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/") == ""
}
