package body

import (
	"bytes"
	"slices"
	"sync"
)

// maxKept is the longest buffer that is kept for another answer: few answers are longer, and theirs would be held for nothing.
const maxKept = 64 << 10

// Buffers are the memory for a service's answers, which are about equally long. The zero value is ready, and safe for concurrent use. Those that
// nobody uses are left to the garbage collector after a while.
type Buffers struct{ free sync.Pool }

type buffer struct{ bytes []byte }

// borrow returns an empty buffer with room for at least size bytes; a new one where b is nil.
func (b *Buffers) borrow(size int) *buffer {
	if b != nil {
		if used, ok := b.free.Get().(*buffer); ok && cap(used.bytes) >= size {
			used.bytes = used.bytes[:0]
			return used
		}
	}
	return &buffer{make([]byte, 0, size)}
}

// content is what is left of a body: the bytes of buffer, which is to be given back to home, from that one on. The zero value is empty.
type content struct {
	home   *Buffers
	buffer *buffer
	from   int
}

func (c content) rest() []byte {
	if c.buffer == nil {
		return nil
	}
	return slices.Clip(c.buffer.bytes[c.from:]) // behind it are other answers' bytes
}

// borrowed reports whether the buffer is to be given back.
func (c content) borrowed() bool {
	return c.home != nil && c.buffer != nil && cap(c.buffer.bytes) <= maxKept
}

// free gives the buffer back. Its owner calls it once, and is none afterwards.
func (c content) free() {
	if c.borrowed() {
		c.home.free.Put(c.buffer)
	}
}

// keep is what is left, for good: a copy where the buffer goes back. It is called in place of free.
func (c content) keep() []byte {
	if !c.borrowed() {
		return c.rest()
	}
	defer c.free()
	return bytes.Clone(c.rest())
}
