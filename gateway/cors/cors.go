// Package cors tells browsers which pages of other origins may ask (Fetch standard, "CORS protocol"). It is an explicit list: without one
// only pages of the gateway's own origin can.
package cors

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rs/cors"

	"tiffin/fault"
)

// everybody is the origin that stands for all of them.
const everybody = "*"

// Config says which pages may ask, and with what.
type Config struct {
	// Origins are those pages' origins, each as a browser writes it: https://shop.example.com. "*" lets every page ask, without
	// credentials. None: no page of another origin may.
	Origins []string `yaml:"origins"`
	// Credentials lets those pages send what the browser keeps for the gateway, such as cookies and client certificates [false]. A bearer
	// token that a page sends itself is none of them.
	Credentials bool `yaml:"credentials"`
	// Headers are those that a page may set beside the ones that every page may [authorization, content-type, what the gateway reads].
	Headers []string `yaml:"headers"`
	// Exposed are those of an answer that a page may read [what the gateway says in headers].
	Exposed []string `yaml:"exposed"`
	// MaxAge is how long a browser may remember what it was told [10m].
	MaxAge time.Duration `yaml:"max_age"`
}

// WithDefaults fills in what is zero.
func (c Config) WithDefaults() Config {
	if c.Origins == nil {
		c.Origins = []string{}
	}
	if c.Headers == nil {
		c.Headers = []string{
			"Authorization", "Content-Type", "X-Request-Id", "Traceparent", "X-Operation-Name", "Apollo-Require-Preflight",
			"Apollographql-Client-Name", "Apollographql-Client-Version", "Graphql-Client-Name", "Graphql-Client-Version",
		}
	}
	if c.Exposed == nil {
		c.Exposed = []string{
			"X-Request-Id", "Retry-After", "RateLimit", "RateLimit-Policy", "Idempotent-Replayed", "WWW-Authenticate",
			"X-Cost-Estimated", "X-Cost-Actual",
		}
	}
	if c.MaxAge == 0 {
		c.MaxAge = 10 * time.Minute
	}
	return c
}

// Validate reports every problem.
func (c Config) Validate() []fault.Invalid {
	var problems []fault.Invalid
	for n, origin := range c.Origins {
		if origin != everybody && !isOrigin(origin) {
			problems = append(problems, fault.Invalid{
				Path: fmt.Sprintf("origins[%d]", n), Reason: fmt.Sprintf("%q is no origin", origin),
				Remedy: "write it as browsers do, such as https://shop.example.com: no path, no pattern, in lower case",
			})
		}
	}
	if slices.Contains(c.Origins, everybody) {
		if c.Credentials {
			problems = append(problems, fault.Invalid{
				Path: "credentials", Reason: "are for every page there is, which could then act as whoever looks at it", Remedy: "list the origins instead of *",
			})
		}
		if len(c.Origins) > 1 {
			problems = append(problems, fault.Invalid{Path: "origins", Reason: "list * beside others", Remedy: "write * alone, or leave it out"})
		}
	}
	for list, names := range map[string][]string{"headers": c.Headers, "exposed": c.Exposed} {
		for n, name := range names {
			if name == "" || strings.ContainsAny(name, "* ,:\t\r\n") {
				problems = append(problems, fault.Invalid{Path: fmt.Sprintf("%s[%d]", list, n), Reason: "is no header's name", Remedy: "list each header by its name"})
			}
		}
	}
	if c.MaxAge < 0 {
		problems = append(problems, fault.Invalid{Path: "max_age", Reason: "is negative", Remedy: "give a duration such as 10m"})
	}
	return problems
}

// isOrigin accepts scheme://host[:port] as browsers serialize it; "null", which any page can bring about, is none.
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && text == u.Scheme+"://"+u.Host &&
		text == strings.ToLower(text) && !strings.Contains(text, everybody)
}

// Handler answers preflights, which carry no credential and go no further, and says of every other answer which page may read it. The
// listed pages can read refusals too; a page that is not listed can read nothing.
func Handler(cfg Config, next http.Handler) http.Handler {
	cfg = cfg.WithDefaults()
	if len(cfg.Origins) == 0 { // the library takes that for everybody
		return next
	}
	return cors.New(cors.Options{
		AllowedOrigins: cfg.Origins, AllowCredentials: cfg.Credentials, AllowedHeaders: cfg.Headers, ExposedHeaders: cfg.Exposed,
		AllowedMethods: []string{http.MethodGet, http.MethodPost}, MaxAge: int(cfg.MaxAge / time.Second),
		OptionsSuccessStatus: http.StatusNoContent,
	}).Handler(next)
}
