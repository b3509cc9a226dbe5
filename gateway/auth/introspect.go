package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"tiffin/fault"
)

// IntrospectionConfig is how an issuer is asked about its opaque tokens (RFC 7662).
type IntrospectionConfig struct {
	// URL is the introspection endpoint.
	URL string `yaml:"url"`
	// ClientID and ClientSecret are what this gateway is known by at the issuer (RFC 6749, section 2.3.1: HTTP Basic).
	ClientID     string `yaml:"client_id"`
	ClientSecret string `yaml:"client_secret" secret:"true"`
	// TTL is for how long a token that is active is not asked about again, at most until it ends [30s].
	TTL time.Duration `yaml:"ttl"`
	// Negative is the same for one that is not [5s].
	Negative time.Duration `yaml:"negative"`
	// Timeout is how long an answer may take [2s].
	Timeout time.Duration `yaml:"timeout"`
	// Concurrent is how many questions may be under way; with more than that tokens that are not remembered get a 503 [64].
	Concurrent int `yaml:"concurrent"`
}

const (
	// maxAnswer bounds an answer of the introspection endpoint, in bytes.
	maxAnswer = 64 << 10
	// maxRefused is how many tokens that were not active are remembered.
	maxRefused = 4096
	// maxConcurrent bounds Concurrent.
	maxConcurrent = 4096
	// maxTimeout bounds Timeout.
	maxTimeout = 30 * time.Second
)

func (c IntrospectionConfig) withDefaults() IntrospectionConfig {
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{{&c.TTL, 30 * time.Second}, {&c.Negative, 5 * time.Second}, {&c.Timeout, 2 * time.Second}} {
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
	if c.Concurrent == 0 {
		c.Concurrent = 64
	}
	return c
}

func (c IntrospectionConfig) validate() []fault.Invalid {
	var problems []fault.Invalid
	report := func(wrong bool, path, reason, remedy string) {
		if wrong {
			problems = append(problems, fault.Invalid{Path: path, Reason: reason, Remedy: remedy})
		}
	}
	report(!isURL(c.URL), "url", "is no address", "give the issuer's introspection endpoint, such as https://login.example.com/introspect")
	report(c.ClientID == "", "client_id", "is missing: the endpoint must not answer strangers", "give what this gateway is known by at the issuer")
	report(c.ClientSecret == "", "client_secret", "is missing: the endpoint must not answer strangers", "give the secret of client_id")
	report(c.TTL < 0 || c.TTL > maxTTL, "ttl", "is not 0 to 1m", `write one such as "30s"`)
	report(c.Negative < 0 || c.Negative > maxTTL, "negative", "is not 0 to 1m", `write one such as "5s"`)
	report(c.Timeout < 0 || c.Timeout > maxTimeout, "timeout", "is not 0 to 30s", `write one such as "2s"`)
	report(c.Concurrent < 0 || c.Concurrent > maxConcurrent, "concurrent", "is not 0 to 4096", "write one such as 64")
	return problems
}

// errNotAsked reports that a token cannot be judged: its issuer gave no usable answer.
var errNotAsked = errors.New("the issuer could not be asked about the token")

// introspector asks one issuer about its opaque tokens. What it says of those that are active the Verifier remembers, of the others this.
type introspector struct {
	issuer  IssuerConfig
	client  *http.Client
	now     func() time.Time
	health  *health
	refused *findings
	free    chan struct{} // has a place for each question under way

	mu      sync.Mutex
	flights map[fingerprint]*flight // the questions under way
}

// flight is a question under way; done is closed when the rest is there.
type flight struct {
	done    chan struct{}
	finding *finding
	err     error
}

func newIntrospector(c IssuerConfig, client *http.Client, now func() time.Time, health *health) *introspector {
	return &introspector{
		issuer: c, client: client, now: now, health: health, refused: newFindings(maxRefused),
		free: make(chan struct{}, c.Introspection.Concurrent), flights: map[fingerprint]*flight{},
	}
}

// isB64Token reports whether a token is one that a header can have (RFC 6750, section 2.1).
func isB64Token(token string) bool {
	token = strings.TrimRight(token, "=")
	return token != "" && strings.Trim(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/") == ""
}

// ask returns the issuer's finding on a token, which everybody who comes with it at the same time shares. Its errors are a refusal or wrap
// errNotAsked.
func (i *introspector) ask(ctx context.Context, token string, sum fingerprint) (*finding, error) {
	if known := i.refused.find(&sum, i.now()); known != nil {
		return nil, known.refused
	}
	f, first := i.board(sum)
	if first {
		i.fly(context.WithoutCancel(ctx), token, sum, f) // for the others who wait, too
	}
	select {
	case <-f.done:
		return f.finding, f.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", errNotAsked, ctx.Err())
	}
}

// board returns the question about a token that is under way, or a new one, which whoever is first has to put.
func (i *introspector) board(sum fingerprint) (f *flight, first bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if f := i.flights[sum]; f != nil {
		return f, false
	}
	f = &flight{done: make(chan struct{})}
	i.flights[sum] = f
	return f, true
}

// fly puts the question, where there is a place for it, and lands whatever happens.
func (i *introspector) fly(ctx context.Context, token string, sum fingerprint, f *flight) {
	f.err = errNotAsked // should the question panic
	defer i.land(sum, f)
	select {
	case i.free <- struct{}{}:
		defer func() { <-i.free }()
		f.finding, f.err = i.question(ctx, token, sum)
	default:
		f.err = fmt.Errorf("%w: %d questions are under way", errNotAsked, cap(i.free))
	}
}

func (i *introspector) land(sum fingerprint, f *flight) {
	if why, ok := errors.AsType[refusal](f.err); ok {
		now := i.now()
		i.refused.add(&finding{of: sum, refused: why, until: now.Add(i.issuer.Introspection.Negative).UnixNano()}, now)
	}
	i.mu.Lock()
	delete(i.flights, sum)
	i.mu.Unlock()
	close(f.done)
}

// question puts one, and judges by the answer.
func (i *introspector) question(ctx context.Context, token string, sum fingerprint) (*finding, error) {
	ctx, cancel := context.WithTimeout(ctx, i.issuer.Introspection.Timeout)
	defer cancel()
	now := i.now()
	body, err := i.send(ctx, token)
	if errors.Is(err, refusedQuestion) { // any token can have that answer: it says nothing of how the issuer is
		return nil, err
	}
	i.health.report(i.issuer.URL, err)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotAsked, err)
	}
	c, err := i.read(body)
	if err != nil {
		return nil, err
	}
	if err := c.checkKnown(now); err != nil {
		return nil, err
	}
	known := newCaller(c.principal(i.issuer.URL))
	return &finding{of: sum, caller: known, until: known.until(now, i.issuer.Introspection.TTL)}, nil
}

