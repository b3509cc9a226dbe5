package payments

import (
	"context"
	"errors"
	"net/http"

	"tiffin/fault"
	"tiffin/internal/storefront"
)

// Client is the typed client of the payment service; safe for concurrent use.
type Client struct{ transport http.RoundTripper }

// New returns a client that reaches the service through transport, which knows the service's instances: the client addresses it as
// http://payments.
func New(transport http.RoundTripper) *Client { return &Client{transport} }

var errStub = errors.New("stub")

// DeclinedError is the bank's definite no to an authorization: no money is held.
type DeclinedError struct{ *fault.Refused }

// Unwrap gives the refusal.
func (e *DeclinedError) Unwrap() error { return e.Refused }

// Authorize holds an amount; repeating it with the same key is safe. The answer's Status is AUTHORIZED or ACTION_REQUIRED.
// Refusals: [*DeclinedError], and a bare [fault.Refused] where the reference was voided before.
func (c *Client) Authorize(ctx context.Context, key string, authorization Authorization) (Payment, error) {
	return Payment{}, errStub
}

// Capture takes the held amount; repeating it with the same key is safe. A bare [fault.Refused] proves that no money moved.
func (c *Client) Capture(ctx context.Context, key, ref string, amount storefront.Money) error {
	return errStub
}

// Void gives a hold up by its reference, whether or not there is one: an Authorize that comes later is refused. A bare
// [fault.Refused] where the amount was captured.
func (c *Client) Void(ctx context.Context, key, ref string) error { return errStub }

// Refund gives a captured amount back. A bare [fault.Refused] where less was captured.
func (c *Client) Refund(ctx context.Context, key, ref string, amount storefront.Money) error {
	return errStub
}

// Inquire reads what the service holds under ref; found is false where it never heard of it.
func (c *Client) Inquire(ctx context.Context, ref string) (payment Payment, found bool, err error) {
	return Payment{}, false, errStub
}

// ByReferences reads many payments at once; unknown references are left out.
func (c *Client) ByReferences(ctx context.Context, refs []string) (map[string]*Payment, error) {
	return nil, errStub
}
