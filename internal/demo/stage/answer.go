package stage

import (
	"bytes"
	"maps"
	"net/http"
)

// answer is a response that is held back: nothing of it is sent before send.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
	// flushed is called when a handler sends what it has so far, as streams do; nil to ignore that.
	flushed func()
}

func newAnswer() *answer { return &answer{header: http.Header{}} }

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// Flush implements http.Flusher.
func (a *answer) Flush() {
	a.WriteHeader(http.StatusOK)
	if a.flushed != nil {
		a.flushed()
	}
}

// send answers w; it may be called for several requests.
func (a *answer) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(max(a.status, http.StatusOK))
	_, _ = w.Write(a.body.Bytes()) // the client has gone: nobody to tell
}
