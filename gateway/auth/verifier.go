package auth

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"

	"tiffin/identity"
)

// Deps are a Verifier's collaborators.
type Deps struct {
	// Transport reaches the issuers; one of its own where it is nil. It has no proxy or limit of its own that the Verifier relies on.
	Transport http.RoundTripper
	// Now is the clock that tokens are judged by [time.Now].
	Now func() time.Time
	// Away is told when an issuer cannot be asked, with the cause, and when it can again, with nil; nil for nobody. It must not block.
	Away func(issuer string, cause error)
}

// Verifier turns credentials into Principals. It is safe for concurrent use, and works without Run: an issuer need not be up when it is
// made.
type Verifier struct {
	issuers      map[string]*issuer
	opaque       *issuer                   // of opaque tokens; nil for none
	algorithms   []jose.SignatureAlgorithm // of any issuer; each pins its own
	cache        *findings
	prints       *printer
	ttl          time.Duration
	apiKeys      atomic.Pointer[apiKeys]
	certificates certificates
	now          func() time.Time
}

// issuer is what the tokens of one issuer are held to.
type issuer struct {
	IssuerConfig
	keys   *keySet // nil where its tokens are opaque
	asked  *introspector
	config *oidc.Config
}

// NewVerifier makes a Verifier of a Config that is valid.
func NewVerifier(cfg Config, deps Deps) *Verifier {
	if deps.Now == nil {
		deps.Now = time.Now
	}
	cfg = cfg.WithDefaults()
	client, health := newClient(deps.Transport), newHealth(deps.Away)
	v := &Verifier{
		issuers: map[string]*issuer{}, now: deps.Now, cache: newFindings(cfg.Cache.Entries), prints: newPrinter(), ttl: cfg.Cache.TTL,
		certificates: newCertificates(cfg.Certificates),
	}
	v.SetAPIKeys(cfg.APIKeys.Keys)
	for _, c := range cfg.Issuers {
		c = c.withDefaults()
		if c.Tokens == Opaque {
			v.opaque = &issuer{IssuerConfig: c, asked: newIntrospector(c, client, deps.Now, health)}
			v.issuers[c.URL] = v.opaque
			continue
		}
		v.issuers[c.URL] = newIssuer(c, newKeySet(c.URL, client, deps.Now, health))
		for _, algorithm := range c.Algorithms {
			v.algorithms = append(v.algorithms, jose.SignatureAlgorithm(algorithm))
		}
	}
	return v
}

func newClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = &http.Transport{TLSHandshakeTimeout: fetchTimeout, ResponseHeaderTimeout: fetchTimeout, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 2}
	}
	return &http.Client{
		Transport: bounded{transport},
		// Where an issuer is, it says itself; nobody else is to be believed, or told our secret.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func newIssuer(c IssuerConfig, keys *keySet) *issuer {
	return &issuer{IssuerConfig: c, keys: keys, config: &oidc.Config{
		ClientID:             c.Audience, // go-oidc's word for who the token is meant for
		SupportedSigningAlgs: c.Algorithms,
		SkipExpiryCheck:      true, // its leeway is 0 for exp and 5 minutes for nbf; validity has ours
	}}
}

// Run keeps the issuers' keys fresh until ctx ends. Without it requests fetch them when they are old.
func (v *Verifier) Run(ctx context.Context) {
	var running sync.WaitGroup
	for _, issuer := range v.issuers {
		if issuer.keys != nil {
			running.Go(func() { issuer.keys.run(ctx) })
		}
	}
	running.Wait()
}

// Verify checks an access token and returns whom it speaks for: a JWT as RFC 9068, section 4 says, any other by asking its issuer. Every
// error but the context's is either a reason why the token is not good, or says that its issuer cannot be reached; none has anything of the
// token in it.
func (v *Verifier) Verify(ctx context.Context, token string) (*identity.Principal, error) {
	known, err := v.token(ctx, token)
	if err != nil {
		return nil, err
	}
	return known.principal, nil
}

