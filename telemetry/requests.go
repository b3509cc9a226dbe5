package telemetry

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// Requests names every request (see Incoming), says its id in the answer's X-Request-Id, and writes one line to the log when it has
// been answered, with what AccessFrom was told. A handler that panics is logged with the status it wrote, else 500; the panic goes on.
func Requests(logger *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		req, access := Incoming(r.Header), new(Access)
		ctx := context.WithValue(WithRequest(r.Context(), req), accessKey{}, access)
		w.Header().Set(RequestIDHeader, req.ID)
		seen := &statusWriter{ResponseWriter: w}
		returned := false
		defer func() { access.log(ctx, logger, r, seen.final(returned), time.Since(start)) }()
		next.ServeHTTP(seen, r.WithContext(ctx))
		returned = true
	})
}

// statusWriter remembers the status that was written.
type statusWriter struct {
	http.ResponseWriter

	status int // 0: none yet
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK { // 1xx come before the answer
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// final is the status that the client sees once the handler is done.
func (w *statusWriter) final(returned bool) int {
	switch {
	case w.status != 0:
		return w.status
	case returned:
		return http.StatusOK
	default:
		return http.StatusInternalServerError
	}
}
