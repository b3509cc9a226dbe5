package contract

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
)

// recorder passes a response on and keeps what was sent. The whole body is kept:
// a contract's responses are bounded by the service that sends them.
type recorder struct {
	http.ResponseWriter

	status   int
	header   http.Header // as it was when the status was sent
	body     bytes.Buffer
	hijacked bool
}

// WriteHeader implements http.ResponseWriter. Informational responses are passed
// on and not kept.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status, r.header = status, r.Header().Clone()
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	r.body.Write(p)
	return r.ResponseWriter.Write(p)
}

// Flush implements http.Flusher, so that streams stay streams.
func (r *recorder) Flush() {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	_ = http.NewResponseController(r.ResponseWriter).Flush() // http.Flusher has no error either
}

// Hijack implements http.Hijacker.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r.hijacked = true
	return http.NewResponseController(r.ResponseWriter).Hijack()
}

// Unwrap gives http.ResponseController the rest.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// code is the status that the client sees; net/http sends 200 for a handler that
// sends none.
func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

// sent is the header that the client sees, with the content type that net/http
// adds to a body without one.
func (r *recorder) sent() http.Header {
	header := r.header
	if header == nil {
		header = r.Header().Clone()
	}
	if header.Get("Content-Type") == "" && r.body.Len() > 0 {
		header.Set("Content-Type", http.DetectContentType(r.body.Bytes()))
	}
	return header
}
