package gateway_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/gateway"
)

func TestBodyLimit(t *testing.T) {
	pad := func(n int) request {
		r := post("{hello}")
		r.body += strings.Repeat(" ", n-len(r.body))
		return r
	}
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{MaxBody: 1000})
		if got := e.do(pad(1000)); got.status != 200 {
			t.Errorf("1000 bytes: %d", got.status)
		}
		if got := e.do(pad(1001)); got.status != 413 || got.code() != "PAYLOAD_TOO_LARGE" {
			t.Errorf("1001 bytes: %d %s", got.status, got.text)
		}
		res, err := e.client.Do(e.newRequest(t.Context(), pad(1001)))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if !res.Close {
			t.Error("the connection goes on, with a body that nobody wants")
		}
		req := e.newRequest(t.Context(), pad(1001))
		req.Body, req.ContentLength = io.NopCloser(req.Body), -1 // chunked: the length is not said
		if res, err = e.client.Do(req); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		if got := e.read(res); got.status != 413 || got.code() != "PAYLOAD_TOO_LARGE" {
			t.Errorf("1001 bytes in chunks: %d %s", got.status, got.text)
		}
	})
}

func TestDefaultBodyLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if got := start(t, gateway.Config{}).do(post("{hello}" + strings.Repeat(" ", 1<<20))); got.status != 413 {
			t.Error(got.status)
		}
	})
}

func TestTokenLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{})
		document := func(more string) string { // 3999 tokens, and more
			return "{hello " + strings.Repeat("#\n", 3996) + more + "}"
		}
		if got := e.do(post(document("hello")).with("Accept", graphqlType)); got.status != 200 {
			t.Errorf("4000 tokens: %d %s", got.status, got.text)
		}
		got := e.do(post(document("hello __typename")).with("Accept", graphqlType))
		if got.status != 400 || got.code() != "MAX_TOKENS" || got.message() != "Too many tokens: found at least 4001, allowed 4000." {
			t.Errorf("4001 tokens: %d %s", got.status, got.text)
		}
	})
}

func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{})
		begin := time.Now()
		got := e.do(post("{hello wait}"))
		if took := time.Since(begin); took != 10*time.Second {
			t.Errorf("took %v, want 10s", took)
		}
		if got.status != 200 || got.code() != "TIMEOUT" || string(got.body.Data) != `{"hello":"hello world","wait":null}` {
			t.Errorf("%d %s", got.status, got.text)
		}
	})
}

// When the client leaves, a query stops; a mutation goes on to its end.
func TestClientLeaves(t *testing.T) {
	for document, want := range map[string]time.Duration{"{wait}": 100 * time.Millisecond, "mutation{slowly}": time.Second} {
		synctest.Test(t, func(t *testing.T) {
			e := start(t, gateway.Config{})
			begin := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if res, err := e.client.Do(e.newRequest(ctx, post(document))); err == nil {
				_ = res.Body.Close()
				t.Fatal("the client did not leave")
			}
			for len(e.log.lines(t, "request")) == 0 {
				<-time.After(time.Millisecond)
			}
			if took := time.Since(begin).Round(10 * time.Millisecond); took != want {
				t.Errorf("%s ran for %v, want %v", document, took, want)
			}
		})
	}
}

func TestServerBounds(t *testing.T) {
	s := gateway.Server(gateway.ServerConfig{}, http.NotFoundHandler(), newLogger(&logBook{}))
	for name, d := range map[string]time.Duration{
		"ReadHeaderTimeout": s.ReadHeaderTimeout, "ReadTimeout": s.ReadTimeout, "WriteTimeout": s.WriteTimeout, "IdleTimeout": s.IdleTimeout,
	} {
		if d <= 0 {
			t.Errorf("%s is not set", name)
		}
	}
	if s.MaxHeaderBytes != 64<<10 {
		t.Errorf("MaxHeaderBytes %d", s.MaxHeaderBytes)
	}
}

func TestConfigValidate(t *testing.T) {
	bad := gateway.Config{Path: "graphql", MaxBody: -1, Languages: []string{"en", "?"}}
	bad.Operation.Limits.Tokens.Max, bad.Operation.Deadline = -1, -1
	_, err := gateway.New(bad, gateway.Deps{})
	if err == nil {
		t.Fatal("no error")
	}
	for _, path := range []string{"path: ", "max_body: ", "languages[1]: ", "operation.limits.tokens.max: ", "operation.deadline: "} {
		if !strings.Contains(err.Error(), path) {
			t.Errorf("%s is not in %v", path, err)
		}
	}
	server := gateway.ServerConfig{HeaderTimeout: -1, RequestTimeout: -1, WriteTimeout: -1, IdleTimeout: -1, MaxHeader: -1}
	if problems := server.Validate(); len(problems) != 5 {
		t.Errorf("%v", problems)
	}
	if problems := (gateway.Config{}).Validate(); len(problems) != 0 {
		t.Errorf("the zero Config: %v", problems)
	}
}
