package operation

import (
	"context"
	"errors"
	"log/slog"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tiffin/fault"
	"tiffin/gateway/answer"
	"tiffin/telemetry"
)

// The bounds of a log line, in bytes.
const (
	maxCause = 1 << 10
	maxStack = 16 << 10
)

// log writes what the answer does not say: the causes of its errors, as many as it shows.
func (p *Pipeline) log(ctx context.Context, op *graphql.OperationContext, errs gqlerror.List) {
	for _, e := range errs[:min(len(errs), answer.MaxErrors)] {
		level, cause := hidden(e)
		if cause == nil {
			continue
		}
		request := telemetry.RequestFrom(ctx)
		attrs := []slog.Attr{
			slog.String("request_id", request.ID), slog.String("trace_id", request.TraceID),
			slog.String("operation", clip(op.OperationName, maxCause)), slog.String("path", clip(e.Path.String(), maxCause)),
			slog.String("code", string(answer.Code(e))), slog.String("cause", clip(cause.Error(), maxCause)),
		}
		if p, ok := errors.AsType[*panicked](cause); ok {
			attrs = append(attrs, slog.String("stack", clip(string(p.stack), maxStack)))
		}
		p.logger.LogAttrs(ctx, level, "field failed", attrs...)
	}
}

// hidden is the part of an error that the client does not see: nil where it sees everything.
func hidden(e *gqlerror.Error) (slog.Level, error) {
	if answer.Code(e) == fault.Internal {
		return slog.LevelError, e.Err
	}
	if known, ok := errors.AsType[*fault.Error](e.Err); ok && known.Cause != nil {
		return slog.LevelWarn, known
	}
	return slog.LevelInfo, nil
}

func clip(s string, most int) string {
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
