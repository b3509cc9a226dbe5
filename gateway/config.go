package gateway

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"tiffin/fault"
	"tiffin/gateway/client"
	"tiffin/gateway/compress"
	"tiffin/gateway/cors"
	"tiffin/gateway/operation"
	"tiffin/gateway/persisted"
	"tiffin/gateway/ratelimit"
	"tiffin/gateway/shed"
	"tiffin/gateway/transport"
)

// Config bounds the edge. Its zero value, with the defaults filled in, is fit for production.
type Config struct {
	// Path is where GraphQL is served [/graphql].
	Path string `yaml:"path"`
	// MaxBody is how long a request's body may be, in bytes [1048576].
	MaxBody int64 `yaml:"max_body"`
	// Languages are those that answers can be in, as BCP 47 tags, the default first [en, de].
	Languages []string         `yaml:"languages"`
	Operation operation.Config `yaml:"operation"`
	Transport transport.Config `yaml:"transport"`
	// Persisted says which documents can be named instead of being sent, and whether others are served.
	Persisted persisted.Config `yaml:"persisted"`
	// CORS says which pages of other origins may ask.
	CORS cors.Config `yaml:"cors"`
	// Compression says which answers are compressed.
	Compression compress.Config `yaml:"compression"`
	// RateLimit says how much a caller may ask for in a time.
	RateLimit ratelimit.Config `yaml:"rate_limit"`
	// Shed says for how much there is room.
	Shed shed.Config `yaml:"shed"`
	// Clients says which versions of which clients are served; those that are not listed are.
	Clients client.Config `yaml:"clients"`
}

// WithDefaults fills in what is zero.
func (c Config) WithDefaults() Config {
	if c.Path == "" {
		c.Path = "/graphql"
	}
	if c.MaxBody == 0 {
		c.MaxBody = 1 << 20
	}
	if len(c.Languages) == 0 {
		c.Languages = []string{"en", "de"}
	}
	c.Operation, c.Persisted = c.Operation.WithDefaults(), c.Persisted.WithDefaults()
	c.Transport, c.CORS, c.Compression = c.Transport.WithDefaults(), c.CORS.WithDefaults(), c.Compression.WithDefaults()
	c.RateLimit = c.RateLimit.WithDefaults()
	c.Shed = c.Shed.WithDefaults()
	return c
}

// Validate reports every problem.
func (c Config) Validate() []fault.Invalid {
	problems := slices.Concat(
		fault.Under("operation", c.Operation.Validate()),
		fault.Under("persisted", c.Persisted.Validate()),
		fault.Under("transport", c.Transport.Validate()),
		fault.Under("cors", c.CORS.Validate()),
		fault.Under("compression", c.Compression.Validate()),
		fault.Under("rate_limit", c.RateLimit.Validate()),
		fault.Under("shed", c.Shed.Validate()),
		fault.Under("clients", c.Clients.Validate()),
	)
	if c.Path != "" && (!strings.HasPrefix(c.Path, "/") || strings.ContainsAny(c.Path, "{} ") || c.Path == "/") {
		problems = append(problems, fault.Invalid{Path: "path", Reason: "is no path of its own", Remedy: "give one that starts with a slash, such as /graphql"})
	}
	if c.MaxBody < 0 {
		problems = append(problems, fault.Invalid{Path: "max_body", Reason: "is negative", Remedy: "give a number of bytes, such as 1048576"})
	}
	for n, tag := range c.Languages {
		if _, err := language.Parse(tag); err != nil {
			problems = append(problems, fault.Invalid{Path: fmt.Sprintf("languages[%d]", n), Reason: "is no BCP 47 language tag", Remedy: "write it like en or pt-BR"})
		}
	}
	return problems
}
