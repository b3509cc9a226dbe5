package compress

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Handler compresses answers of next whose length is known, is worth it and is bounded, and whose type is JSON.
func Handler(cfg Config, next http.Handler) http.Handler {
	cfg = cfg.WithDefaults()
	if cfg.Disabled {
		return next
	}
	encoders := newEncoders(cfg.Concurrent)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := &answer{ResponseWriter: w, cfg: cfg, coding: negotiate(r.Header, cfg.Encodings)}
		next.ServeHTTP(a, r)
		a.end(encoders) // not after a panic: then there is nothing whole to send
	})
}

// answer holds back an answer that is to be compressed.
type answer struct {
	http.ResponseWriter

	cfg    Config
	coding string

	begun   bool
	status  int
	length  int
	held    []byte
	holding bool
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.begun || status < http.StatusOK {
		a.ResponseWriter.WriteHeader(status)
		return
	}
	a.begun = true
	if !a.suits(status) {
		a.ResponseWriter.WriteHeader(status)
		return
	}
	h := a.Header()
	if !slices.Contains(h.Values("Vary"), acceptEncoding) {
		h.Add("Vary", acceptEncoding)
	}
	if a.coding == "" {
		a.ResponseWriter.WriteHeader(status)
		return
	}
	a.status, a.holding, a.held = status, true, make([]byte, 0, a.length)
}

const acceptEncoding = "Accept-Encoding"

// suits reports whether an answer with this header could be compressed.
func (a *answer) suits(status int) bool {
	h := a.Header()
	length, err := strconv.Atoi(h.Get("Content-Length"))
	media, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	a.length = length
	return err == nil && length >= a.cfg.MinBytes && length <= a.cfg.MaxBytes && h.Get("Content-Encoding") == "" && h.Get("Content-Range") == "" &&
		(media == "application/json" || media == "application/graphql-response+json") &&
		status != http.StatusNoContent && status != http.StatusNotModified && !strings.Contains(h.Get("Cache-Control"), "no-transform")
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	if !a.begun {
		a.WriteHeader(http.StatusOK)
	}
	if !a.holding {
		return a.ResponseWriter.Write(p)
	}
	if len(a.held)+len(p) > a.length { // as the server would say itself
		return 0, http.ErrContentLength
	}
	a.held = append(a.held, p...)
	return len(p), nil
}

// FlushError implements what http.ResponseController looks for. What is held back is sent at its end.
func (a *answer) FlushError() error {
	if a.holding {
		return nil
	}
	a.begun = true // with the header as it is
	return http.NewResponseController(a.ResponseWriter).Flush()
}

// end sends what was held back.
func (a *answer) end(encoders *encoders) {
	if !a.holding {
		return
	}
	body := a.held
	if short := encoders.encode(a.coding, body); short != nil && len(body) == a.length {
		h := a.Header()
		h.Set("Content-Encoding", a.coding)
		h.Set("Content-Length", strconv.Itoa(len(short)))
		body = short
	}
	a.ResponseWriter.WriteHeader(a.status)
	_, _ = a.ResponseWriter.Write(body) // the client may have left
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
