package credential

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"tiffin/fault"
)

// Config says what a service is told of who asks. Its zero value tells nothing.
type Config struct {
	// Forward names headers of the client's request that the service gets as they are [none].
	Forward []string `yaml:"forward"`
	// Credential is what the service gets as Authorization: none; token, the caller's access token as it came; client, a token of this
	// gateway's own (client credentials); or exchange, a token that stands for the caller at this service (token exchange) [none].
	Credential Kind `yaml:"authorization"`
	// OAuth is where tokens come from, for client and exchange.
	OAuth OAuthConfig `yaml:"oauth"`
}

// Kind is what a service gets as Authorization.
type Kind string

// The kinds.
const (
	None     Kind = "none"
	Token    Kind = "token"
	Client   Kind = "client"
	Exchange Kind = "exchange"
)

// OAuthConfig is where tokens come from.
type OAuthConfig struct {
	// TokenURL is the token endpoint. No default.
	TokenURL string `yaml:"token_url"`
	// ClientID and ClientSecret are what this gateway is known by there (RFC 6749, section 2.3.1: HTTP Basic). No default.
	ClientID     string `yaml:"client_id"`
	ClientSecret string `yaml:"client_secret" secret:"true"`
	// Scopes, Audience and Resource (RFC 8707) are asked for [none].
	Scopes   []string `yaml:"scopes"`
	Audience string   `yaml:"audience"`
	Resource string   `yaml:"resource"`
	// Timeout is how long an answer may take [2s].
	Timeout time.Duration `yaml:"timeout"`
}

// Defaults returns a Config that is complete, and tells nothing.
func Defaults() Config { return Config{Credential: None, OAuth: OAuthConfig{Timeout: 2 * time.Second}} }

const (
	maxForward = 20
	maxTimeout = 30 * time.Second
)

// kept are headers that are no client's business to set: those of the connection and the body, those that this gateway sets, and those that
// would have the cache or the chain do something else.
var kept = []string{ //nolint:gochecknoglobals // read only
	"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Connection", "Content-Encoding", "Content-Length", "Content-Type",
	"Expect", "Host", "Idempotency-Key", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Keep-Alive", "Pragma",
	"Proxy-Authorization", "Proxy-Connection", "Range", "Te", "Traceparent", "Tracestate", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent",
	"X-Api-Key", "X-Request-Id",
}

// Validate reports every problem.
func (c Config) Validate() []fault.Invalid {
	var problems []fault.Invalid
	report := func(wrong bool, path, reason, remedy string) {
		if wrong {
			problems = append(problems, fault.Invalid{Path: path, Reason: reason, Remedy: remedy})
		}
	}
	report(len(c.Forward) > maxForward, "forward", "are more than 20", "list those that the service needs")
	for n, name := range c.Forward {
		path, canonical := fmt.Sprintf("forward[%d]", n), http.CanonicalHeaderKey(name)
		report(!isToken(name), path, "is no name of a header", "write one such as X-Experiment")
		report(slices.Contains(kept, canonical), path, "is not the client's to set", "leave it out; for Authorization write authorization: token")
	}
	switch c.Credential {
	case "", None, Token:
		report(c.OAuth.TokenURL+c.OAuth.ClientID+c.OAuth.ClientSecret != "", "oauth", "is for tokens that are fetched", "write authorization: client or exchange, or leave it out")
	case Client, Exchange:
		problems = append(problems, fault.Under("oauth", c.OAuth.validate())...)
	default:
		report(true, "authorization", "is not known", "write none, token, client or exchange")
	}
	return problems
}

func (c OAuthConfig) validate() []fault.Invalid {
	var problems []fault.Invalid
	report := func(wrong bool, path, reason, remedy string) {
		if wrong {
			problems = append(problems, fault.Invalid{Path: path, Reason: reason, Remedy: remedy})
		}
	}
	u, err := url.Parse(c.TokenURL)
	report(err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Fragment != "",
		"token_url", "is no address", "give the token endpoint, such as https://login.example.com/token")
	report(c.ClientID == "", "client_id", "is missing", "give what this gateway is known by at the token endpoint")
	report(c.ClientSecret == "", "client_secret", "is missing", "give the secret of client_id")
	report(c.Timeout <= 0 || c.Timeout > maxTimeout, "timeout", "is not above 0 and at most 30s", `write one such as "2s"`)
	return problems
}

// isToken reports whether name is a token (RFC 9110, section 5.6.2).
func isToken(name string) bool {
	return name != "" && strings.Trim(name, "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == ""
}

// Tells names the headers by which the service is told something of the caller above the cache: those that a key can have.
func (c Config) Tells() []string {
	var names []string
	for _, name := range c.Forward {
		names = append(names, http.CanonicalHeaderKey(name))
	}
	if c.Credential == Token {
		names = append(names, "Authorization")
	}
	return names
}
