package resilience

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
	// Limit is in bytes.
	Limit int64
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the answer's body is longer than %d bytes; raise max_body if that is right", e.Limit)
}

// intoMemory reads the body of res, at most limit bytes, closes it and puts a [bytes.Reader] in its place. An error leaves nothing open.
func intoMemory(res *http.Response, limit int64) error {
	content, err := readAll(res, limit)
	_ = res.Body.Close() // what was read is judged by err alone
	if err != nil {
		return err
	}
	if res.Request == nil || res.Request.Method != http.MethodHead { // whose length is that of another body
		res.ContentLength = int64(len(content))
	}
	res.TransferEncoding = nil
	body := &memory{}
	body.Reset(content)
	res.Body = body
	return nil
}

func readAll(res *http.Response, limit int64) ([]byte, error) {
	if res.ContentLength > limit {
		return nil, &TooLargeError{limit}
	}
	if res.Body == http.NoBody {
		return nil, nil
	}
	// One byte more than announced, so that the end is met without growing.
	buffer := make([]byte, 0, min(max(res.ContentLength+1, bytes.MinRead), firstChunk))
	for {
		n, err := res.Body.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		switch {
		case int64(len(buffer)) > limit:
			return nil, &TooLargeError{limit}
		case errors.Is(err, io.EOF):
			return buffer, nil
		case err != nil:
			return nil, fmt.Errorf("read the answer's body: %w", err)
		case len(buffer) == cap(buffer):
			buffer = append(buffer, 0)[:len(buffer)]
		}
	}
}

// memory is a body that needs no closing.
type memory struct{ bytes.Reader }

func (*memory) Close() error { return nil }
