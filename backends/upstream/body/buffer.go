package body

import "sync"

// maxKept is the longest buffer that is kept for another answer: few answers are longer, and theirs would be held for nothing.
const maxKept = 64 << 10

// buffers are those that nobody uses. The garbage collector takes what stays here for long.
var buffers = sync.Pool{New: func() any { return new(buffer) }} //nolint:gochecknoglobals // memory has no owner

type buffer struct{ bytes []byte }

// borrow returns an empty buffer with room for at least size bytes.
func borrow(size int) *buffer {
	b, _ := buffers.Get().(*buffer)
	if cap(b.bytes) < size {
		b.bytes = make([]byte, 0, size)
	}
	b.bytes = b.bytes[:0]
	return b
}

// content is what is left of a body: the bytes of buffer from that one on. The zero value is empty.
type content struct {
	buffer *buffer
	from   int
}

func (c content) rest() []byte {
	if c.buffer == nil {
		return nil
	}
	return c.buffer.bytes[c.from:]
}

// free gives the buffer back. Its owner calls it once, and is none afterwards.
func (c content) free() {
	if c.buffer != nil && cap(c.buffer.bytes) <= maxKept {
		buffers.Put(c.buffer)
	}
}
