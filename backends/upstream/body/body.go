// Package body reads the bodies of answers: whole, within a bound, and once. What the client chain has read is held by a [Memory]; above it, [Use]
// lends the same bytes, and [Read] gives them for good.
//
// What a Memory holds is in [Buffers], which are used again. Two rules keep an answer's bytes its own: a buffer has one owner, who takes it from
// the one before under a lock; and it is given back once, by [Use], or by the Close of a Memory that still has it.
package body

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
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
var ErrSwitched = errors.New("the other end switched to another protocol, unasked")

// Read returns the body of res, limit bytes at most, and closes it. The rest of a longer one is left unread, and the error is a
// [TooLargeError]: that costs the connection, draining it could cost more. Other errors wrap those of the body's reading; what was read is
// judged by them alone, not by an error of its closing.
//
// The result is the caller's for good. Who needs the bytes for a moment only has them from [Use], which makes no copy.
func Read(res *http.Response, limit int64) ([]byte, error) {
	c, err := take(res, limit, nil)
	if err != nil {
		return nil, err
	}
	return c.keep(), nil
}

// Use is Read for who keeps nothing of the content: it is another answer's once use returns. The error is that of the reading, else that of use.
func Use(res *http.Response, limit int64, use func(content []byte) error) error {
	c, err := take(res, limit, nil)
	if err != nil {
		return err
	}
	defer c.free()
	return use(c.rest())
}

// take makes the caller the owner of the body of res, and closes it. Where it is in no memory yet, it is read into that of buffers.
func take(res *http.Response, limit int64, buffers *Buffers) (content, error) {
	if res.Body == http.NoBody { // an answer to HEAD has the length of another body
		return content{}, nil
	}
	c, err := open(res, limit, buffers)
	_ = res.Body.Close()
	if err != nil {
		return content{}, fmt.Errorf("read the answer of status %d: %w", res.StatusCode, err)
	}
	return c, nil
}

func open(res *http.Response, limit int64, buffers *Buffers) (content, error) {
	switch memory, held := res.Body.(*Memory); {
	case res.StatusCode == http.StatusSwitchingProtocols: // its body is the bare connection, which no context ends: reading could last for ever
		return content{}, ErrSwitched
	case res.ContentLength > limit:
		return content{}, &TooLargeError{Limit: limit, Announced: res.ContentLength}
	case held:
		return memory.take(limit)
	}
	// One byte more than announced, so that the end is met without growing.
	room := min(max(res.ContentLength+1, bytes.MinRead), firstChunk)
	return read(res.Body, limit, content{home: buffers, buffer: buffers.borrow(int(room))})
}

// read reads body into c, up to limit bytes.
func read(body io.Reader, limit int64, c content) (content, error) {
	b := c.buffer
	for {
		if len(b.bytes) == cap(b.bytes) {
			b.bytes = append(b.bytes, 0)[:len(b.bytes)]
		}
		n, err := body.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		switch {
		case int64(len(b.bytes)) > limit:
			c.free()
			return content{}, &TooLargeError{Limit: limit}
		case err == nil:
		case errors.Is(err, io.EOF):
			return c, nil
		default:
			c.free()
			return content{}, err //nolint:wrapcheck // it is the body's
		}
	}
}

// Memory is a body that has been read already. The zero value is empty. It is safe for concurrent use: a Close beside a Read is no rare thing.
type Memory struct {
	mu     sync.Mutex
	held   content
	closed bool
}

// Hold reads the body of res, as [Read] does, into memory of buffers, and puts m in its place. It is called once.
func (m *Memory) Hold(res *http.Response, limit int64, buffers *Buffers) error {
	held, err := take(res, limit, buffers)
	if err != nil {
		return err
	}
	m.held = held
	res.Body = m
	return nil
}

// Len is how many bytes are left to be read.
func (m *Memory) Len() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return int64(len(m.held.rest()))
}

// Read implements [io.Reader].
func (m *Memory) Read(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	n := copy(p, m.held.rest())
	m.held.from += n
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Close implements [io.Closer].
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.held.free()
	m.held = content{}
	return nil
}

// take makes the caller the owner of what was not read yet.
func (m *Memory) take(limit int64) (content, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return content{}, http.ErrBodyReadAfterClose
	}
	if int64(len(m.held.rest())) > limit {
		return content{}, &TooLargeError{Limit: limit}
	}
	held := m.held
	m.held = content{}
	return held, nil
}

// Peek shows look what Read would return of an answer whose body is a [Memory], and leaves it there; of others it shows nothing. Look keeps
// nothing of it.
func Peek(res *http.Response, look func(content []byte)) {
	m, held := res.Body.(*Memory)
	if !held {
		look(nil)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	look(m.held.rest())
}
