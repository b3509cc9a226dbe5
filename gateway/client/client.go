package client

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"tiffin/fault"
	"tiffin/gateway/answer"
	"tiffin/telemetry"
)

// Config is what clients are held to, by the name they give.
type Config map[string]Rule

// Rule is what one client is held to.
type Rule struct {
	// MinVersion is the oldest version that is served, such as 3.2.0; older ones, and those that do not say, get CLIENT_TOO_OLD.
	MinVersion string `yaml:"min_version"`
}

// Validate reports every problem.
func (c Config) Validate() []fault.Invalid {
	var problems []fault.Invalid
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if name == "" || len(name) > maxText {
			problems = append(problems, fault.Invalid{Path: name, Reason: "is no client's name", Remedy: fmt.Sprintf("write 1 to %d bytes", maxText)})
		}
		if _, ok := parse(c[name].MinVersion); !ok {
			problems = append(problems, fault.Invalid{
				Path: name + ".min_version", Reason: "is no version", Remedy: "write up to 4 numbers with dots between, such as 3.2.0",
			})
		}
	}
	return problems
}

// maxText bounds each header in bytes; a longer one counts as none.
const maxText = 100

// Identify is what a client says of itself: in Apollographql-Client-Name and -Version, else in Graphql-Client-Name and -Version; empty
// where it does not.
func Identify(h http.Header) (name, version string) {
	for _, prefix := range [...]string{"Apollographql", "Graphql"} {
		if name = short(h.Get(prefix + "-Client-Name")); name != "" {
			return name, short(h.Get(prefix + "-Client-Version"))
		}
	}
	return "", ""
}

func short(text string) string {
	if len(text) > maxText {
		return ""
	}
	return text
}

// isOlder is true of what is no version, too.
func isOlder(text string, least version) bool {
	v, ok := parse(text)
	return !ok || v.before(least)
}

// Versions is the chain's position that notes who the client says it is, and refuses one that is too old. Clients that give no name of the
// Config pass.
func Versions(cfg Config, next http.Handler) http.Handler {
	oldest := make(map[string]version, len(cfg))
	for name, rule := range cfg {
		oldest[name], _ = parse(rule.MinVersion) // Validate knows that it is one
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, text := Identify(r.Header)
		access := telemetry.AccessFrom(r.Context())
		access.ClientName, access.ClientVersion = name, text
		if least, known := oldest[name]; known && isOlder(text, least) {
			answer.Refuse(w, r, fault.New(fault.ClientTooOld, "This version is not served any more; the oldest that is served is %s.", cfg[name].MinVersion))
			return
		}
		next.ServeHTTP(w, r)
	})
}
