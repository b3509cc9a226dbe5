// Package body reads the bodies of answers: whole, within a bound, and once. What the client chain has read is put into a [Memory], and
// whoever reads it above, with [Read], gets the same bytes and no copy.
package body

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// firstChunk is how much is allocated for a body on its Content-Length alone; more comes as its bytes do.
const firstChunk = 64 << 10

// TooLargeError says that an answer's body is longer than allowed. Another attempt would bring the same.
type TooLargeError struct {
	// Limit is in bytes, and so is Announced, the answer's Content-Length; 0 where it was met without one.
	Limit, Announced int64
}

func (e *TooLargeError) Error() string {
	if e.Announced > 0 {
		return fmt.Sprintf("%d bytes are more than the bound of %d; raise max_body if that is right", e.Announced, e.Limit)
	}
	return fmt.Sprintf("more than the bound of %d bytes; raise max_body if that is right", e.Limit)
}

// DefaultLimit bounds a body that nobody else has set a bound for: 4 MiB.
const DefaultLimit = 4 << 20

// Bounded is a transport that bounds the bodies of its answers by itself, by what an operator has configured.
type Bounded interface {
	http.RoundTripper
	// MaxBody is the bound in bytes.
	MaxBody() int64
}

// Limit is the bound for answers of transport: own where that is set, else the transport's, so that there is one place to raise it.
func Limit(own int64, transport http.RoundTripper) int64 {
	if own > 0 {
		return own
	}
	if bounded, ok := transport.(Bounded); ok {
		return bounded.MaxBody()
	}
	return DefaultLimit
}

// ErrSwitched says that an answer is no answer: the other end has changed to another protocol, which nobody asked for.
var ErrSwitched = errors.New("status 101: the other end switched to another protocol, unasked")

// Read returns the body of res, limit bytes at most, and closes it. The rest of a longer one is left unread, and the error is a
// [TooLargeError]: that costs the connection, draining it could cost more. Other errors are those of the body's reading; what was read is
// judged by them alone, not by an error of its closing.
//
// The result may be shared with who reads the same answer next. It is not to be changed.
func Read(res *http.Response, limit int64) ([]byte, error) {
	if res.Body == http.NoBody { // an answer to HEAD has the length of another body
		return nil, nil
	}
	if res.StatusCode == http.StatusSwitchingProtocols { // its body is the bare connection, which no context ends: reading could last for ever
		_ = res.Body.Close()
		return nil, ErrSwitched
	}
	content, err := read(res, limit)
	_ = res.Body.Close()
	return content, err
}

func read(res *http.Response, limit int64) ([]byte, error) {
	if res.ContentLength > limit {
		return nil, &TooLargeError{Limit: limit, Announced: res.ContentLength}
	}
	if held, ok := res.Body.(*Memory); ok {
		return held.take(limit)
	}
	// One byte more than announced, so that the end is met without growing.
	buffer := make([]byte, 0, min(max(res.ContentLength+1, bytes.MinRead), firstChunk))
	for {
		n, err := res.Body.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		switch {
		case int64(len(buffer)) > limit:
			return nil, &TooLargeError{Limit: limit}
		case errors.Is(err, io.EOF):
			return buffer, nil
		case err != nil:
			return nil, err //nolint:wrapcheck // it is the body's
		case len(buffer) == cap(buffer):
			buffer = append(buffer, 0)[:len(buffer)]
		}
	}
}

// Memory is a body that needs no closing.
type Memory struct {
	bytes.Reader

	content []byte
}

// Put makes m, with content, the body of res, to be read from its start. Content does not change any more.
func (m *Memory) Put(res *http.Response, content []byte) {
	m.content = content
	m.Reset(content)
	res.Body = m
}

// Close implements io.Closer.
func (*Memory) Close() error { return nil }

// take returns what was not read yet.
func (m *Memory) take(limit int64) ([]byte, error) {
	if int64(m.Len()) > limit {
		return nil, &TooLargeError{Limit: limit}
	}
	rest := m.content[len(m.content)-m.Len():]
	_, _ = m.Seek(0, io.SeekEnd) // cannot fail
	return rest, nil
}
