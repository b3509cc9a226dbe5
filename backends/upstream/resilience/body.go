package resilience

import (
	"net/http"

	"tiffin/backends/upstream/body"
)

// TooLargeError says that an answer's body is longer than [Config.MaxBody].
type TooLargeError = body.TooLargeError

// intoMemory puts in the place of res's body what was read of it, held by memory. An error leaves nothing open.
func (a *attempt) intoMemory(res *http.Response, memory *body.Memory) error {
	if err := memory.Hold(res, a.cfg.MaxBody, a.buffers); err != nil {
		return err //nolint:wrapcheck // it says what was read
	}
	if res.Request == nil || res.Request.Method != http.MethodHead { // whose length is that of another body
		res.ContentLength = memory.Len()
	}
	res.TransferEncoding = nil
	return nil
}
