package telemetry

import (
	"net/url"
	"time"

	"tiffin/fault"
)

// Config says what is reported beyond the log and the metrics, which are always there.
type Config struct {
	Tracing TracingConfig `yaml:"tracing"`
}

// TracingConfig says where spans go, and of which requests.
type TracingConfig struct {
	// Endpoint is where spans are sent by OTLP over HTTP, such as http://127.0.0.1:4318; /v1/traces is added where it has no path. Headers
	// that the collector wants, credentials among them, come from the environment: OTEL_EXPORTER_OTLP_HEADERS. Empty: no span is made, and
	// the trace of the caller is passed on [""].
	Endpoint string `yaml:"endpoint"`
	// ServiceName is what traces call this gateway [tiffin].
	ServiceName string `yaml:"service_name"`
	// Sampling is the share, 0 to 1, of the traces that are recorded. The trace's id decides, so that everybody who takes the same share
	// takes the same traces [0.1].
	Sampling float64 `yaml:"sampling"`
	// FollowCaller records what a caller's traceparent says is recorded, and nothing else of what comes with one. It is for gateways that
	// strangers cannot reach: anybody could have everything recorded [false].
	FollowCaller bool `yaml:"follow_caller"`
	// Timeout bounds sending a batch of spans, with its retries, and the last one when the process ends [5s].
	Timeout time.Duration `yaml:"timeout"`
}

// Defaults returns a complete Config, with tracing off.
func Defaults() Config {
	return Config{Tracing: TracingConfig{ServiceName: "tiffin", Sampling: 0.1, Timeout: 5 * time.Second}}
}

// Validate reports every problem; none where New accepts the Config.
func (c Config) Validate() []fault.Invalid { return fault.Under("tracing", c.Tracing.Validate()) }

// Validate reports every problem.
func (c TracingConfig) Validate() []fault.Invalid {
	var problems []fault.Invalid
	report := func(wrong bool, path, reason, remedy string) {
		if wrong {
			problems = append(problems, fault.Invalid{Path: path, Reason: reason, Remedy: remedy})
		}
	}
	report(!soundEndpoint(c.Endpoint), "endpoint", "is not the URL of a collector", `write one such as "http://127.0.0.1:4318", without user and query`)
	report(c.ServiceName == "" || len(c.ServiceName) > maxLogged, "service_name", "is empty or longer than 200 bytes", `write a name such as "tiffin"`)
	report(!(c.Sampling >= 0 && c.Sampling <= 1), "sampling", "is not a share from 0 to 1", "write one such as 0.1")
	report(c.Timeout <= 0, "timeout", "is not a positive duration", `write one such as "5s"`)
	return problems
}

// soundEndpoint accepts an absolute http or https URL, and "" for none.
func soundEndpoint(text string) bool {
	if text == "" {
		return true
	}
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// tracesPath is where OTLP over HTTP takes spans (OTLP 1.x, "OTLP/HTTP Request").
const tracesPath = "/v1/traces"

// url is the Endpoint with its path.
func (c TracingConfig) url() string {
	u, err := url.Parse(c.Endpoint)
	if err != nil {
		return c.Endpoint // Validate has had its say
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = tracesPath
	}
	return u.String()
}
