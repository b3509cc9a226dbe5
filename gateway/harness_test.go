package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tiffin/fault"
	"tiffin/gateway"
	"tiffin/gateway/auth"
	"tiffin/gateway/auth/authtest"
	"tiffin/gateway/internal/gqltest"
	"tiffin/gateway/transport"
	"tiffin/identity"
	"tiffin/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// edge is a gateway round the schema of gqltest, with its issuer, on an in-memory network. It belongs into a bubble.
type edge struct {
	*gateway.Gateway

	t      *testing.T
	issuer *authtest.Issuer
	client *http.Client
	log    *logBook
}

const issuerURL = "http://issuer.test"

// development serves what production does not.
func development() gateway.Config {
	var cfg gateway.Config
	cfg.Operation.Introspection, cfg.Operation.Suggestions, cfg.Transport.AllowSimpleGET = true, true, true
	return cfg
}

func start(t *testing.T, cfg gateway.Config, more ...func(*gateway.Deps)) *edge {
	t.Helper()
	e := &edge{t: t, issuer: authtest.New(issuerURL), log: &logBook{}}
	network := testkit.Start(t, map[string]http.Handler{"issuer.test": e.issuer.Handler()})
	issuers := auth.Config{Issuers: []auth.IssuerConfig{{URL: issuerURL, Audience: "tiffin"}}}
	deps := gateway.Deps{
		Schema: &gqltest.Schema{
			Resolvers: resolvers(), Authenticated: auth.Authenticated, RequiresScopes: auth.RequiresScopes,
		},
		Verifier: auth.NewVerifier(issuers, auth.Deps{Transport: network.Transport()}),
		Logger:   newLogger(e.log),
	}
	for _, change := range more {
		change(&deps)
	}
	var err error
	if e.Gateway, err = gateway.New(cfg, deps); err != nil {
		t.Fatal(err)
	}
	network.Serve("edge.test", e.Gateway)
	e.client = network.Client()
	return e
}

func resolvers() map[string]gqltest.Resolver {
	return map[string]gqltest.Resolver{
		"Query.hello": func(_ context.Context, args map[string]any) (any, error) {
			name, _ := args["name"].(string)
			return "hello " + name, nil
		},
		"Query.locale":   func(ctx context.Context, _ map[string]any) (any, error) { return identity.Locale(ctx), nil },
		"Query.fail":     func(_ context.Context, args map[string]any) (any, error) { return nil, failure(args["kind"].(string)) },
		"Query.failHard": func(context.Context, map[string]any) (any, error) { return nil, failure("secret") },
		"Query.fails": func(_ context.Context, args map[string]any) (any, error) {
			list := make([]any, args["times"].(int64))
			for n := range list {
				list[n] = failure("unavailable")
			}
			return list, nil
		},
		"Query.wait":     func(ctx context.Context, _ map[string]any) (any, error) { <-ctx.Done(); return nil, ctx.Err() },
		"Query.odd":      func(_ context.Context, args map[string]any) (any, error) { return args["number"], nil },
		"Query.echo":     func(_ context.Context, args map[string]any) (any, error) { return encode(args), nil },
		"Query.me":       me,
		"Query.secret":   func(context.Context, map[string]any) (any, error) { return "the secret", nil },
		"Query.__schema": func(context.Context, map[string]any) (any, error) { return map[string]any{"description": "small"}, nil },
		"Mutation.place": func(ctx context.Context, args map[string]any) (any, error) {
			transport.SetHeader(ctx, "Idempotent-Replayed", "true")
			return args["item"], nil
		},
		"Mutation.slowly": func(ctx context.Context, _ map[string]any) (any, error) {
			select {
			case <-time.After(time.Second):
				return "done", nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		},
	}
}

func me(ctx context.Context, _ map[string]any) (any, error) {
	caller, _ := identity.From(ctx)
	return map[string]any{"name": caller.Name, "secret": "the user's secret"}, nil
}

func encode(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

var errSecret = errors.New("dial 10.0.0.7: password hunter2 refused")

func failure(kind string) error {
	switch kind {
	case "panic":
		panic("hunter2")
	case "unavailable":
		return fault.Unavailable("kitchen", errSecret)
	case "later":
		return &fault.Error{Code: fault.ServiceUnavailable, Message: "Later.", Service: "kitchen", Retryable: true, RetryAfter: 1500 * time.Millisecond}
	case "broken":
		return fault.Broken("kitchen", errSecret)
	case "wrapped":
		return errors.Join(errors.New("context"), fault.New(fault.NotFound, "There is none."))
	case "deadline":
		return context.DeadlineExceeded
	case "long":
		return fault.New(fault.NotFound, "%s", strings.Repeat("ä", 1000))
	default:
		return errSecret
	}
}

// token is an honest one, for a customer with the scopes.
func (e *edge) token(scope string) string { return e.issuer.Token("alice", scope, time.Now()) }

// request is one to the gateway's /graphql: POST unless it says otherwise.
type request struct {
	method, query, body string // query: the query string of the URL
	header              map[string]string
}

// post is a POST of a document with variables as JSON, or none.
func post(document string, variables ...string) request {
	body := `{"query":` + encode(document)
	for _, v := range variables {
		body += `,"variables":` + v
	}
	return request{body: body + "}"}
}

func (r request) with(name, value string) request {
	header := map[string]string{name: value}
	maps.Copy(header, r.header)
	r.header = header
	return r
}

func (r request) bearer(token string) request { return r.with("Authorization", "Bearer "+token) }

// answer is what came back.
type answer struct {
	status int
	header http.Header
	text   string
	body   struct {
		Data   json.RawMessage
		Errors []struct {
			Message    string
			Path       []any
			Locations  []map[string]int
			Extensions map[string]any
		}
		Extensions map[string]any
	}
}

func (e *edge) do(r request) answer {
	e.t.Helper()
	return e.doIn(e.t.Context(), r)
}

func (e *edge) doIn(ctx context.Context, r request) answer {
	e.t.Helper()
	req := e.newRequest(ctx, r)
	res, err := e.client.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	return e.read(res)
}

func (e *edge) newRequest(ctx context.Context, r request) *http.Request {
	e.t.Helper()
	if r.method == "" {
		r.method = http.MethodPost
	}
	address := "http://edge.test/graphql"
	if r.query != "" {
		address += "?" + r.query
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, strings.NewReader(r.body))
	if err != nil {
		e.t.Fatal(err)
	}
	if r.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	return req
}

func (e *edge) read(res *http.Response) answer {
	e.t.Helper()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header, text: string(text)}
	if err := json.Unmarshal(text, &a.body); err != nil {
		e.t.Fatalf("%v in %s", err, text)
	}
	return a
}

// code is the code of the first error; empty where there is none.
func (a answer) code() string {
	if len(a.body.Errors) == 0 {
		return ""
	}
	code, _ := a.body.Errors[0].Extensions["code"].(string)
	return code
}

func (a answer) message() string {
	if len(a.body.Errors) == 0 {
		return ""
	}
	return a.body.Errors[0].Message
}

// logBook is the log as it is written, for concurrent use.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// lines are the entries with the message.
func (l *logBook) lines(t *testing.T, message string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(l.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if entry["msg"] == message {
			found = append(found, entry)
		}
	}
	return found
}

func newLogger(to io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(to, nil)) }
