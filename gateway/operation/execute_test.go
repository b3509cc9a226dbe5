package operation

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tiffin/gateway/answer"
	"tiffin/gateway/internal/gqltest"
)

// odd is a schema that executes in its own way.
type odd struct {
	graphql.ExecutableSchema

	exec func(ctx context.Context) graphql.ResponseHandler
}

// Exec implements graphql.ExecutableSchema.
func (o odd) Exec(ctx context.Context) graphql.ResponseHandler { return o.exec(ctx) }

// What generated code may do beside answering: refuse before it begins, answer nothing, note errors and extensions beside its answer.
func TestWhatSchemasMayAnswer(t *testing.T) {
	none := func(context.Context) *graphql.Response {
		t.Error("executed")
		return nil
	}
	for name, c := range map[string]struct {
		exec   func(ctx context.Context) graphql.ResponseHandler
		data   string
		errors int
		note   any
	}{
		"refuses": {func(ctx context.Context) graphql.ResponseHandler {
			graphql.AddError(ctx, errors.New("not this one"))
			return none
		}, "", 1, nil},
		"nothing": {func(context.Context) graphql.ResponseHandler {
			return func(context.Context) *graphql.Response { return nil }
		}, "", 1, nil},
		"beside": {func(context.Context) graphql.ResponseHandler {
			return func(ctx context.Context) *graphql.Response {
				graphql.AddError(ctx, errors.New("noted"))
				graphql.RegisterExtension(ctx, "note", 7)
				return &graphql.Response{Data: []byte("{}"), Errors: gqlerror.List{gqlerror.Errorf("its own")}}
			}
		}, "{}", 2, 7},
	} {
		p := New(Config{}, Deps{Logger: slog.New(slog.DiscardHandler), Schema: odd{&gqltest.Schema{}, c.exec}})
		op, errs := p.Prepare(t.Context(), Params{Query: "{hello}"})
		if errs != nil {
			t.Fatal(errs)
		}
		resp := p.Execute(t.Context(), op)
		if string(resp.Data) != c.data || len(resp.Errors) != c.errors || resp.Extensions["note"] != c.note {
			t.Errorf("%s: %+v", name, resp)
		}
		for _, err := range resp.Errors {
			if err.Message == "not this one" || err.Message == "noted" {
				t.Errorf("%s: %q is told as it is: %s", name, err.Message, answer.Code(err))
			}
		}
	}
}
