package telemetry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/netip"
	"time"
)

// Access is what the log says about one request beyond what HTTP shows. The edge's positions fill it in as they learn; all of
// them run on the request's own goroutine.
type Access struct {
	// Address is the client's, as far as it is known who that is behind load balancers.
	Address netip.Addr
	// ClientName and ClientVersion are what the client says of itself.
	ClientName, ClientVersion string
	// Operation and Kind are the GraphQL operation's name (empty for an anonymous one) and "query" or "mutation".
	Operation, Kind string
	// Document is the hash of the operation's document, by Hash: the beginning of its SHA-256, by which documents are named elsewhere.
	Document string
	// Cost is what the operation was estimated to cost, ActualCost what it cost; 0 where nobody knows.
	Cost, ActualCost int
	// Subject is the hash of the caller, by Hash; empty for an anonymous one.
	Subject string
	// Errors counts the errors of the answer, also under HTTP 200. Code is the code of the first. NoteError tells both.
	Errors int
	Code   string
	// Partial says that the answer has data beside its errors, Stale how many of its fields are older than they should be.
	Partial bool
	Stale   int
	// Refused says why a credential did not pass, in words of our own: nothing of the credential is in them.
	Refused string

	// errors are the errors by what they are; few, however many there are.
	errors []errorCount
}

// errorCount is how often an answer has errors of one code and service.
type errorCount struct {
	code, service string
	times         int
}

// NoteError tells of one error of the answer: its code, and the service that it is to be blamed on, or "".
func (a *Access) NoteError(code, service string) {
	if a.Errors++; a.Errors == 1 {
		a.Code = code
	}
	for n := range a.errors {
		if e := &a.errors[n]; e.code == code && e.service == service {
			e.times++
			return
		}
	}
	a.errors = append(a.errors, errorCount{code, service, 1})
}

// recordKey is where a request's context has its record.
type recordKey struct{}

// record is all that a context knows of one request: its names, and what its line tells. It is that context itself, for there is one for
// every request.
type record struct {
	context.Context //nolint:containedctx // it is one

	request Request
	access  Access
	calls   calls
	seen    statusWriter
}

// Value implements context.Context.
func (r *record) Value(key any) any {
	if key == any(recordKey{}) {
		return r
	}
	return r.Context.Value(key)
}

// AccessFrom returns the record of the request that ctx works for. Outside of a request it is one that nobody reads.
func AccessFrom(ctx context.Context) *Access {
	if r, ok := ctx.Value(recordKey{}).(*record); ok {
		return &r.access
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
func (r *record) log(ctx context.Context, logger *slog.Logger, req *http.Request, status int, took time.Duration) {
	request := RequestFrom(ctx)
	attrs := []slog.Attr{
		slog.String("request_id", request.ID), slog.String("trace_id", request.TraceID),
		slog.String("method", clip(req.Method)), slog.String("path", clip(req.URL.Path)),
		slog.Int("status", status), slog.Float64("duration_ms", millis(took)),
	}
	logger.LogAttrs(ctx, slog.LevelInfo, "request", r.attrs(attrs)...)
}

// attrs adds what the edge's positions told, leaving out what they did not.
func (r *record) attrs(attrs []slog.Attr) []slog.Attr {
	a := &r.access
	for _, text := range [...]slog.Attr{
		slog.String("client", a.address()), slog.String("client_name", clip(a.ClientName)), slog.String("client_version", clip(a.ClientVersion)),
		slog.String("kind", a.Kind), slog.String("operation", clip(a.Operation)), slog.String("operation_hash", a.Document),
		slog.String("subject", a.Subject), slog.String("code", a.Code), slog.String("refused", clip(a.Refused)),
	} {
		if text.Value.String() != "" {
			attrs = append(attrs, text)
		}
	}
	for _, number := range [...]slog.Attr{
		slog.Int("errors", a.Errors), slog.Int("stale", a.Stale), slog.Int("cost", a.Cost), slog.Int("actual_cost", a.ActualCost),
	} {
		if number.Value.Int64() > 0 {
			attrs = append(attrs, number)
		}
	}
	if a.Partial {
		attrs = append(attrs, slog.Bool("partial", true))
	}
	lines, more := r.calls.lines()
	if len(lines) > 0 {
		attrs = append(attrs, slog.Any("calls", lines))
	}
	if more > 0 {
		attrs = append(attrs, slog.Int("more_calls", more))
	}
	return attrs
}

func (a *Access) address() string {
	if !a.Address.IsValid() {
		return ""
	}
	return a.Address.String()
}

func clip(s string) string {
	if len(s) > maxLogged {
		return s[:maxLogged] + "…"
	}
	return s
}
