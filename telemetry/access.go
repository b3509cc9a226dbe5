package telemetry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"time"
)

// Access is what the log says about one request beyond what HTTP shows. The edge's positions fill it in as they learn; all of
// them run on the request's own goroutine.
type Access struct {
	// Operation and Kind are the GraphQL operation's name (empty for an anonymous one) and "query" or "mutation".
	Operation, Kind string
	// Subject is the hash of the caller, by Hash; empty for an anonymous one.
	Subject string
	// Errors counts the errors of the answer, also under HTTP 200. Code is the code of the first.
	Errors int
	Code   string
	// Refused says why a credential did not pass, in words of our own: nothing of the credential is in them.
	Refused string
}

type accessKey struct{}

// AccessFrom returns the record of the request that ctx works for. Outside of a request it is one that nobody reads.
func AccessFrom(ctx context.Context) *Access {
	if a, ok := ctx.Value(accessKey{}).(*Access); ok {
		return a
	}
	return new(Access)
}

// Hash shortens an identity to something that tells callers apart in a log without naming them: 16 hex digits of its SHA-256.
func Hash(identity string) string {
	sum := sha256.Sum256([]byte(identity))
	return hex.EncodeToString(sum[:8])
}

// maxLogged bounds what a client can put into one attribute of a log line, in bytes.
const maxLogged = 200

// log writes the request's one line. The query string is left out: a GET carries variables there.
func (a *Access) log(ctx context.Context, logger *slog.Logger, r *http.Request, status int, took time.Duration) {
	req := RequestFrom(ctx)
	attrs := []slog.Attr{
		slog.String("request_id", req.ID), slog.String("trace_id", req.TraceID),
		slog.String("method", clip(r.Method)), slog.String("path", clip(r.URL.Path)),
		slog.Int("status", status), slog.Float64("duration_ms", float64(took.Microseconds())/1000),
	}
	for _, text := range []slog.Attr{
		slog.String("kind", a.Kind), slog.String("operation", clip(a.Operation)), slog.String("subject", a.Subject),
		slog.String("code", a.Code), slog.String("refused", clip(a.Refused)),
	} {
		if text.Value.String() != "" {
			attrs = append(attrs, text)
		}
	}
	if a.Errors > 0 {
		attrs = append(attrs, slog.Int("errors", a.Errors))
	}
	logger.LogAttrs(ctx, slog.LevelInfo, "request", attrs...)
}

func clip(s string) string {
	if len(s) > maxLogged {
		return s[:maxLogged] + "…"
	}
	return s
}
