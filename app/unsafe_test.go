package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiffin/app"
	"tiffin/app/strict"
)

// sound is a file without anything unsafe in it.
const sound = `
auth: {issuers: [{url: "https://login.example.com", audience: tiffin}]}
services:
  orders: {url: "http://10.0.0.1"}
  inventory: {url: "http://10.0.0.1"}
  payments: {url: "http://10.0.0.1"}
  delivery: {url: "http://10.0.0.1"}
  geocoding: {url: "http://10.0.0.1"}
checkout: {secrets: [{id: a, key: "0123456789012345678901234567890123456789"}]}
`

func unsafe(t *testing.T, source string) strict.Problems {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tiffin.yaml")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	problems, _ := app.Check(file)
	return problems
}

func TestUnsafe(t *testing.T) {
	if problems := unsafe(t, sound); len(problems) > 0 {
		t.Errorf("sound: %v", problems)
	}
	for more, want := range map[string]string{
		"admin: 0.0.0.0:9090\n":                                                  ":1:1: admin: can be reached from elsewhere",
		"admin: :9090\n":                                                         "admin: can be reached from elsewhere",
		"listen: 0.0.0.0:8080\n":                                                 ":1:1: listen: can be reached from elsewhere by plain HTTP",
		"listen: :8080\n":                                                        "write tls.cert and tls.key",
		"listen: gateway.example.com:8080\n":                                     "edge.rate_limit.trusted_proxies",
		"log: {level: debug}\n":                                                  "log.level: debug tells more",
		"telemetry: {tracing: {follow_caller: true}}\n":                          ":1:23: telemetry.tracing.follow_caller",
		"drain: 0s\n":                                                            "drain: is 0",
		"edge: {operation: {introspection: true}}\n":                             ":1:20: edge.operation.introspection: lets every client",
		"edge: {operation: {suggestions: true}}\n":                               "edge.operation.suggestions",
		"edge: {operation: {deadline: 1m}}\n":                                    "edge.operation.deadline: is not below server.write_timeout",
		"edge: {transport: {allow_simple_get: true}}\n":                          "edge.transport.allow_simple_get",
		"edge: {rate_limit: {disabled: true}}\n":                                 "edge.rate_limit.disabled",
		"edge: {rate_limit: {user: {disabled: true}}}\n":                         "edge.rate_limit.user.disabled",
		"edge: {rate_limit: {address: {disabled: true}}}\n":                      "edge.rate_limit.address.disabled",
		"edge: {rate_limit: {cost: {disabled: true}}}\n":                         "edge.rate_limit.cost.disabled",
		"edge: {rate_limit: {fields: []}}\n":                                     "edge.rate_limit.fields: has no limit of Mutation.placeOrder",
		"edge: {rate_limit: {trusted_proxies: [10.0.0.0/8, 0.0.0.0/0]}}\n":       "edge.rate_limit.trusted_proxies[1]: is so wide",
		"edge: {rate_limit: {trusted_proxies: ['::/0']}}\n":                      "edge.rate_limit.trusted_proxies[0]: is so wide",
		"edge: {operation: {cost: {mode: measure}}}\n":                           "edge.operation.cost.mode: only measures",
		"edge: {operation: {limits: {depth: {mode: measure}}}}\n":                "edge.operation.limits.depth.mode: only measures",
		"cache: {redis: \"redis://u:hunter2@cache.test:6379\"}\n":                "cache.redis: is not encrypted",
		"edge: {rate_limit: {redis: {url: \"redis://:hunter2@r.test:6379\"}}}\n": "edge.rate_limit.redis.url: is not encrypted",
		"mode: development\nlisten: 0.0.0.0:80\n":                                "mode: development shows schema and GraphiQL",
	} {
		problems := unsafe(t, more+sound)
		if len(problems) != 1 || !strings.Contains(problems.Error(), want) || strings.Contains(problems.Error(), "hunter2") {
			t.Errorf("%s: %d: %v, want %s", more, len(problems), problems, want)
		}
	}
	for old, replaced := range map[string]struct{ with, want string }{
		`url: "https://`: {`url: "http://`, "auth.issuers[0].url: is http"},
		`auth: {issuers: [{url: "https://login.example.com", audience: tiffin}]}`: {"auth: {anonymous_only: true}", "auth.anonymous_only: lets nobody sign in"},
	} {
		if problems := unsafe(t, strings.Replace(sound, old, replaced.with, 1)); len(problems) != 1 || !strings.Contains(problems.Error(), replaced.want) {
			t.Errorf("%s: %v", replaced.with, problems)
		}
	}
	for _, more := range []string{ // what only this machine reaches
		"listen: '[::1]:8080'\n", "listen: localhost:8080\n", // or is encrypted, here or by a proxy
		"listen: :8443\ntls: {cert: cert.pem, key: key.pem}\n", "listen: :8080\nedge: {rate_limit: {trusted_proxies: [10.0.0.0/8]}}\n",
		"admin: localhost:9090\n", "admin: '[::1]:9090'\n", "cache: {redis: \"redis://127.0.0.1:6379\"}\n", "mode: development\n",
	} {
		if problems := unsafe(t, more+sound); len(problems) > 0 {
			t.Errorf("%s: %v", more, problems)
		}
	}
}
