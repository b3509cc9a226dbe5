package call

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"tiffin/fault"
)

// Kind is what a request does, as far as repeating it is concerned.
type Kind uint8

// The kinds.
const (
	// Read changes nothing: a safe method (RFC 9110, section 9.2.1), or a request that is declared to be one.
	Read Kind = iota
	// KeyedWrite carries an Idempotency-Key. It may be repeated if the service honours keys, and only then.
	KeyedWrite
	// Write may do its work once per time it is sent.
	Write
)

func (k Kind) String() string {
	switch k {
	case Read:
		return "read"
	case KeyedWrite:
		return "keyed_write"
	case Write:
	}
	return "write"
}

// Config says what is known of a service's requests beyond HTTP.
type Config struct {
	// HonoursKeys declares that the service does a request with an Idempotency-Key once, however often it comes [false].
	HonoursKeys bool `yaml:"honours_keys"`
	// Reads lists requests that change nothing though their method is not safe, as "POST /path", with the path as the client of the service
	// writes it, without its query [none].
	Reads []string `yaml:"reads"`
}

// Validate reports every problem.
func (c Config) Validate() []fault.Invalid {
	var problems []fault.Invalid
	for n, read := range c.Reads {
		method, path, _ := strings.Cut(read, " ")
		if method == "" || method != strings.ToUpper(method) || !strings.HasPrefix(path, "/") || strings.ContainsAny(path, " ?#") {
			problems = append(problems, fault.Invalid{
				Path: fmt.Sprintf("reads[%d]", n), Reason: "is not a method and a path", Remedy: `write it like "POST /quotes"`,
			})
		}
	}
	return problems
}

// kind says what req does.
func (c Config) kind(req *http.Request) Kind {
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return Read
	}
	if len(req.Header["Idempotency-Key"]) > 0 {
		return KeyedWrite
	}
	if len(c.Reads) > 0 && slices.Contains(c.Reads, req.Method+" "+req.URL.Path) {
		return Read
	}
	return Write
}
