package answer

import (
	"context"
	"strings"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"tiffin/fault"
	"tiffin/telemetry"
)

// The bounds of what an answer says about failures.
const (
	MaxErrors    = 10
	maxMessage   = 300 // bytes
	maxLocations = 10
)

// Error presents f to a client: everything but its cause, which stays in Err for the log. An Internal one carries the request's id,
// under which the log has more.
func Error(ctx context.Context, f *fault.Error) *gqlerror.Error {
	extensions := map[string]any{"code": string(f.Code)}
	if f.Service != "" {
		extensions["service"] = f.Service
	}
	if f.Retryable {
		extensions["retryable"] = true
	} else if f.Service != "" {
		extensions["retryable"] = false // where a service failed the client wants to know either way
	}
	if f.RetryAfter > 0 {
		extensions["retryAfterMs"] = f.RetryAfter.Milliseconds()
	}
	if f.Code == fault.Internal {
		extensions["requestId"] = telemetry.RequestFrom(ctx).ID
	}
	return &gqlerror.Error{Message: f.Message, Extensions: extensions, Err: f}
}

// Code is the code of a presented error; Internal where it has none.
func Code(e *gqlerror.Error) fault.Code {
	if code, ok := e.Extensions["code"].(string); ok {
		return fault.Code(code)
	}
	return fault.Internal
}

// clip bounds a message, which can quote the document.
func clip(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	return strings.ToValidUTF8(message[:maxMessage], "") + "…"
}
