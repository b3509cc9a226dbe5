package transport

import (
	"fmt"
	"net/http"
	"strings"

	"tiffin/fault"
)

// Config says which requests are served.
type Config struct {
	// AllowSimpleGET serves GET requests that a foreign page's link or form could send, without a preflight [false].
	AllowSimpleGET bool `yaml:"allow_simple_get"`
	// RequireHeaders are headers that every request must have, such as apollographql-client-name [none].
	RequireHeaders []string `yaml:"require_headers"`
	// Unprocessable answers documents and values that do not fit the schema with 422 instead of 400, as the draft of GraphQL over HTTP of
	// 2026-08 has it; only to clients of application/graphql-response+json [false].
	Unprocessable bool `yaml:"unprocessable"`
	// PartialStatus answers what has data beside errors with that draft's 294 instead of 200, to the same clients [false].
	PartialStatus bool `yaml:"partial_status"`
}

// WithDefaults fills in what is zero.
func (c Config) WithDefaults() Config {
	if c.RequireHeaders == nil {
		c.RequireHeaders = []string{}
	}
	return c
}

// Validate reports every problem.
func (c Config) Validate() []fault.Invalid {
	var problems []fault.Invalid
	for n, name := range c.RequireHeaders {
		if name == "" || strings.ContainsAny(name, " \t\r\n,:;\"()<>@/[]?={}\\") {
			problems = append(problems, fault.Invalid{
				Path: fmt.Sprintf("require_headers[%d]", n), Reason: "is no header's name", Remedy: "write it like apollographql-client-name",
			})
		}
	}
	return problems
}

// lacks refuses a request without a header that it must have.
func (h *HTTP) lacks(header http.Header) *fault.Error {
	for _, name := range h.cfg.RequireHeaders {
		if header.Get(name) == "" {
			return fault.New(fault.BadRequest, "The header %s is missing.", name)
		}
	}
	return nil
}
