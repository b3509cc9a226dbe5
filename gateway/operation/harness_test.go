package operation

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"tiffin/gateway/answer"
	"tiffin/gateway/internal/gqltest"
	"tiffin/gateway/operation/limits"
)

func newLogger(to io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(to, nil)) }

// newPipelineOf makes a pipeline round a schema; told are told of what is only measured.
func newPipelineOf(t testing.TB, cfg Config, schema *gqltest.Schema, told ...func(limits.Exceeded)) *Pipeline {
	t.Helper()
	if problems := cfg.Validate(); len(problems) > 0 {
		t.Fatal(problems)
	}
	return New(cfg, Deps{
		Schema: schema, Logger: slog.New(slog.DiscardHandler),
		OnExceeded: func(_ context.Context, e limits.Exceeded) {
			for _, tell := range told {
				tell(e)
			}
		},
	})
}

// refusal is the code of the first error of preparing; empty where there is none.
func refusal(t testing.TB, p *Pipeline, params Params) string {
	t.Helper()
	_, errs := p.Prepare(t.Context(), params)
	if errs == nil {
		return ""
	}
	return string(answer.Code(errs[0]))
}
