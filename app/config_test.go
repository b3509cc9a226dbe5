package app_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tiffin/app"
	"tiffin/gateway/auth"
)

// The example is the defaults, but for the lines that nobody can default, and it leaves no key out.
func TestExampleShowsEveryKeyWithItsDefault(t *testing.T) {
	source, err := os.ReadFile("../tiffin.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// As it stands the example is production without a secret, which is refused: the one problem it has.
	if _, err := app.Parse("example", source); err == nil || strings.Count(err.Error(), "\n") > 0 || !strings.Contains(err.Error(), "checkout.secrets") {
		t.Fatalf("the example's problems: %v", err)
	}
	example, err := app.Parse("example", []byte(strings.Replace(string(source), "mode: production", "mode: development", 1)))
	if err != nil {
		t.Fatal(err)
	}
	want := app.Defaults()
	want.Mode = app.Development
	want.Auth.Issuers = []auth.IssuerConfig{{
		URL: "https://login.example.com", Audience: "tiffin", Tokens: auth.JWT, Algorithms: []string{"RS256", "ES256"},
		Introspection: auth.IntrospectionConfig{TTL: 30 * time.Second, Negative: 5 * time.Second, Timeout: 2 * time.Second, Concurrent: 64},
	}}
	want.Services.Orders.URL = "http://orders.internal:8080"
	want.Services.Inventory.URL = "http://inventory.internal:8080"
	want.Services.Payments.URL = "http://payments.internal:8080"
	want.Services.Delivery.URL = "http://delivery.internal:8080"
	want.Services.Geocoding.URL = "http://geocoding.internal:8080"
	want.GraphiQL.Users = []app.GraphiQLUser{}
	if diff := cmp.Diff(want, example, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the example differs from the defaults:\n%s", diff)
	}
	if diff := cmp.Diff(ofOneService(keys(t, mustYAML(t, want))), ofOneService(keys(t, source))); diff != "" {
		t.Errorf("the example's keys differ from those there are:\n%s", diff)
	}
}

// ofOneService leaves only the first service in, for the example shows the keys of services once.
func ofOneService(keys any) any {
	document, _ := keys.(map[string]any)
	services, _ := document["services"].(map[string]any)
	document["services"] = map[string]any{"orders": services["orders"]}
	return document
}

func mustYAML(t *testing.T, c app.Config) []byte {
	t.Helper()
	text, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// keys is a document without its values.
func keys(t *testing.T, source []byte) any {
	t.Helper()
	var document any
	if err := yaml.Unmarshal(source, &document); err != nil {
		t.Fatal(err)
	}
	return withoutValues(document)
}

func withoutValues(node any) any {
	if m, ok := node.(map[string]any); ok {
		out := map[string]any{}
		for key, value := range m {
			out[key] = withoutValues(value)
		}
		return out
	}
	return nil
}

// What config show prints is a configuration again, the same one.
func TestShownConfigurationIsTheSame(t *testing.T) {
	cfg := app.Defaults()
	cfg.Mode = app.Development
	for _, service := range []*string{
		&cfg.Services.Orders.URL, &cfg.Services.Inventory.URL, &cfg.Services.Payments.URL, &cfg.Services.Delivery.URL, &cfg.Services.Geocoding.URL,
	} {
		*service = "http://10.0.0.1:80,10.0.0.2:80/v1"
	}
	cfg.Auth.Issuers, cfg.GraphiQL.Users = []auth.IssuerConfig{}, []app.GraphiQLUser{}
	again, err := app.Parse("shown", mustYAML(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(cfg, again, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// An issuer's keys are shown as they count, though a list is not read over defaults.
func TestShownIssuersAreComplete(t *testing.T) {
	cfg := app.Defaults()
	cfg.Auth.Issuers = []auth.IssuerConfig{{URL: "https://login.test", Audience: "tiffin"}}
	shown := string(mustYAML(t, cfg))
	for _, want := range []string{"tokens: jwt", "algorithms:\n        - RS256\n        - ES256", "ttl: 30s", "negative: 5s", "timeout: 2s", "concurrent: 64"} {
		if !strings.Contains(shown, want) {
			t.Errorf("not shown: %s", want)
		}
	}
	if cfg.Auth.Issuers[0].Tokens != "" {
		t.Error("to show a configuration changes it")
	}
}

func TestProblemsSayWhereWhyAndWhatIsRight(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{"mode: prod\n", `t.yaml:1:1: mode: "prod" is not known; write production or development`},
		{"listen: 8080\n", `t.yaml:1:1: listen: "8080" is no address to listen on; write host:port`},
		{"drain: -1s\n", `t.yaml:1:1: drain: is negative`},
		{"log: {level: loud}\n", `t.yaml:1:7: log.level: "loud" is not known; write debug, info, warn or error`},
		{"log: {format: xml}\n", `log.format: "xml" is not known; write json or text`},
		{"auth:\n  issuers: []\n", `t.yaml:1:1: auth: says no way to sign in, so that every caller is anonymous; list an issuer, write anonymous_only: true`},
		{"auth: {anonymous_only: true, issuers: [{url: https://a, audience: b}]}\n", `t.yaml:1:8: auth.anonymous_only: contradicts`},
		{"lisen: x\nmode: prod\n", `t.yaml:2:1: mode: "prod" is not known`}, // whatever else is wrong
		{"services:\n  orders:\n    url: ftp://x\n", `t.yaml:3:5: services.orders.url: `},
		{"services: {orders: {mesh: true, url: 'http://a,b'}}\n", `t.yaml:1:21: services.orders.mesh: is for one endpoint, and the url lists several`},
		{"services: {inventory: {assets: {prefix: /i/, max_bytes: 4194305}}}\n", `t.yaml:1:46: services.inventory.assets.max_bytes: is more than resilience.max_body`},
		{"services: {payments: {promises: {max_in_flight: 0s}}}\n", `t.yaml:1:34: services.payments.promises.max_in_flight: is out of range; give a duration from 1s to 10m0s`},
		{"services: {payments: {promises: {inquiry: false, key_ttl: 1h}}}\n", `services.payments.promises.inquiry: is false and keys do not last`},
		{"services: {payments: {promises: {inquiry: false, replays_errors: true}}}\n", `services.payments.promises.inquiry: is false and keys do not last`},
		{"services: {orders: {promises: {key_ttl: 0s}}}\n", `services.orders.promises.key_ttl: and calls.honours_keys say different things`},
		{"services: {delivery: {calls: {honours_keys: false}}}\n", `services.delivery.promises.key_ttl: and calls.honours_keys say different things`},
		{"services: {inventory: {promises: {accept_at_most_once: true}}}\n", `services.inventory.promises.accept_at_most_once: is about payments`},
		{"services: {geocoding: {promises: {inquiry: false}}}\n", `services.geocoding.promises: are about what orders are written to`},
		{"checkout:\n  journal:\n    kind: bolt\n", `t.yaml:3:5: checkout.journal.kind: "bolt" is not known; write sqlite, postgres or memory`},
		{"checkout: {journal: {kind: memory}}\n", `t.yaml:1:22: checkout.journal.kind: memory loses orders`},
		{"checkout: {journal: {kind: postgres}}\n", `checkout.journal.dsn: is empty`},
		{"checkout: {journal: {path: ''}}\n", `t.yaml:1:22: checkout.journal.path: is empty`},
		{"checkout: {journal: {max_conns: 1, kind: postgres}}\n", `t.yaml:1:22: checkout.journal.max_conns: is out of range`},
		{"checkout: {journal: {lease: {ttl: 1h}}}\n", `t.yaml:1:30: checkout.journal.lease.ttl: is out of range`},
		{"checkout: {journal: {retention: {keep_for: 1h}}}\n", `t.yaml:1:34: checkout.journal.retention.keep_for: is out of range; give at least 24h`},
		{"checkout: {secrets: []}\n", `t.yaml:1:12: checkout.secrets: is empty`},
		{"mode: development\ncheckout: {journal: {kind: postgres}}\n", `checkout.secrets: is empty`},
		{"checkout: {secrets: [{id: a, key: short}]}\n", `t.yaml:1:30: checkout.secrets[0].key: is too short`},
		{"cache: {redis: 'redis://r'}\n", `checkout.journal.kind: sqlite is for one gateway, and Redis is there for several`},
		{"edge: {rate_limit: {redis: {url: 'redis://r'}}}\n", `checkout.journal.kind: sqlite is for one gateway`},
		{"edge: {persisted: {automatic: {store: {redis: 'redis://r'}}}}\n", `checkout.journal.kind: sqlite is for one gateway`},
		{"checkout: {reply_within: 10s}\n", `t.yaml:1:12: checkout.reply_within: is not below edge.operation.deadline`},
		{"checkout:\n  max_running: 0\n", `t.yaml:2:3: checkout.max_running: is out of range`},
		{"edge: {max_body: -1}\n", `t.yaml:1:8: edge.max_body: is negative`},
		{"server: {max_header: -1}\n", `server.max_header: is negative`},
		{"auth: {issuers: [{url: nonsense}]}\n", `t.yaml:1:19: auth.issuers[0].url: is no issuer's name`},
	} {
		if _, err := app.Parse("t.yaml", []byte(test.source)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got\n%v\nwant %s", test.source, err, test.want)
		}
	}
}

// SQLite where a second gateway is likely needs the operator's word.
func TestOneGatewayIsPromised(t *testing.T) {
	problems := func(source string) string {
		_, err := app.Parse("t.yaml", []byte(source))
		return fmt.Sprint(err)
	}
	const refusal = "sqlite is for one gateway"
	if text := problems(""); strings.Contains(text, refusal) {
		t.Errorf("by itself: %s", text)
	}
	t.Setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
	if text := problems(""); !strings.Contains(text, refusal) {
		t.Errorf("on Kubernetes: %s", text)
	}
	if text := problems("checkout: {journal: {single_gateway: true}}"); strings.Contains(text, refusal) {
		t.Errorf("promised: %s", text)
	}
	if text := problems("checkout: {journal: {kind: postgres, dsn: 'postgres://db/tiffin'}}"); strings.Contains(text, refusal) {
		t.Errorf("postgres: %s", text)
	}
}
