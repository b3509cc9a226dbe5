// Package xmlapi speaks plain XML over HTTP with a service: one POST per operation, a document in, a document out, a Fault document
// where the service failed. Which instance is reached, how often and for how long is the transport's business.
//
//	backends/<service> ── xmlapi.Client ── http.RoundTripper (backends/upstream)
//	                          │
//	       bytes ─ charset ─ guard (limits, namespaces, shape) ─ encoding/xml ─ struct
//
// Documents are hand-written structs with the tags of encoding/xml. The struct is the schema: the guard reads its [shape] and holds
// every answer to it.
//
//   - The root is the struct's XMLName, namespace included. Names match by namespace URI, never by prefix.
//   - A field that is a slice may be repeated; any other element that occurs twice is an error.
//   - A field that is neither a slice nor a pointer must be there; an attribute too. xsi:nil counts as not there.
//   - Elements and attributes that the struct does not have are skipped, for services add some.
//   - Text where the struct has none, or elements inside a text, are errors: half of a value is no value.
//
// Numbers are read as [Token], never through floats, and times as [DateTime].
//
// # What a call returns
//
//	2xx                         nil, and the document decoded
//	a Fault, retryable          [fault.Unavailable] round a [Fault]: it may or may not have done what was asked
//	a Fault, not retryable      [fault.Broken] round a [Fault], whose code the caller may know as a refusal
//	408, 429, 5xx               [fault.Unavailable], with Retry-After where the service gave it
//	any other status            [fault.Broken]
//	a reset, truncated, overlong
//	or unreadable answer        [fault.Unavailable]
//	no answer in time           [fault.TimedOut]
//	the caller's own cancel     [fault.Unavailable] with [context.Canceled] inside
//
// A Fault counts under any status: some services send it with 200, others with 500. A [fault.Error] of the transport passes
// through as it is.
package xmlapi

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"reflect"
	"sync"

	"tiffin/backends/upstream/body"
	"tiffin/fault"
)

// Config says whom a Client speaks to, and what it takes from it. Zero values stand for the defaults in brackets.
type Config struct {
	// Service is the name in faults, and the host name that the transport resolves: http://<service>.
	Service string
	// MaxBody bounds an answer, in bytes [the transport's bound, see [body.Limit]].
	MaxBody int64
	// MaxDepth bounds how deep elements nest, the root being 1 [16].
	MaxDepth int
	// MaxElements bounds how many there are, those that are skipped too [20 000].
	MaxElements int
	// MaxAttributes bounds how many one element has, namespace declarations too [16].
	MaxAttributes int
	// MaxToken bounds a tag with its attributes, a text and a comment, each in bytes of UTF-8 [64 KiB].
	MaxToken int
}

func (c Config) withDefaults() Config {
	c.MaxDepth = cmp.Or(c.MaxDepth, 16)
	c.MaxElements = cmp.Or(c.MaxElements, 20_000)
	c.MaxAttributes = cmp.Or(c.MaxAttributes, 16)
	c.MaxToken = cmp.Or(c.MaxToken, 64<<10)
	return c
}

// Client speaks with one service. It is safe for concurrent use.
type Client struct {
	cfg       Config
	transport http.RoundTripper
	shapes    sync.Map // reflect.Type → *shape; as many as the program has answer types
}

// New returns a Client that sends its requests through transport.
func New(cfg Config, transport http.RoundTripper) *Client {
	cfg.MaxBody = body.Limit(cfg.MaxBody, transport)
	return &Client{cfg: cfg.withDefaults(), transport: transport}
}

// Call posts request, a struct with an XMLName, to path and decodes the answer into the struct that response points to.
//
// With a key the request is a keyed write: it carries `Idempotency-Key: "<key>"` (draft-ietf-httpapi-idempotency-key-header), a
// string of printable ASCII, and is made so that net/http never sends it twice on its own.
func (c *Client) Call(ctx context.Context, path, key string, request, response any) error {
	want, err := c.shape(response)
	if err != nil {
		return fault.Broken(c.cfg.Service, fmt.Errorf("POST %s: %w", path, err))
	}
	req, err := c.request(ctx, path, key, request)
	if err != nil {
		return fault.Broken(c.cfg.Service, fmt.Errorf("POST %s: make the request: %w", path, err))
	}
	if err := c.exchange(req, want, response); err != nil {
		return c.classify(ctx, fmt.Errorf("POST %s: %w", path, err))
	}
	return nil
}

// shape returns that of the struct which document points to, made once per type.
func (c *Client) shape(document any) (*shape, error) {
	typ := reflect.TypeOf(document)
	if known, ok := c.shapes.Load(typ); ok {
		return known.(*shape), nil //nolint:forcetypeassert // nothing else is stored
	}
	made, err := documentShape(typ)
	if err == nil {
		c.shapes.Store(typ, made)
	}
	return made, err
}
