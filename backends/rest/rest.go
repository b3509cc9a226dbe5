// Package rest speaks JSON over HTTP with a service: it encodes a request, decodes the answer, and turns statuses and broken
// answers into faults. Which instance is reached, how often and for how long is the transport's business.
//
//	backends/<service> ── rest.Client ── http.RoundTripper (backends/upstream)
//
// JSON is read by the rules of RFC 8259 and I-JSON (RFC 7493) with no leniency: names match by case, a name occurs once, text is
// valid UTF-8, nothing follows the value. Members that the caller does not know are skipped, for services add some; members
// that are missing leave the zero value, and the caller checks those it needs.
//
// # What a call returns
//
//	2xx                         nil, and the body decoded
//	404 of a read               a [fault.Error] with code NOT_FOUND, where the service says so in a [Problem]
//	409, 410, 422               a [Problem] round a [fault.Refused]: a definite no
//	408, 429, 5xx               [fault.Unavailable], with Retry-After where the service gave it
//	any other status            [fault.Broken]: one side breaks the contract, a repeat will not mend it
//	a reset, truncated, overlong
//	or unparsable answer, or a
//	body where there is none    [fault.Unavailable]: it may or may not have done what was asked
//	no answer in time           [fault.TimedOut]
//	the caller's own cancel     [fault.Unavailable] with [context.Canceled] inside
//
// A [fault.Error] of the transport passes through as it is.
package rest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"tiffin/backends/upstream/body"
	"tiffin/fault"
)

// Config says whom a Client speaks to.
type Config struct {
	// Service is the name in faults, and the host name that the transport resolves: http://<service>.
	Service string
	// MaxBody bounds an answer's body, in bytes [the transport's bound, see [body.Limit]].
	MaxBody int64
}

// Client speaks with one service. It is safe for concurrent use.
type Client struct {
	service   string
	maxBody   int64
	transport http.RoundTripper
}

// New returns a Client that sends its requests through transport.
func New(cfg Config, transport http.RoundTripper) *Client {
	return &Client{cfg.Service, body.Limit(cfg.MaxBody, transport), transport}
}

// Get reads path, which is escaped already (see [Path]), and decodes the answer into the value that into points to.
func (c *Client) Get(ctx context.Context, path string, query url.Values, into any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.call(ctx, http.MethodGet, path, "", nil, into)
}

// Send sends body, as JSON, to path, which is escaped already (see [Path]). A nil body sends none; with a nil into
// the answer must have none either: a status alone proves nothing where something on the way can say 200 with a page of its own.
//
// With a key the request is a keyed write: it carries `Idempotency-Key: "<key>"` (draft-ietf-httpapi-idempotency-key-header), a
// string of printable ASCII, and is made so that net/http never sends it twice on its own.
func (c *Client) Send(ctx context.Context, method, path, key string, body, into any) error {
	return c.call(ctx, method, path, key, body, into)
}

func (c *Client) call(ctx context.Context, method, path, key string, body, into any) error {
	req, err := c.request(ctx, method, path, key, body)
	if err != nil {
		return fault.Broken(c.service, fmt.Errorf("make the request: %w", err))
	}
	if into != nil {
		req.Header.Set("Accept", "application/json, application/problem+json")
	}
	err = c.exchange(req, into)
	if err == nil {
		return nil
	}
	return c.classify(ctx, fmt.Errorf("%s %s: %w", method, req.URL.Path, err))
}

// Path joins segments to a path and escapes each, so that an id cannot leave its place: Path("orders", "a/b") is "/orders/a%2Fb".
func Path(segments ...string) string {
	var path strings.Builder
	for _, s := range segments {
		path.WriteString("/" + url.PathEscape(s))
	}
	return path.String()
}
