package testkit

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/nettest"
)

func pipe() (client, server *conn) { return newConnPair("client:1", "server:80") }

// The conformance suite of the Go project for implementations of net.Conn.
func TestConnIsANetConn(t *testing.T) {
	nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) {
		c, s := pipe()
		return c, s, func() { _, _ = c.Close(), s.Close() }, nil
	})
}

func TestConnBuffersUpToItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := pipe()
		sent := bytes.Repeat([]byte("tiffin "), streamLimit/4) // more than the buffer holds
		done := false
		go func() {
			if n, err := c.Write(sent); n != len(sent) || err != nil {
				t.Errorf("Write = %d, %v, want %d, nil", n, err, len(sent))
			}
			done = true
			_ = c.Close()
		}()
		synctest.Wait()
		if held := len(s.in.buf); done || held != streamLimit {
			t.Errorf("without a reader: Write returned %t with %d bytes buffered, want false with %d", done, held, streamLimit)
		}
		got, err := io.ReadAll(s)
		if err != nil || !bytes.Equal(got, sent) {
			t.Errorf("ReadAll = %d bytes, %v, want the %d that were sent", len(got), err, len(sent))
		}
	})
}

func TestConnErrors(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(c, s *conn)
		do      func(c *conn) error
		want    error
	}{
		{"read after the peer closed", func(_, s *conn) { _ = s.Close() }, read, io.EOF},
		{"write after the peer closed", func(_, s *conn) { _ = s.Close() }, write, syscall.EPIPE},
		{"read after the peer reset", func(_, s *conn) { _ = s.SetLinger(0); _ = s.Close() }, read, syscall.ECONNRESET},
		{"write after the peer reset", func(_, s *conn) { _ = s.SetLinger(0); _ = s.Close() }, write, syscall.ECONNRESET},
		{"read after own close", func(c, _ *conn) { _ = c.Close() }, read, net.ErrClosed},
		{"write after own close", func(c, _ *conn) { _ = c.Close() }, write, net.ErrClosed},
		{"second close", func(c, _ *conn) { _ = c.Close() }, (*conn).Close, net.ErrClosed},
		{"deadline after close", func(c, _ *conn) { _ = c.Close() }, deadlineIn(time.Second), net.ErrClosed},
		{"read deadline", func(c, _ *conn) { _ = c.SetReadDeadline(time.Now().Add(time.Minute)) }, read, os.ErrDeadlineExceeded},
		{"write deadline", func(c, _ *conn) { fill(c); _ = c.SetWriteDeadline(time.Now().Add(time.Minute)) }, write, os.ErrDeadlineExceeded},
		{"deadline in the past", func(c, _ *conn) { _ = c.SetDeadline(time.Unix(1, 0)) }, read, os.ErrDeadlineExceeded},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := pipe()
				tt.prepare(c, s)
				if err := tt.do(c); !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
			})
		})
	}
}

func TestConnDeadlineCanBeMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := pipe()
		_ = c.SetReadDeadline(time.Now().Add(time.Second))
		time.AfterFunc(500*time.Millisecond, func() { _ = c.SetReadDeadline(time.Now().Add(time.Minute)) })
		time.AfterFunc(30*time.Second, func() { _ = write(s) })
		if err := read(c); err != nil {
			t.Errorf("Read = %v, want the bytes that came before the second deadline", err)
		}
	})
}

func TestConnKeepsWhatWasSentBeforeClose(t *testing.T) {
	c, s := pipe()
	_ = write(s)
	_ = s.Close()
	if got, err := io.ReadAll(c); string(got) != "x" || err != nil {
		t.Errorf("ReadAll = %q, %v, want x and no error", got, err)
	}
}

func TestConnAddresses(t *testing.T) {
	c, s := pipe()
	if c.LocalAddr() != s.RemoteAddr() || c.RemoteAddr() != s.LocalAddr() {
		t.Errorf("the ends disagree: %v → %v and %v → %v", c.LocalAddr(), c.RemoteAddr(), s.LocalAddr(), s.RemoteAddr())
	}
}

func read(c *conn) error {
	_, err := c.Read(make([]byte, 1))
	return err
}

func write(c *conn) error {
	_, err := c.Write([]byte("x"))
	return err
}

func fill(c *conn) { _, _ = c.Write(make([]byte, streamLimit)) }

func deadlineIn(d time.Duration) func(*conn) error {
	return func(c *conn) error { return c.SetDeadline(time.Now().Add(d)) }
}

// What the other end says to a Close is heard by nobody: who closes a connection because the time is up must not get an answer then.
func TestNothingIsReadAfterClose(t *testing.T) {
	for range 2000 {
		c, s := pipe()
		var group sync.WaitGroup
		group.Go(func() {
			_, _ = io.Copy(io.Discard, s)
			_, _ = io.WriteString(s, "late")
			_ = s.Close()
		})
		group.Go(func() {
			if n, err := c.Read(make([]byte, 4)); n > 0 || !errors.Is(err, net.ErrClosed) {
				t.Errorf("read %d bytes, %v", n, err)
			}
		})
		runtime.Gosched()
		_ = c.Close()
		group.Wait()
	}
}
