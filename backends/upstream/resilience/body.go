package resilience

import (
	"errors"
	"fmt"
	"net/http"

	"tiffin/backends/upstream/body"
)

// TooLargeError says that an answer's body is longer than [Config.MaxBody].
type TooLargeError = body.TooLargeError

// intoMemory puts in the place of res's body what was read of it, at most limit bytes, held by memory. An error leaves nothing open.
func intoMemory(res *http.Response, limit int64, memory *body.Memory) error {
	content, err := body.Read(res, limit)
	if large := (*TooLargeError)(nil); err != nil && !errors.As(err, &large) {
		return fmt.Errorf("read the answer's body: %w", err)
	}
	if err != nil {
		return err
	}
	if res.Request == nil || res.Request.Method != http.MethodHead { // whose length is that of another body
		res.ContentLength = int64(len(content))
	}
	res.TransferEncoding = nil
	memory.Put(res, content)
	return nil
}
