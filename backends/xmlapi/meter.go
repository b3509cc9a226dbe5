package xmlapi

import (
	"fmt"
	"io"
)

// meter hands a text to the parser byte by byte, and at most max bytes between two refills: one per token. So a single tag with a
// million attributes costs no more than max, whatever the whole document may.
type meter struct {
	text     []byte
	max, got int
}

func (m *meter) refill() { m.got = 0 }

// ReadByte implements [io.ByteReader], which makes the parser read without a buffer of its own.
func (m *meter) ReadByte() (byte, error) {
	if len(m.text) == 0 {
		return 0, io.EOF
	}
	if m.got >= m.max {
		return 0, fmt.Errorf("a tag, text or comment longer than the bound of %d bytes", m.max)
	}
	b := m.text[0]
	m.text = m.text[1:]
	m.got++
	return b, nil
}

// Read implements [io.Reader].
func (m *meter) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := m.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}
