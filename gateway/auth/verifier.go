package auth

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"

	"tiffin/identity"
)

// Deps are a Verifier's collaborators.
type Deps struct {
	// Transport reaches the issuers. It has no proxy or limit of its own that the Verifier relies on.
	Transport http.RoundTripper
	// Now is the clock that tokens are judged by [time.Now].
	Now func() time.Time
}

// Verifier turns bearer tokens into Principals. It is safe for concurrent use, and starts nothing: an issuer is asked for its keys
// when its first token comes, so it need not be up before that.
type Verifier struct {
	issuers    map[string]*issuer
	algorithms []jose.SignatureAlgorithm // of any issuer; each pins its own
	now        func() time.Time
}

// issuer is what the tokens of one issuer are held to.
type issuer struct {
	url    string
	keys   *keySet
	config *oidc.Config
}

// NewVerifier makes a Verifier of a Config that is valid.
func NewVerifier(cfg Config, deps Deps) *Verifier {
	if deps.Now == nil {
		deps.Now = time.Now
	}
	client := &http.Client{Transport: bounded{deps.Transport}}
	v := &Verifier{issuers: map[string]*issuer{}, now: deps.Now}
	for _, c := range cfg.Issuers {
		c = c.withDefaults()
		v.issuers[c.URL] = newIssuer(c, newKeySet(c.URL, client, deps.Now))
		for _, algorithm := range c.Algorithms {
			v.algorithms = append(v.algorithms, jose.SignatureAlgorithm(algorithm))
		}
	}
	return v
}

func newIssuer(c IssuerConfig, keys *keySet) *issuer {
	return &issuer{url: c.URL, keys: keys, config: &oidc.Config{
		ClientID:             c.Audience, // go-oidc's word for who the token is meant for
		SupportedSigningAlgs: c.Algorithms,
		SkipExpiryCheck:      true, // its leeway is 0 for exp and 5 minutes for nbf; validity has ours
	}}
}

// Verify checks a token as RFC 9068, section 4 says and returns whom it speaks for. Every error but the context's is either a reason
// why the token is not good, or says that its issuer cannot be reached; none has anything of the token in it.
func (v *Verifier) Verify(ctx context.Context, token string) (*identity.Principal, error) {
	if len(token) > maxToken {
		return nil, refusedSize
	}
	from, key, err := v.route(token)
	if err != nil {
		return nil, err
	}
	c, err := from.verify(ctx, token, key)
	if err != nil {
		return nil, err
	}
	if err := c.check(v.now()); err != nil {
		return nil, err
	}
	return c.principal(from.url), nil
}

// route reads what nobody has vouched for yet: which issuer and which of its keys the token claims.
func (v *Verifier) route(token string) (from *issuer, key string, err error) {
	if len(v.algorithms) == 0 {
		return nil, "", refusedIssuer
	}
	jws, err := jose.ParseSignedCompact(token, v.algorithms)
	if err != nil {
		return nil, "", refusedForm
	}
	header := jws.Signatures[0].Protected
	if typ, _ := header.ExtraHeaders[jose.HeaderType].(string); !isAccessToken(typ) {
		return nil, "", refusedType
	}
	var claimed struct {
		Issuer string `json:"iss"`
	}
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &claimed); err != nil {
		return nil, "", refusedClaims
	}
	if from = v.issuers[claimed.Issuer]; from == nil {
		return nil, "", refusedIssuer
	}
	return from, header.KeyID, nil
}

// isAccessToken tells an access token from an ID token of the same issuer (RFC 9068, section 2.1; RFC 7515, section 4.1.9).
func isAccessToken(typ string) bool {
	return strings.EqualFold(typ, "at+jwt") || strings.EqualFold(typ, "application/at+jwt")
}

// verify checks signature, issuer and audience, and reads the claims.
func (i *issuer) verify(ctx context.Context, token, key string) (claims, error) {
	keys, err := i.keys.find(ctx, key)
	if err != nil {
		return claims{}, err
	}
	verified, err := oidc.NewVerifier(i.url, keys, i.config).Verify(ctx, token)
	if err != nil {
		return claims{}, refusedProof // the library's text can quote the token
	}
	return readClaims(verified)
}
