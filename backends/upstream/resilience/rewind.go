package resilience

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"tiffin/backends/upstream/call"
)

// maxRequestBody bounds what is kept of a request to send it again.
const maxRequestBody = 4 << 20

// rewindable returns req with a body that GetBody gives again: req itself where that is so already, otherwise a copy with the body in
// memory. Clients make the body of a keyed write so that net/http cannot rewind it; who may repeat it is decided here, and Attempt keeps
// it from net/http again.
func rewindable(req *http.Request) (*http.Request, error) {
	if req.Body == nil || req.Body == http.NoBody || req.GetBody != nil {
		return req, nil
	}
	content, err := io.ReadAll(io.LimitReader(req.Body, maxRequestBody+1))
	_ = req.Body.Close() // a position closes it, also on errors
	if err != nil {
		return nil, fmt.Errorf("read the request's body: %w", err)
	}
	if len(content) > maxRequestBody {
		return nil, fmt.Errorf("the request's body is longer than %d bytes, too long to be kept for another attempt: %w", maxRequestBody, call.ErrNotSent)
	}
	out := *req
	out.ContentLength = int64(len(content))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
	out.Body, _ = out.GetBody()
	if len(content) == 0 {
		out.Body, out.GetBody = http.NoBody, nil
	}
	return &out, nil
}

// rewound returns req with its body from the start.
func rewound(req *http.Request) (*http.Request, error) {
	if req.GetBody == nil {
		return req, nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, fmt.Errorf("rewind the request's body: %w", err)
	}
	out := *req
	out.Body = body
	return &out, nil
}
