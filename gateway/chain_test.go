package gateway_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"tiffin/gateway"
	"tiffin/gateway/transport"
	"tiffin/telemetry"
)

// One line per request, also for those that are refused, and nothing secret in it.
func TestAccessLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, development())
		token := e.token("")
		e.do(post(`query Page($t: String) { me { name } fail(kind: "secret") echo(text: $t) }`, `{"t":"hunter2-variable"}`).
			bearer(token).with("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").with("X-Request-Id", "r-1").
			with("apollographql-client-name", "ios").with("apollographql-client-version", "3.4.0"))
		e.do(request{method: "GET", query: "query={hello}&x=hunter2-query"}.bearer("hunter2-token"))
		e.do(request{body: "hunter2-body"})

		lines := e.log.lines(t, "request")
		if len(lines) != 3 {
			t.Fatalf("%d lines, want 3", len(lines))
		}
		want := []map[string]any{
			{
				"request_id": "r-1", "trace_id": "0af7651916cd43dd8448eb211c80319c", "method": "POST", "path": "/graphql", "status": 200.0,
				"kind": "query", "operation": "Page", "subject": telemetry.Hash(issuerURL + "#alice"), "errors": 1.0, "code": "INTERNAL",
				"client": "192.0.2.1", "client_name": "ios", "client_version": "3.4.0", "partial": true, "cost": 2.0,
				"operation_hash": telemetry.Hash(`query Page($t: String) { me { name } fail(kind: "secret") echo(text: $t) }`),
			},
			{"method": "GET", "status": 401.0, "code": "UNAUTHENTICATED", "errors": 1.0, "operation": nil, "subject": nil, "client": "192.0.2.1", "operation_hash": nil},
			{"method": "POST", "status": 400.0, "code": "BAD_REQUEST", "kind": nil},
		}
		for n, line := range lines {
			for key, value := range want[n] {
				if line[key] != value {
					t.Errorf("line %d: %s is %v, want %v", n, key, line[key], value)
				}
			}
			if _, ok := line["duration_ms"].(float64); !ok || line["time"] == nil {
				t.Errorf("line %d: %v", n, line)
			}
		}
		for _, secret := range append(strings.Split(token, "."), "hunter2-variable", "hunter2-query", "hunter2-token", "hunter2-body", "alice") {
			for line := range strings.Lines(e.log.String()) {
				if strings.Contains(line, `"msg":"request"`) && strings.Contains(line, secret) {
					t.Errorf("%q in %s", secret, line)
				}
			}
		}
	})
}

func TestRequestID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{})
		if got := e.do(post("{hello}").with("X-Request-Id", "from-the-app.1_A")).header.Get("X-Request-Id"); got != "from-the-app.1_A" {
			t.Errorf("X-Request-Id %q", got)
		}
		if got := e.do(post("{hello}").with("X-Request-Id", `"><script>`)).header.Get("X-Request-Id"); got == "" || strings.Contains(got, "<") {
			t.Errorf("X-Request-Id %q", got)
		}
	})
}

func TestLocale(t *testing.T) {
	cases := map[string]string{
		"": "en", "de": "de", "de-AT,de;q=0.9,en;q=0.8": "de", "en-GB": "en", "fr": "en", "fr, de;q=0.5": "de", "*": "en", "en;q=0.1, de;q=0.9": "de",
		"nonsense;;;": "en", strings.Repeat("de,", 200): "en",
	}
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{})
		for accept, want := range cases {
			if got := e.do(post("{locale}").with("Accept-Language", accept)); string(got.body.Data) != `{"locale":"`+want+`"}` {
				t.Errorf("Accept-Language %.40q: %s, want %s", accept, got.text, want)
			}
		}
	})
}

// Each response has a context of its own, made inside of the operation.
func TestPerResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var made atomic.Int32
		e := start(t, gateway.Config{}, func(d *gateway.Deps) {
			d.PerResponse = func(ctx context.Context) context.Context {
				made.Add(1)
				transport.SetHeader(ctx, "X-Made", "yes")
				return ctx
			}
		})
		for range 2 {
			if got := e.do(post("{hello}")); got.header.Get("X-Made") != "yes" {
				t.Errorf("%v", got.header)
			}
		}
		e.do(post("{nothing}"))
		if n := made.Load(); n != 2 {
			t.Errorf("made %d, want 2", n)
		}
	})
}

func TestHeaderOfResolver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{})
		got := e.do(post(`mutation{place(item:"a")}`).bearer(e.token("orders:place")))
		if got.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%v", got.header)
		}
		transport.SetHeader(t.Context(), "X-Nowhere", "1") // outside of an operation
	})
}

