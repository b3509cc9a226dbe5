package auth

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"tiffin/fault"
)

// Config says whose credentials are good. Without any everybody is anonymous.
type Config struct {
	// Issuers give out the access tokens.
	Issuers []IssuerConfig `yaml:"issuers"`
	// AnonymousOnly says that nobody is meant to sign in: a credential is refused, and without this a gateway in production has to have a
	// way to sign in [false].
	AnonymousOnly bool `yaml:"anonymous_only"`
	// Cache bounds what is remembered of tokens that were good.
	Cache CacheConfig `yaml:"cache"`
	// APIKeys are keys of this gateway's own, for programs.
	APIKeys APIKeysConfig `yaml:"api_keys"`
	// Certificates says who the clients are that prove themselves by certificate.
	Certificates []CertificateConfig `yaml:"certificates"`
}

// CacheConfig bounds what is remembered of tokens that were good. The tokens themselves are not kept.
type CacheConfig struct {
	// Entries is how many tokens, each of them 3 KiB at the most [16384].
	Entries int `yaml:"entries"`
	// TTL is for how long one is not looked at again; its own end and a change of its issuer's keys end that earlier [1m].
	TTL time.Duration `yaml:"ttl"`
}

// SignsIn reports whether there is a way to sign in.
func (c Config) SignsIn() bool {
	return len(c.Issuers) > 0 || c.APIKeys.File != "" || len(c.APIKeys.Keys) > 0 || len(c.Certificates) > 0
}

// IssuerConfig is one OpenID provider.
type IssuerConfig struct {
	// URL is the issuer's name, exactly as its tokens and its discovery document write it.
	URL string `yaml:"url"`
	// Audience must be among the token's.
	Audience string `yaml:"audience"`
	// Tokens is what the issuer's access tokens are: jwt (RFC 9068), which are verified here, or opaque, for which it is asked (RFC 7662)
	// [jwt]. One issuer can be opaque: such a token does not say whose it is.
	Tokens Form `enum:"jwt,opaque" yaml:"tokens"`
	// Algorithms are the signatures that are accepted [RS256, ES256]. Only asymmetric ones can be.
	Algorithms []string `yaml:"algorithms"`
	// Introspection is how an opaque issuer is asked.
	Introspection IntrospectionConfig `yaml:"introspection"`
	// TenantClaim and ClassClaim name the claims, of text, that have the caller's tenant and class of limits; empty for none [none].
	TenantClaim string `yaml:"tenant_claim"`
	ClassClaim  string `yaml:"class_claim"`
}

// Form is what access tokens are.
type Form string

// The forms.
const (
	JWT    Form = "jwt"
	Opaque Form = "opaque"
)

const (
	// leeway is how far the issuer's clock may be from ours.
	leeway = 30 * time.Second
	// maxToken bounds a token before anything of it is read.
	maxToken = 8 << 10
	// maxTTL bounds how long a token is not looked at again: so much longer can one that was withdrawn be used.
	maxTTL = time.Minute
	// maxEntries bounds the cache of tokens.
	maxEntries = 1 << 20
)

// asymmetric are the algorithms of RFC 7518 and RFC 8037 whose verifier cannot sign. "none" and the HS family are not among them:
// with those a public key would do as a secret.
var asymmetric = []string{ //nolint:gochecknoglobals // read only
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
}

// WithDefaults fills in what is zero, of issuers, too.
func (c Config) WithDefaults() Config {
	c.Issuers = slices.Clone(c.Issuers)
	for n := range c.Issuers {
		c.Issuers[n] = c.Issuers[n].withDefaults()
	}
	if c.Cache.Entries == 0 {
		c.Cache.Entries = 16 << 10
	}
	if c.Cache.TTL == 0 {
		c.Cache.TTL = maxTTL
	}
	return c
}

func (c IssuerConfig) withDefaults() IssuerConfig {
	if len(c.Algorithms) == 0 {
		c.Algorithms = []string{"RS256", "ES256"}
	}
	if c.Tokens == "" {
		c.Tokens = JWT
	}
	c.Introspection = c.Introspection.withDefaults()
	return c
}

// Validate reports every problem.
func (c Config) Validate() []fault.Invalid {
	problems := slices.Concat(
		c.validateIssuers(), fault.Under("cache", c.Cache.validate()), fault.Under("api_keys", c.APIKeys.Validate()), validateCertificates(c.Certificates),
	)
	return problems
}

func (c Config) validateIssuers() []fault.Invalid {
	var problems []fault.Invalid
	if c.AnonymousOnly && c.SignsIn() {
		problems = append(problems, fault.Invalid{
			Path: "anonymous_only", Reason: "contradicts the ways to sign in beside it", Remedy: "keep one of the two",
		})
	}
	seen, opaque := map[string]bool{}, false
	for n, issuer := range c.Issuers {
		found := issuer.validate()
		if seen[issuer.URL] {
			found = append(found, fault.Invalid{Path: "url", Reason: "another issuer has the same", Remedy: "list each issuer once"})
		}
		if opaque && issuer.Tokens == Opaque {
			found = append(found, fault.Invalid{
				Path: "tokens", Reason: "another issuer's are opaque: a token could not be told from its", Remedy: "let all issuers but one give out JWTs",
			})
		}
		seen[issuer.URL] = true
		opaque = opaque || issuer.Tokens == Opaque
		problems = append(problems, fault.Under(fmt.Sprintf("issuers[%d]", n), found)...)
	}
	return problems
}

func (c CacheConfig) validate() []fault.Invalid {
	var problems []fault.Invalid
	if c.Entries < 0 || c.Entries > maxEntries {
		problems = append(problems, fault.Invalid{Path: "entries", Reason: "is not 0 to 1048576", Remedy: "write how many tokens, such as 16384"})
	}
	if c.TTL < 0 || c.TTL > maxTTL {
		problems = append(problems, fault.Invalid{Path: "ttl", Reason: "is not 0 to 1m", Remedy: `write one such as "30s"`})
	}
	return problems
}

func (c IssuerConfig) validate() []fault.Invalid {
	var problems []fault.Invalid
	report := func(wrong bool, path, reason, remedy string) {
		if wrong {
			problems = append(problems, fault.Invalid{Path: path, Reason: reason, Remedy: remedy})
		}
	}
	report(!isURL(c.URL), "url", "is no issuer's name", "give it as the issuer writes it, such as https://login.example.com")
	report(c.Audience == "", "audience", "is missing: tokens meant for other programs would pass", "give the name the issuer puts into aud")
	report(c.Tokens != "" && c.Tokens != JWT && c.Tokens != Opaque, "tokens", "is no form of tokens", "write jwt or opaque")
	for n, algorithm := range c.Algorithms {
		report(!slices.Contains(asymmetric, algorithm), fmt.Sprintf("algorithms[%d]", n),
			"is no signature by a private key", "choose from "+strings.Join(asymmetric, ", "))
	}
	switch c.Tokens {
	case Opaque:
		problems = append(problems, fault.Under("introspection", c.Introspection.validate())...)
	default:
		report(c.Introspection.URL+c.Introspection.ClientID+c.Introspection.ClientSecret != "", "introspection", "is for opaque tokens", "write tokens: opaque, or leave it out")
	}
	return problems
}

// isURL reports whether text names a place of the web, without a query or a fragment: a fragment would make two callers look like one.
func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") && u.User == nil && !strings.ContainsAny(text, "?#")
}
