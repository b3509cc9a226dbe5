package rest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
)

var errKey = errors.New("the idempotency key is not a string of printable ASCII")

func (c *Client) request(ctx context.Context, method, path, key string, body any) (*http.Request, error) {
	content, err := encode(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.service+path, reader(content, key != ""))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.ContentLength = int64(len(content))
		req.Header.Set("Content-Type", "application/json")
	}
	return req, setKey(req.Header, key)
}

func encode(body any) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	return json.Marshal(body, json.Deterministic(true))
}

// reader returns the request's body. Where once is true it cannot be rewound, even if it is empty: net/http repeats a request on
// its own when it carries an Idempotency-Key and has no body or one with GetBody.
func reader(content []byte, once bool) io.Reader {
	if once {
		return struct{ io.Reader }{bytes.NewReader(content)}
	}
	if len(content) == 0 {
		return nil
	}
	return bytes.NewReader(content)
}

// setKey writes the key as a string of structured fields (RFC 9651, section 4.1.6).
func setKey(header http.Header, key string) error {
	if key == "" {
		return nil
	}
	for _, r := range key {
		if r < ' ' || r > '~' {
			return errKey
		}
	}
	header.Set("Idempotency-Key", `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key)+`"`)
	return nil
}
