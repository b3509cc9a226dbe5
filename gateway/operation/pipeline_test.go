package operation

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"tiffin/fault"
	"tiffin/gateway/answer"
	"tiffin/gateway/auth"
	"tiffin/gateway/internal/gqltest"
)

func newPipeline(cfg Config) *Pipeline {
	return New(cfg, Deps{Logger: slog.New(slog.DiscardHandler), Schema: &gqltest.Schema{
		Authenticated: auth.Authenticated, RequiresScopes: auth.RequiresScopes,
		Resolvers: map[string]gqltest.Resolver{
			"Query.hello":    func(context.Context, map[string]any) (any, error) { return "hello", nil },
			"Query.__schema": func(context.Context, map[string]any) (any, error) { return map[string]any{"description": "d"}, nil },
			"Query.__type":   func(context.Context, map[string]any) (any, error) { return map[string]any{"name": "n"}, nil },
		},
	}})
}

// run prepares and executes; the result is the code of the first error, or the data.
func run(t *testing.T, p *Pipeline, document string) string {
	t.Helper()
	op, errs := p.Prepare(t.Context(), Params{Query: document})
	if errs != nil {
		return string(answer.Code(errs[0])) + ": " + errs[0].Message
	}
	return string(p.Execute(t.Context(), op).Data)
}

func TestSuggestions(t *testing.T) {
	documents := map[string]string{
		"field":          "{helo}",
		"argument":       `{hello(nam:"x")}`,
		"type":           "{...on Quer{hello}}",
		"input field":    `{echo(input:{tex:"x"})}`,
		"leaf":           "{me}",
		"directive arg":  "{hello@skip(i:true)}",
		"input value":    `{echo(int:"x")}`,
		"unknown on obj": "{me{nam}}",
	}
	silent, helpful := newPipeline(Config{}), newPipeline(Config{Suggestions: true})
	guessed := 0
	for name, document := range documents {
		op, errs := silent.Prepare(t.Context(), Params{Query: document})
		if op != nil || len(errs) == 0 {
			t.Errorf("%s: is valid", name)
		}
		for _, e := range errs {
			if strings.Contains(e.Message, "Did you mean") {
				t.Errorf("%s: %s", name, e.Message)
			}
		}
		if _, errs := helpful.Prepare(t.Context(), Params{Query: document}); strings.Contains(errs.Error(), "Did you mean") {
			guessed++
		}
	}
	if guessed < 4 {
		t.Errorf("with suggestions on, %d of %d documents get one", guessed, len(documents))
	}
}

func TestIntrospection(t *testing.T) {
	for _, c := range []struct{ document, on, off string }{
		{"{__schema{description}}", `{"__schema":{"description":"d"}}`, "GRAPHQL_VALIDATION_FAILED: Introspection is off."},
		{`{hello x:__type(name:"Query"){name}}`, `{"hello":"hello","x":{"name":"n"}}`, "GRAPHQL_VALIDATION_FAILED: Introspection is off."},
		{"{...F} fragment F on Query{...{__schema{description}}}", `{"__schema":{"description":"d"}}`, "GRAPHQL_VALIDATION_FAILED: Introspection is off."},
		{"{__typename}", `{"__typename":"Query"}`, `{"__typename":"Query"}`},
	} {
		if got := run(t, newPipeline(Config{Introspection: true}), c.document); got != c.on {
			t.Errorf("on, %s: %s", c.document, got)
		}
		if got := run(t, newPipeline(Config{}), c.document); got != c.off {
			t.Errorf("off, %s: %s", c.document, got)
		}
	}
}

// Nothing sends the parts of a deferred answer later, so they are in it.
func TestDeferIsInlined(t *testing.T) {
	for _, document := range []string{
		"{...@defer{hello}}", "{...F@defer(label:\"a\")} fragment F on Query{hello}", "query($d:Boolean=true){...@defer(if:$d){hello}}",
		"{...@defer{...on Query@defer{hello}}}", "{...@include(if:true)@defer{hello}}",
	} {
		p := newPipeline(Config{})
		op, errs := p.Prepare(t.Context(), Params{Query: document})
		if errs != nil {
			t.Errorf("%s: %v", document, errs)
			continue
		}
		for _, field := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Query"}) {
			if len(field.Deferrables) > 0 {
				t.Errorf("%s: %s is deferred", document, field.Name)
			}
		}
		if got := string(p.Execute(t.Context(), op).Data); got != `{"hello":"hello"}` {
			t.Errorf("%s: %s", document, got)
		}
	}
	if got := run(t, newPipeline(Config{}), "{...@skip(if:true)@defer{hello} __typename}"); got != `{"__typename":"Query"}` {
		t.Errorf("the other directives are gone: %s", got)
	}
}

// A document is shared by those who send it at the same time; the race detector watches.
func TestSharedDocument(t *testing.T) {
	p := newPipeline(Config{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got := run(t, p, "{...@defer{hello}}"); got != `{"hello":"hello"}` {
				t.Error(got)
			}
		})
	}
	wg.Wait()
}

func TestLogIsBounded(t *testing.T) {
	var log bytes.Buffer
	p := New(Config{}, Deps{Logger: slog.New(slog.NewTextHandler(&log, nil)), Schema: &gqltest.Schema{
		Resolvers: map[string]gqltest.Resolver{
			"Query.hello": func(context.Context, map[string]any) (any, error) { panic(strings.Repeat("long ", 100_000)) },
		},
	}})
	run(t, p, "{hello}")
	if n := log.Len(); n == 0 || n > 2*(maxCause+maxStack) {
		t.Errorf("the log has %d bytes", n)
	}
}

// An operation that finds no time to begin has no data, not even null.
func TestNoTimeToBegin(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancelLate := context.WithTimeout(t.Context(), 0)
	defer cancelLate()
	for text, ctx := range map[string]context.Context{"The request was cancelled.": cancelled, "The operation's time was used up.": late} {
		p := newPipeline(Config{})
		op, errs := p.Prepare(ctx, Params{Query: "{hello}"})
		if errs != nil {
			t.Fatal(errs)
		}
		resp := p.Execute(ctx, op)
		if resp.Data != nil || len(resp.Errors) != 1 || answer.Code(resp.Errors[0]) != fault.Timeout || resp.Errors[0].Message != text {
			t.Errorf("%+v", resp)
		}
	}
}
