// Package bodytest stands in for what the client chain does with the bodies of answers.
package bodytest

import (
	"net/http"

	"tiffin/backends/upstream/body"
)

// Holding returns a transport that does what next does, and whose answers are in memory, that of the ones before: limit bytes at most.
func Holding(next http.RoundTripper, limit int64) http.RoundTripper {
	return &holding{next: next, limit: limit}
}

type holding struct {
	next    http.RoundTripper
	limit   int64
	buffers body.Buffers
}

func (h *holding) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := h.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	return res, new(body.Memory).Hold(res, h.limit, &h.buffers)
}
