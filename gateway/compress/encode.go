package compress

import (
	"bytes"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// encoders compress as many answers at once as the configuration says, each with memory of its own that is used again.
type encoders struct {
	gzip chan *gzip.Writer // nil ones are made when they are first used
	zstd chan *zstd.Encoder
}

func newEncoders(concurrent int) *encoders {
	e := &encoders{gzip: make(chan *gzip.Writer, concurrent), zstd: make(chan *zstd.Encoder, concurrent)}
	for range concurrent {
		e.gzip <- nil
		e.zstd <- nil
	}
	return e
}

// encode is the text in the coding; nil where all encoders are busy or it would be no shorter.
func (e *encoders) encode(coding string, text []byte) []byte {
	var short []byte
	if coding == gzipped {
		short = e.toGzip(text)
	} else {
		short = e.toZstd(text)
	}
	if len(short) >= len(text) {
		return nil
	}
	return short
}

func (e *encoders) toGzip(text []byte) []byte {
	select {
	case w := <-e.gzip:
		defer func() { e.gzip <- w }()
		var to bytes.Buffer
		to.Grow(len(text) / 4)
		if w == nil {
			w, _ = gzip.NewWriterLevel(&to, gzip.BestSpeed) // the level is one that there is
		}
		w.Reset(&to)
		if _, err := w.Write(text); err != nil || w.Close() != nil { // a buffer takes everything
			return nil
		}
		return to.Bytes()
	default:
		return nil
	}
}

// window bounds how far back zstd looks, and so the memory of both sides, in bytes.
const window = 256 << 10

func (e *encoders) toZstd(text []byte) []byte {
	select {
	case w := <-e.zstd:
		defer func() { e.zstd <- w }()
		if w == nil {
			w, _ = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), // options that go together
				zstd.WithWindowSize(window), zstd.WithLowerEncoderMem(true))
		}
		return w.EncodeAll(text, make([]byte, 0, len(text)/4))
	default:
		return nil
	}
}