func (v *Verifier) token(ctx context.Context, token string) (*caller, error) {
	if len(token) > maxToken {
		return nil, refusedSize
	}
	sum, now := v.prints.of(token), v.now()
	if known := v.cache.find(&sum, now); known != nil {
		return known.caller, nil
	}
	found, err := v.judge(ctx, token, sum)
	if err != nil {
		return nil, err
	}
	if found.caller.size() <= maxKept {
		v.cache.add(found, now)
	}
	return found.caller, nil
}

// judge decides by the token's form, and then by the issuer that it names, who judges it. A token that one way refuses is never tried the
// other way: what looks like a JWT is one of an issuer that is listed or nothing.
func (v *Verifier) judge(ctx context.Context, token string, sum fingerprint) (*finding, error) {
	if strings.Count(token, ".") != 2 { //nolint:mnd // RFC 7515, section 3.1: a compact JWS has three parts
		if v.opaque == nil || !isB64Token(token) {
			return nil, refusedForm
		}
		return v.opaque.asked.ask(ctx, token, sum)
	}
	from, err := v.claimed(token)
	switch {
	case err != nil:
		return nil, err
	case from.asked != nil:
		return from.asked.ask(ctx, token, sum)
	default:
		return v.verify(ctx, from, token, sum)
	}
}

// claimed reads what nobody has vouched for yet: which issuer the token names.
func (v *Verifier) claimed(token string) (*issuer, error) {
	if len(v.issuers) == 0 {
		return nil, refusedIssuer
	}
	_, rest, _ := strings.Cut(token, ".")
	payload, _, _ := strings.Cut(rest, ".")
	text, err := base64.RawURLEncoding.Strict().DecodeString(payload)
	if err != nil || len(text) == 0 || text[0] != '{' {
		return nil, refusedForm
	}
	var says struct {
		Issuer string `json:"iss"`
	}
	if err := json.Unmarshal(text, &says); err != nil {
		return nil, refusedClaims
	}
	if from := v.issuers[says.Issuer]; from != nil {
		return from, nil
	}
	return nil, refusedIssuer
}

// verify holds a JWT to what its issuer's must be.
func (v *Verifier) verify(ctx context.Context, from *issuer, token string, sum fingerprint) (*finding, error) {
	key, err := v.header(token)
	if err != nil {
		return nil, err
	}
	now := v.now()
	keys, c, err := from.verify(ctx, token, key)
	if err != nil {
		return nil, err
	}
	if err := c.check(now); err != nil {
		return nil, err
	}
	known := newCaller(c.principal(from.URL))
	return &finding{of: sum, caller: known, by: keys, from: from.keys, until: known.until(now, v.ttl)}, nil
}

// header returns which key signed the token, as it says. All else that a header can say about keys (jku, jwk, x5u, x5c) is not looked at.
func (v *Verifier) header(token string) (key string, err error) {
	jws, err := jose.ParseSignedCompact(token, v.algorithms)
	if err != nil {
		return "", refusedForm
	}
	header := jws.Signatures[0].Protected
	if typ, _ := header.ExtraHeaders[jose.HeaderType].(string); !isAccessToken(typ) {
		return "", refusedType
	}
	return header.KeyID, nil
}

// isAccessToken tells an access token from an ID token of the same issuer (RFC 9068, section 2.1; RFC 7515, section 4.1.9).
func isAccessToken(typ string) bool {
	return strings.EqualFold(typ, "at+jwt") || strings.EqualFold(typ, "application/at+jwt")
}

// verify checks signature, issuer and audience, and reads the claims.
func (i *issuer) verify(ctx context.Context, token, key string) (*keys, claims, error) {
	known, keys, err := i.keys.find(ctx, key)
	if err != nil {
		return nil, claims{}, err
	}
	verified, err := oidc.NewVerifier(i.URL, keys, i.config).Verify(ctx, token)
	if err != nil {
		return nil, claims{}, refusedProof // the library's text can quote the token
	}
	c, err := readClaims(verified, i.IssuerConfig)
	return known, c, err
}
