package upstream

import (
	"net/http"
	"time"

	"tiffin/fault"
)

// Config says where a service is and how long to wait for it.
type Config struct {
	// URL names the instances, several of them separated by commas, with an optional path in front of the service's own:
	// "http://10.0.0.1:8100,10.0.0.2:8100/v1". No default.
	URL string `yaml:"url"`
	// AttemptTimeout bounds one exchange with one instance: connect, send, wait, read the body [1s].
	AttemptTimeout time.Duration `yaml:"attempt_timeout"`
	// CallTimeout bounds a call with all its attempts; there is one today [2s].
	CallTimeout time.Duration `yaml:"call_timeout"`
	// WriteTimeout stands in for both where the request carries an Idempotency-Key: giving up on such a write leaves the caller with a
	// question, so it may take longer. Payments want 10s [2s].
	WriteTimeout time.Duration `yaml:"write_timeout"`
}

// Defaults returns a Config that lacks only the URL.
func Defaults() Config {
	return Config{AttemptTimeout: time.Second, CallTimeout: 2 * time.Second, WriteTimeout: 2 * time.Second}
}

// Validate reports every problem; none where New accepts the Config.
func (c Config) Validate() []fault.Invalid {
	_, problems := parseURL(c.URL)
	for _, timeout := range []struct {
		path  string
		value time.Duration
	}{
		{"attempt_timeout", c.AttemptTimeout},
		{"call_timeout", c.CallTimeout},
		{"write_timeout", c.WriteTimeout},
	} {
		if timeout.value <= 0 {
			problems = append(problems, fault.Invalid{
				Path: timeout.path, Reason: "is not a positive duration", Remedy: `write one such as "1s" or "500ms"`,
			})
		}
	}
	if c.AttemptTimeout > c.CallTimeout && c.CallTimeout > 0 {
		problems = append(problems, fault.Invalid{
			Path: "attempt_timeout", Reason: "is longer than call_timeout, which would cut every attempt short",
			Remedy: "shorten it, or lengthen call_timeout",
		})
	}
	return problems
}

func (c Config) timeouts() timeouts { return timeouts{call: c.AttemptTimeout, write: c.WriteTimeout} }

// timeouts bound one call, which is one attempt.
type timeouts struct{ call, write time.Duration }

func (t timeouts) of(req *http.Request) time.Duration {
	if req.Header.Get("Idempotency-Key") != "" {
		return t.write
	}
	return t.call
}
