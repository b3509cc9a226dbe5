package gateway

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"tiffin/fault"
	"tiffin/gateway/answer"
	"tiffin/telemetry"
)

// recover answers and counts panics of the edge itself; those of resolvers are caught field by field. An answer that had begun is cut,
// so that no client takes it for a whole one.
func (g *Gateway) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &beginning{ResponseWriter: w}
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			if value == http.ErrAbortHandler { //nolint:errorlint,err113 // net/http compares it so
				panic(value)
			}
			g.recovered(seen, r, value)
		}()
		next.ServeHTTP(seen, r)
	})
}

func (g *Gateway) recovered(w *beginning, r *http.Request, value any) {
	g.panics.Add(1)
	request := telemetry.Request{ID: w.Header().Get(telemetry.RequestIDHeader)}
	g.deps.Logger.LogAttrs(r.Context(), slog.LevelError, "request panicked",
		slog.String("request_id", request.ID), slog.String("panic", fmt.Sprint(value)), slog.String("stack", string(debug.Stack())))
	if w.begun {
		panic(http.ErrAbortHandler)
	}
	r = r.WithContext(telemetry.WithRequest(r.Context(), request))
	answer.Refuse(w, r, fault.New(fault.Internal, "Internal error."))
}

// beginning remembers whether an answer has begun.
type beginning struct {
	http.ResponseWriter

	begun bool
}

// WriteHeader implements http.ResponseWriter.
func (b *beginning) WriteHeader(status int) {
	b.begun = b.begun || status >= http.StatusOK
	b.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (b *beginning) Write(p []byte) (int, error) {
	b.begun = true
	return b.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (b *beginning) Unwrap() http.ResponseWriter { return b.ResponseWriter }
