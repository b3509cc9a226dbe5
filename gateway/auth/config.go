package auth

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"tiffin/fault"
)

// Config says whose tokens are good.
type Config struct {
	// Issuers sign the tokens; none means that everybody is anonymous.
	Issuers []IssuerConfig `yaml:"issuers"`
	// AnonymousOnly says that nobody is meant to sign in: a credential is refused, and without this a gateway in production has to have a
	// way to sign in [false].
	AnonymousOnly bool `yaml:"anonymous_only"`
}

// SignsIn reports whether there is a way to sign in.
func (c Config) SignsIn() bool { return len(c.Issuers) > 0 }

// IssuerConfig is one OpenID provider.
type IssuerConfig struct {
	// URL is the issuer's name, exactly as its tokens and its discovery document write it.
	URL string `yaml:"url"`
	// Audience must be among the token's.
	Audience string `yaml:"audience"`
	// Algorithms are the signatures that are accepted [RS256, ES256]. Only asymmetric ones can be.
	Algorithms []string `yaml:"algorithms"`
}

const (
	// leeway is how far the issuer's clock may be from ours.
	leeway = 30 * time.Second
	// maxToken bounds a token before anything of it is read.
	maxToken = 8 << 10
)

// asymmetric are the algorithms of RFC 7518 and RFC 8037 whose verifier cannot sign. "none" and the HS family are not among them:
// with those a public key would do as a secret.
var asymmetric = []string{ //nolint:gochecknoglobals // read only
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
}

func (c IssuerConfig) withDefaults() IssuerConfig {
	if len(c.Algorithms) == 0 {
		c.Algorithms = []string{"RS256", "ES256"}
	}
	return c
}

// Validate reports every problem.
func (c Config) Validate() []fault.Invalid {
	var problems []fault.Invalid
	if c.AnonymousOnly && c.SignsIn() {
		problems = append(problems, fault.Invalid{
			Path: "anonymous_only", Reason: "contradicts the ways to sign in beside it", Remedy: "keep one of the two",
		})
	}
	seen := map[string]bool{}
	for n, issuer := range c.Issuers {
		found := issuer.validate()
		if seen[issuer.URL] {
			found = append(found, fault.Invalid{Path: "url", Reason: "another issuer has the same", Remedy: "list each issuer once"})
		}
		seen[issuer.URL] = true
		problems = append(problems, fault.Under(fmt.Sprintf("issuers[%d]", n), found)...)
	}
	return problems
}

func (c IssuerConfig) validate() []fault.Invalid {
	var problems []fault.Invalid
	if u, err := url.Parse(c.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" {
		problems = append(problems, fault.Invalid{
			Path: "url", Reason: "is no issuer's name", Remedy: "give it as the issuer writes it, such as https://login.example.com",
		})
	}
	if c.Audience == "" {
		problems = append(problems, fault.Invalid{
			Path: "audience", Reason: "is missing: tokens meant for other programs would pass", Remedy: "give the name the issuer puts into aud",
		})
	}
	for n, algorithm := range c.Algorithms {
		if !slices.Contains(asymmetric, algorithm) {
			problems = append(problems, fault.Invalid{
				Path: fmt.Sprintf("algorithms[%d]", n), Reason: "is no signature by a private key", Remedy: "choose from " + strings.Join(asymmetric, ", "),
			})
		}
	}
	return problems
}