// send asks (RFC 7662, section 2.1) and returns the body of the answer. Its errors have nothing of the token or the secret.
func (i *introspector) send(ctx context.Context, token string) ([]byte, error) {
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}
	c := i.issuer.Introspection
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.SetBasicAuth(url.QueryEscape(c.ClientID), url.QueryEscape(c.ClientSecret)) // RFC 6749, section 2.3.1
	res, err := i.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusBadRequest: // such as for a token that looks like a JWT, where the issuer knows better
		return nil, refusedQuestion
	default:
		return nil, fmt.Errorf("status %d from its introspection endpoint", res.StatusCode)
	}
	if media, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, errors.New("its introspection endpoint answers with no JSON")
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = fmt.Errorf("its introspection endpoint answers with more than %d bytes", maxAnswer)
	}
	if err == nil && !isAnswer(body) {
		err = errors.New("its introspection endpoint does not say whether the token is active")
	}
	return body, err
}

// statement is what an issuer says of a token beside the claims (RFC 7662, section 2.2).
type statement struct {
	Active *bool `json:"active"`
	// Type is how the token is used: Bearer, or something that has to prove more, or that is no access token.
	Type     string   `json:"token_type"`
	Issuer   *string  `json:"iss"`
	Audience audience `json:"aud"`
	Username string   `json:"username"`
}

// isAnswer tells what the issuer's endpoint would say from what some proxy in front of it does.
func isAnswer(body []byte) bool {
	var a struct {
		Active *bool `json:"active"`
	}
	return json.Unmarshal(body, &a) == nil && a.Active != nil
}

// read returns the claims of a token that the issuer says is good, and good here.
func (i *introspector) read(body []byte) (claims, error) {
	var a statement
	var c claims
	if err := json.Unmarshal(body, &a); err != nil {
		return c, refusedClaims
	}
	switch {
	case !*a.Active:
		return c, refusedInactive
	case a.Type != "" && !strings.EqualFold(a.Type, "Bearer"):
		return c, refusedType
	case a.Issuer != nil && *a.Issuer != i.issuer.URL:
		return c, refusedIssuer
	case !slices.Contains(a.Audience, i.issuer.Audience):
		return c, refusedProof
	}
	if err := json.Unmarshal(body, &c); err != nil {
		return c, refusedClaims
	}
	if c.Name == "" {
		c.Name = a.Username
	}
	err := readNamed(&c, body, i.issuer)
	return c, err
}

// audience is one text or a list of them (RFC 7519, section 4.1.3).
type audience []string

// UnmarshalJSON implements json.Unmarshaler.
func (a *audience) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		*a = make(audience, 1)
		return json.Unmarshal(text, &(*a)[0])
	}
	return json.Unmarshal(text, (*[]string)(a))
}
