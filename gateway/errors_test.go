package gateway_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tiffin/gateway"
)

// What a resolver's error becomes. An extension "requestId" must be the request's.
func TestErrors(t *testing.T) {
	cases := map[string]struct {
		message    string
		extensions map[string]any
		logged     bool
	}{
		"unavailable": {"The service is not available right now.", map[string]any{"code": "SERVICE_UNAVAILABLE", "service": "kitchen", "retryable": true}, true},
		"later":       {"Later.", map[string]any{"code": "SERVICE_UNAVAILABLE", "service": "kitchen", "retryable": true, "retryAfterMs": 1500.0}, false},
		"broken":      {"The service could not handle the request.", map[string]any{"code": "SERVICE_UNAVAILABLE", "service": "kitchen", "retryable": false}, true},
		"wrapped":     {"There is none.", map[string]any{"code": "NOT_FOUND"}, false},
		"deadline":    {"The operation's time was used up.", map[string]any{"code": "TIMEOUT", "retryable": true}, false},
		"secret":      {"Internal error.", map[string]any{"code": "INTERNAL", "requestId": "request-1"}, true},
		"panic":       {"Internal error.", map[string]any{"code": "INTERNAL", "requestId": "request-1"}, true},
	}
	for kind, c := range cases {
		synctest.Test(t, func(t *testing.T) {
			e := start(t, gateway.Config{})
			got := e.do(post(`query Q($kind: String!) { bad: fail(kind: $kind) hello }`, `{"kind":"`+kind+`"}`).with("X-Request-Id", "request-1"))
			if got.status != 200 || string(got.body.Data) != `{"bad":null,"hello":"hello world"}` || len(got.body.Errors) != 1 {
				t.Fatalf("%s: %d %s", kind, got.status, got.text)
			}
			shown := got.body.Errors[0]
			if diff := cmp.Diff(c.extensions, shown.Extensions); shown.Message != c.message || diff != "" {
				t.Errorf("%s: %q %s", kind, shown.Message, diff)
			}
			if diff := cmp.Diff([]any{"bad"}, shown.Path); diff != "" || len(shown.Locations) != 1 && kind != "panic" {
				t.Errorf("%s: path %s, locations %v", kind, diff, shown.Locations)
			}
			if strings.Contains(got.text, "hunter2") || strings.Contains(got.text, "10.0.0.7") {
				t.Errorf("%s: the client sees the cause: %s", kind, got.text)
			}
			checkLogged(t, e, kind, c.logged)
		})
	}
}

func checkLogged(t *testing.T, e *edge, kind string, want bool) {
	t.Helper()
	lines := e.log.lines(t, "field failed")
	if len(lines) == 0 || !want {
		if want || len(lines) > 0 {
			t.Errorf("%s: logged %v", kind, lines)
		}
		return
	}
	line := lines[0]
	if cause, _ := line["cause"].(string); !strings.Contains(cause, "hunter2") || line["request_id"] != "request-1" || line["operation"] != "Q" || line["path"] != "bad" {
		t.Errorf("%s: logged %v", kind, line)
	}
	if stack, _ := line["stack"].(string); (kind == "panic") != strings.Contains(stack, "failure") {
		t.Errorf("%s: stack %q", kind, stack)
	}
}

func TestPanicsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{})
		e.do(post(`{a: fail(kind:"panic") b: fail(kind:"panic")}`))
		if n := e.Panics(); n != 2 {
			t.Errorf("%d panics, want 2", n)
		}
	})
}

func TestArgumentRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := start(t, gateway.Config{}).do(post("{odd(number:2) hello}"))
		if got.status != 200 || got.code() != "BAD_USER_INPUT" || got.message() != "number: is not odd" {
			t.Errorf("%d %s", got.status, got.text)
		}
		if diff := cmp.Diff([]any{"odd"}, got.body.Errors[0].Path); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAtMostTenErrors(t *testing.T) {
	for times, omitted := range map[string]any{"10": nil, "11": 1.0, "1000": 990.0} {
		synctest.Test(t, func(t *testing.T) {
			e := start(t, gateway.Config{})
			got := e.do(post("query($n:Int!){fails(times:$n)}", `{"n":`+times+`}`))
			if len(got.body.Errors) != 10 || got.body.Extensions["errorsOmitted"] != omitted {
				t.Errorf("%s: %d errors, extensions %v", times, len(got.body.Errors), got.body.Extensions)
			}
			var data struct{ Fails []any }
			if err := json.Unmarshal(got.body.Data, &data); err != nil || len(data.Fails) < 10 {
				t.Errorf("%s: the data are not whole: %s", times, got.body.Data)
			}
			if n := len(e.log.lines(t, "field failed")); n > 10 {
				t.Errorf("%s: %d lines in the log", times, n)
			}
		})
	}
}

func TestMessagesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, development())
		for name, r := range map[string]request{
			"resolver's":  post(`{fail(kind:"long")}`),
			"validator's": post("{" + strings.Repeat("x", 100_000) + "}"),
			"parser's":    post("{" + strings.Repeat("x", 100_000) + ":"),
			"variable's":  post("query($n:Int!){fails(times:$n)}", `{"n":"`+strings.Repeat("x", 100_000)+`"}`),
			"name's":      {body: `{"query":"query A{hello}","operationName":"` + strings.Repeat("x", 100_000) + `"}`},
		} {
			got := e.do(r)
			if n := len(got.message()); n == 0 || n > 320 || !utf8.ValidString(got.text) {
				t.Errorf("%s message has %d bytes", name, n)
			}
		}
		if n := len(e.log.String()); n > 10_000 {
			t.Errorf("the log has %d bytes", n)
		}
	})
}
