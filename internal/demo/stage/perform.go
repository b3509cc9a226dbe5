package stage

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"
)

// garbage is no JSON, no XML and no UTF-8.
const garbage = "\x00\xff\xfe<{[ this is not an answer"

// perform carries the request out the way the fault says; the zero Fault is none.
func (i *instance) perform(w http.ResponseWriter, r *http.Request, fault Fault) {
	switch fault.Kind {
	case Status:
		drain(r)
		http.Error(w, "A fault of the board.", fault.status())
	case Reset:
		drain(r)
		cut(w, true)
	case XMLFault:
		drain(r)
		i.SystemFault(w, r)
	case LostAnswer:
		i.hold(r)
		cut(w, false)
	case Late:
		i.late(w, r, time.Duration(fault.MS)*time.Millisecond)
	case Truncate:
		truncate(w, i.hold(r))
	case Garbage:
		spoil(w, i.hold(r))
	default:
		i.Handler.ServeHTTP(w, r)
	}
}

// drain reads the request, so that the fault comes after it was sent.
func drain(r *http.Request) {
	_, _ = io.CopyN(io.Discard, r.Body, MaxBody) // what comes of the body does not matter any more
}

// hold carries the request out and keeps the answer. A stream ends at its first bytes.
func (i *instance) hold(r *http.Request) *answer {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	a := newAnswer()
	a.flushed = cancel
	i.Handler.ServeHTTP(a, r.WithContext(ctx))
	return a
}

// late closes the connection and carries the request out when nobody waits for it any more, whether or not the server still runs.
func (i *instance) late(w http.ResponseWriter, r *http.Request, after time.Duration) {
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxBody))
	if err != nil {
		panic(http.ErrAbortHandler) // it never arrived whole
	}
	cut(w, false)
	r = repeatable(r, body)
	_ = Pause(r.Context(), after) // a context without end
	i.Handler.ServeHTTP(newAnswer(), r)
}

// truncate announces the whole body, sends half of it and closes the connection.
func truncate(w http.ResponseWriter, a *answer) {
	whole := a.body.Len()
	a.header.Set("Content-Length", strconv.Itoa(whole))
	a.body.Truncate(whole / 2)
	a.send(w)
	_ = http.NewResponseController(w).Flush() // the client has gone: nothing to cut
	cut(w, false)
}

// spoil answers 200 with the content type of the answer and other bytes.
func spoil(w http.ResponseWriter, a *answer) {
	w.Header().Set("Content-Type", a.header.Get("Content-Type"))
	_, _ = io.WriteString(w, garbage) // the client has gone: nobody to tell
}

// cut ends the connection: by a reset, or in order but early.
func cut(w http.ResponseWriter, reset bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // no connection of its own (HTTP/2): net/http resets the stream
	}
	if reset {
		abort(conn)
		return
	}
	_ = conn.Close() // closed by the client: as wanted
}
