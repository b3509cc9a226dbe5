package xmlapi

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
)

const mediaType = "application/xml"

var (
	errKey       = errors.New("the idempotency key is not a string of printable ASCII")
	errCharacter = errors.New("a value has a character that XML cannot carry")
)

func (c *Client) request(ctx context.Context, path, key string, document any) (*http.Request, error) {
	content, err := encode(document)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.cfg.Service+path, reader(content, key != ""))
	if err != nil {
		return nil, err
	}
	req.ContentLength = int64(len(content))
	req.Header.Set("Content-Type", mediaType+"; charset=utf-8")
	req.Header.Set("Accept", mediaType)
	return req, setKey(req.Header, key)
}

// encode writes a document. encoding/xml puts U+FFFD in the place of what XML cannot carry (XML 1.0, production 2, "Char"); a value
// that was changed on the way is worse than none.
func encode(document any) ([]byte, error) {
	content, err := xml.Marshal(document)
	if err != nil {
		return nil, err
	}
	if bytes.ContainsRune(content, '\uFFFD') {
		return nil, errCharacter
	}
	return append([]byte(xml.Header), content...), nil
}

// reader returns the request's body. Where once is true it cannot be rewound: net/http repeats a request on its own when it carries
// an Idempotency-Key and a body with GetBody.
func reader(content []byte, once bool) io.Reader {
	if once {
		return struct{ io.Reader }{bytes.NewReader(content)}
	}
	return bytes.NewReader(content)
}

// setKey writes the key as a string of structured fields (RFC 9651, section 4.1.6).
func setKey(header http.Header, key string) error {
	if key == "" {
		return nil
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return errKey
	}
	header.Set("Idempotency-Key", `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key)+`"`)
	return nil
}
