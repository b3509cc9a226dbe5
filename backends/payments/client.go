package payments

import (
	"context"
	"net/http"

	"tiffin/backends/xmlapi"
	"tiffin/fault"
	"tiffin/internal/storefront"
)

// Client is the typed client of the payment service; safe for concurrent use.
type Client struct{ api *xmlapi.Client }

// New returns a client that reaches the service through transport, which knows the service's instances: the client addresses it as
// http://payments.
func New(transport http.RoundTripper) *Client {
	return &Client{xmlapi.New(xmlapi.Config{Service: Service}, transport)}
}

// DeclinedError is the bank's definite no to an authorization: no money is held.
type DeclinedError struct{ *fault.Refused }

// Unwrap gives the refusal.
func (e *DeclinedError) Unwrap() error { return e.Refused }

// Authorize holds an amount; repeating it with the same key is safe. The answer's Status is AUTHORIZED or ACTION_REQUIRED.
// Refusals: [*DeclinedError], and a bare [fault.Refused] where the reference was voided before.
func (c *Client) Authorize(ctx context.Context, key string, authorization Authorization) (Payment, error) {
	var answer authorizeResponse
	err := c.api.Call(ctx, "/payments/authorize", key, authorization.wire(), &answer)
	if err != nil {
		return Payment{}, refusal(err, codeVoided)
	}
	return answer.payment(authorization)
}

// Capture takes the held amount; repeating it with the same key is safe. A bare [fault.Refused] proves that no money moved.
func (c *Client) Capture(ctx context.Context, key, ref string, amount storefront.Money) error {
	var answer captureResponse
	err := c.api.Call(ctx, "/payments/capture", key, captureRequest{MerchantRef: ref, Amount: wireAmount(amount)}, &answer)
	if err != nil {
		return refusal(err, codeNoAuthorization, codeCaptureRefused)
	}
	return confirms(answer.MerchantRef, ref, answer.Amount, amount)
}

// Void gives a hold up by its reference, whether or not there is one: an Authorize that comes later is refused. A bare
// [fault.Refused] where the amount was captured.
func (c *Client) Void(ctx context.Context, key, ref string) error {
	var answer voidResponse
	err := c.api.Call(ctx, "/payments/void", key, voidRequest{MerchantRef: ref}, &answer)
	if err != nil {
		return refusal(err, codeAlreadyCaptured)
	}
	return confirmsRef(answer.MerchantRef, ref)
}

// Refund gives a captured amount back. A bare [fault.Refused] where less was captured.
func (c *Client) Refund(ctx context.Context, key, ref string, amount storefront.Money) error {
	var answer refundResponse
	err := c.api.Call(ctx, "/payments/refund", key, refundRequest{MerchantRef: ref, Amount: wireAmount(amount)}, &answer)
	if err != nil {
		return refusal(err, codeRefundExceeds)
	}
	return confirms(answer.MerchantRef, ref, answer.Amount, amount)
}

// Inquire reads what the service holds under ref; found is false where it never heard of it.
func (c *Client) Inquire(ctx context.Context, ref string) (payment Payment, found bool, err error) {
	var answer inquiryResponse
	err = c.api.Call(ctx, "/payments/inquiry", "", inquiryRequest{MerchantRef: ref}, &answer)
	switch {
	case unknownReference(err):
		return Payment{}, false, nil
	case err == nil:
		err = confirmsRef(answer.Payment.MerchantRef, ref)
	}
	if err != nil {
		return Payment{}, false, err
	}
	payment, err = answer.Payment.payment()
	return payment, err == nil, err
}
