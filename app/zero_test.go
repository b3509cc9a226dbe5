package app_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"tiffin/app"
	"tiffin/app/strict"
)

// zeroMeans are the keys with another default for which 0 can be written, because it means something: none, at once, or never.
var zeroMeans = []string{
	"drain", "telemetry.tracing.sampling",
	"services.orders.balance.slow_start", "services.orders.balance.panic_threshold",
	"services.orders.health.passive.consecutive", "services.orders.health.passive.max_share",
	"services.orders.resilience.reads.retries", "services.orders.resilience.keyed_writes.retries", "services.orders.resilience.bulkhead.queue",
	"services.orders.resilience.retry.budget", "services.orders.resilience.retry.min_per_second",
	"services.orders.cache.negative", "services.orders.cache.jitter", "services.orders.cache.keep",
	"checkout.min_confidence",
}

// Nobody gets a default who has written 0: it is refused, or it means something.
func TestZeroIsNoDefault(t *testing.T) {
	base, err := app.Parse("base", least(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	var means []string
	strict.Scalars(base, func(path string, value any) {
		kind := reflect.ValueOf(value).Kind()
		another := strings.HasPrefix(path, "services.") && !strings.HasPrefix(path, "services.orders.")
		if kind == reflect.Bool || kind == reflect.String || reflect.ValueOf(value).IsZero() || strings.Contains(path, "[") || another {
			return
		}
		_, err := app.Parse("zero", withZero(t, path, value))
		switch {
		case err == nil:
			means = append(means, path)
		case !strings.Contains(err.Error(), path+": "):
			t.Errorf("%s: %v", path, err)
		}
	})
	if diff := cmp.Diff(zeroMeans, means); diff != "" {
		t.Error(diff)
	}
}

// least is the shortest file that is right, with these keys set.
func least(t *testing.T, keys map[string]any) []byte {
	t.Helper()
	document := map[string]any{}
	set := func(path string, value any) {
		into, steps := document, strings.Split(path, ".")
		for _, step := range steps[:len(steps)-1] {
			if into[step] == nil {
				into[step] = map[string]any{}
			}
			into, _ = into[step].(map[string]any)
		}
		into[steps[len(steps)-1]] = value
	}
	set("mode", "development")
	for _, service := range []string{"orders", "inventory", "payments", "delivery", "geocoding"} {
		set("services."+service+".url", "http://a")
	}
	for path, value := range keys {
		set(path, value)
	}
	text, err := yaml.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// withZero is a file with 0 for one key, and with what makes that key count.
func withZero(t *testing.T, path string, value any) []byte {
	t.Helper()
	keys := map[string]any{path: 0}
	if _, isTime := value.(time.Duration); isTime {
		keys[path] = "0s"
	}
	if strings.HasPrefix(path, "services.orders.identity.oauth.") {
		keys["services.orders.identity.authorization"] = "client"
	}
	if strings.HasPrefix(path, "checkout.journal.") && !strings.HasSuffix(path, ".checkpoint_every") {
		keys["checkout.journal.kind"] = "postgres"
	}
	return least(t, keys)
}

// The refusal says what is right; so it does of a text that is empty.
func TestWrittenZerosAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"server: {write_timeout: 0s}\n":                    "t.yaml:1:10: server.write_timeout: is 0, which would be taken for the default; leave it out for the default of 1m0s, or write another one",
		"edge: {operation: {deadline: 0s}}\n":              "edge.operation.deadline: is 0, which",
		"edge: {rate_limit: {user: {burst: 0}}}\n":         "edge.rate_limit.user.burst: is 0, which",
		"edge: {path: \"\"}\n":                             "edge.path: is empty, which would be taken for the default; leave it out for the default of /graphql",
		"auth: {cache: {ttl: 0s}}\n":                       "auth.cache.ttl: is 0, which",
		"edge: {shed: {adaptive: {target: 0s}}}\n":         "",
		"edge: {rate_limit: {client: {disabled: true}}}\n": "",
	} {
		_, err := app.Parse("t.yaml", []byte(text))
		if refused := err != nil && strings.Contains(err.Error(), "would be taken for the default"); refused != (want != "") || refused && !strings.Contains(err.Error(), want) {
			t.Errorf("%s%v", text, err)
		}
	}
}
