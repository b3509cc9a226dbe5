package testkit

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// streamLimit bounds the bytes one direction of a connection holds, as the
// kernel's socket buffers do; a writer beyond it waits for the reader.
const streamLimit = 64 << 10

// stream is one direction of a connection: a bounded buffer between one end's
// Write and the other end's Read. A pipe without a buffer would deadlock a
// server that answers before it has read the request.
type stream struct {
	mu      sync.Mutex
	changed *sync.Cond // broadcast whenever a waiting end may go on
	buf     []byte

	readErr  error // what Read answers from now on, before any bytes left
	writeErr error // what Write answers from now on
	ended    bool  // the writer is gone: io.EOF after the bytes left

	readBy, writeBy deadline
}

func newStream() *stream {
	s := &stream{}
	s.changed = sync.NewCond(&s.mu)
	return s
}

// read waits for bytes, the end, an error or the deadline.
func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.readErr != nil:
			return 0, s.readErr
		case s.readBy.passed:
			return 0, os.ErrDeadlineExceeded
		case len(p) == 0:
			return 0, nil
		case len(s.buf) > 0:
			n := copy(p, s.buf)
			s.buf = s.buf[:copy(s.buf, s.buf[n:])]
			s.changed.Broadcast()
			return n, nil
		case s.ended:
			return 0, io.EOF
		}
		s.changed.Wait()
	}
}

// write returns when every byte is in the buffer, or says how many are.
func (s *stream) write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	written := 0
	for {
		switch {
		case s.writeErr != nil:
			return written, s.writeErr
		case s.writeBy.passed:
			return written, os.ErrDeadlineExceeded
		case written == len(p):
			return written, nil
		}
		if room := min(streamLimit-len(s.buf), len(p)-written); room > 0 {
			s.buf = append(s.buf, p[written:written+room]...)
			written += room
			s.changed.Broadcast()
			continue
		}
		s.changed.Wait()
	}
}

// closeWrite is the writing end's Close: the reader gets what is buffered, then
// io.EOF.
func (s *stream) closeWrite() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended, s.writeErr = true, net.ErrClosed
	s.writeBy.stop()
	s.changed.Broadcast()
}

// closeRead is the reading end's Close: nobody will read, so the writer's next
// write fails as on a socket whose peer has gone (EPIPE) or reset it.
func (s *stream) closeRead(heard error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf, s.readErr = nil, net.ErrClosed
	if s.writeErr == nil {
		s.writeErr = heard
	}
	s.readBy.stop()
	s.changed.Broadcast()
}

// reset drops what is buffered: the reader gets ECONNRESET at once.
func (s *stream) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf = nil
	if s.readErr == nil {
		s.readErr = syscall.ECONNRESET
	}
	s.changed.Broadcast()
}

func (s *stream) setReadDeadline(t time.Time)  { s.setDeadline(&s.readBy, t) }
func (s *stream) setWriteDeadline(t time.Time) { s.setDeadline(&s.writeBy, t) }

func (s *stream) setDeadline(d *deadline, t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.stop()
	switch wait := time.Until(t); {
	case t.IsZero():
	case wait <= 0:
		d.passed = true
	default:
		d.timer = s.expire(d, wait)
	}
	s.changed.Broadcast()
}

// expire marks the deadline as passed after wait, unless it was set anew before.
func (s *stream) expire(d *deadline, wait time.Duration) *time.Timer {
	var timer *time.Timer
	timer = time.AfterFunc(wait, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if d.timer == timer {
			d.passed = true
			s.changed.Broadcast()
		}
	})
	return timer
}

// deadline is the state of one SetReadDeadline or SetWriteDeadline, guarded by
// its stream's lock.
type deadline struct {
	timer  *time.Timer
	passed bool
}

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
	d.timer, d.passed = nil, false
}