// A panic of the edge itself is answered, counted and logged; an answer that had begun is cut.
func TestPanicOfTheEdge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := false
		page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if begin {
				_, _ = w.Write([]byte("half"))
				_ = http.NewResponseController(w).Flush() // through all wrappers
			}
			panic("hunter2")
		})
		e := start(t, gateway.Config{}, func(d *gateway.Deps) { d.GraphiQL = page })
		get := func() (*http.Response, error) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://edge.test/", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			return e.client.Do(req)
		}
		res, err := get()
		if err != nil {
			t.Fatal(err)
		}
		got := e.read(res)
		_ = res.Body.Close()
		id := got.header.Get("X-Request-Id")
		if got.status != 500 || got.code() != "INTERNAL" || got.body.Errors[0].Extensions["requestId"] != id || strings.Contains(got.text, "hunter2") {
			t.Errorf("%d %s", got.status, got.text)
		}
		begin = true
		if res, err = get(); err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(res.Body); string(body) != "half" || err == nil {
			t.Errorf("an answer that had begun was not cut: %s, %v", body, err)
		}
		_ = res.Body.Close()
		if n := e.Panics(); n != 2 {
			t.Errorf("%d panics, want 2", n)
		}
		if lines := e.log.lines(t, "request panicked"); len(lines) != 2 || lines[0]["request_id"] != id || lines[0]["panic"] != "hunter2" {
			t.Errorf("%v", lines)
		}
		if lines := e.log.lines(t, "request"); len(lines) != 2 || lines[0]["status"] != 500.0 {
			t.Errorf("%v", lines)
		}
	})
}

// A page of another origin is answered before anything is asked of it, and can read what it is refused with.
func TestCORSIsBeforeEveryRefusal(t *testing.T) {
	const shop = "https://shop.example.com"
	synctest.Test(t, func(t *testing.T) {
		var cfg gateway.Config
		cfg.CORS.Origins = []string{shop}
		cfg.Shed.MaxRequests = 1
		e := start(t, cfg)
		req := e.newRequest(t.Context(), request{method: "OPTIONS", header: map[string]string{
			"Origin": shop, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type",
		}})
		res, err := e.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusNoContent || res.Header.Get("Access-Control-Allow-Origin") != shop || res.Header.Get("X-Request-Id") == "" {
			t.Errorf("%d %v", res.StatusCode, res.Header)
		}
		got := e.do(post("{hello}").bearer("garbage").with("Origin", shop))
		if got.status != 401 || got.header.Get("Access-Control-Allow-Origin") != shop {
			t.Errorf("%d %v", got.status, got.header)
		}
		if lines := e.log.lines(t, "request"); len(lines) != 2 {
			t.Errorf("the preflight is not seen: %v", lines)
		}
	})
}

func TestCORSOfEverybodyWithCredentialsDoesNotStart(t *testing.T) {
	var cfg gateway.Config
	cfg.CORS.Origins, cfg.CORS.Credentials = []string{"*"}, true
	if _, err := gateway.New(cfg, gateway.Deps{}); err == nil || !strings.Contains(err.Error(), "cors.credentials: ") {
		t.Errorf("%v", err)
	}
}

func TestRequiredHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := development()
		cfg.Transport.RequireHeaders = []string{"apollographql-client-name"}
		e := start(t, cfg)
		for _, r := range []request{post("{hello}"), {method: "GET", query: "query={hello}"}} {
			if got := e.do(r); got.status != 400 || got.message() != "The header apollographql-client-name is missing." {
				t.Errorf("%d %s", got.status, got.text)
			}
			if got := e.do(r.with("Apollographql-Client-Name", "web")); got.status != 200 {
				t.Errorf("%d %s", got.status, got.text)
			}
		}
		cfg.Transport.RequireHeaders = []string{"fine", "not a name"}
		if _, err := gateway.New(cfg, gateway.Deps{}); err == nil || !strings.Contains(err.Error(), "transport.require_headers[1]: ") {
			t.Errorf("%v", err)
		}
	})
}

// Long answers are compressed for whom it suits, partial ones and those with errors among them.
func TestCompression(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, development())
		long := strings.Repeat("an order, ", 1000)
		for coding, r := range map[string]request{
			"zstd": post("query($t:String){echo(text:$t)}", `{"t":"`+long+`"}`).with("Accept-Encoding", "zstd"),
			"":     post("{hello}").with("Accept-Encoding", "zstd"),
		} {
			res, err := e.client.Do(e.newRequest(t.Context(), r))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if err != nil || res.Header.Get("Content-Encoding") != coding || int64(len(body)) != res.ContentLength || len(body) > 1000 {
				t.Errorf("%q: %d bytes, %v, %v", coding, len(body), res.Header, err)
			}
		}
		if got := e.do(post("query($t:String){echo(text:$t)}", `{"t":"`+long+`"}`)); !strings.Contains(got.text, long) { // by gzip, as Go's client asks
			t.Errorf("%d bytes", len(got.text))
		}
	})
}
