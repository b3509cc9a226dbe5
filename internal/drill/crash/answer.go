//go:build unix

package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// kind is what sort of answer a customer got.
type kind string

const (
	// lost: none, or one that says nothing about the order.
	lost kind = "no answer"
	// notStarted promises that nothing was started.
	notStarted kind = "not started"
	// unknown: no such placement.
	unknown   kind = "unknown"
	pending   kind = "pending"
	action    kind = "action required"
	confirmed kind = "confirmed"
	cancelled kind = "cancelled"
	// recalled: the order was called off.
	recalled kind = "called off"
	// refused: an error that a customer who does everything right never gets.
	refused kind = "refused"
)

// final reports whether the answer is a verdict.
func (k kind) final() bool { return k == confirmed || k == cancelled }

// answer is what a gateway said about an order.
type answer struct {
	kind kind
	// from is the release of the gateway that said it.
	from     release
	orderID  string
	replayed bool
	// total is what a confirmed order cost.
	total string
	// reason is the type of a cancelled order's; an error's code.
	reason  string
	charged bool
	// url is where the customer has to act.
	url string
}

func (a answer) String() string {
	switch a.kind {
	case confirmed, recalled:
		return fmt.Sprintf("%s for %s", a.kind, a.total)
	case cancelled, refused:
		return fmt.Sprintf("%s: %s", a.kind, a.reason)
	default:
		return string(a.kind)
	}
}

// What is asked of a gateway.
const (
	selection = `{ __typename ... on Placement { orderId replayed } ... on OrderConfirmed { total { amount } }
		... on OrderActionRequired { action { url } } ... on OrderCancelled { charged reason { __typename } } }`
	placing   = `mutation ($input: PlaceOrderInput!) { result: placeOrder(input: $input) ` + selection + ` }`
	placement = `query ($key: ID!) { result: placement(idempotencyKey: $key) ` + selection + ` }`
	recalling = `mutation ($input: CancelOrderInput!) { result: cancelOrder(input: $input) { __typename ... on Cancellation { orderId replayed }
		... on CancellationConfirmed { total: refunded { amount } } ... on CancellationRefused { refusal: reason { __typename } } } }`
	pricing = `query ($cart: CartInput!) { result: quote(cart: $cart) { __typename ... on Quote { total { amount } } } }`
)

// reply is the answer on the wire.
type reply struct {
	Data struct {
		Result *result `json:"result"`
	} `json:"data"`
	Errors []struct {
		Message    string `json:"message"`
		Extensions struct {
			Code string `json:"code"`
		} `json:"extensions"`
	} `json:"errors"`
}

// result is any of the results that are asked for.
type result struct {
	typed

	OrderID  string `json:"orderId"`
	Replayed bool   `json:"replayed"`
	Total    struct {
		Amount string `json:"amount"`
	} `json:"total"`
	Action struct {
		URL string `json:"url"`
	} `json:"action"`
	Charged bool  `json:"charged"`
	Reason  typed `json:"reason"`
	Refusal typed `json:"refusal"`
}

type typed struct {
	Typename string `json:"__typename"`
}

// askWithin bounds an operation. A gateway answers sooner, if only to say that it has no answer yet; one that is stopped does not.
const askWithin = 5 * time.Second

// ask sends an operation to a gateway as somebody.
func (w *world) ask(ctx context.Context, gateway, who, query string, variables map[string]any) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	var r reply
	text, err := w.post(ctx, gateway, w.tokens[who], map[string]any{"query": query, "variables": variables})
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	return r, err
}

// answer sends an operation whose result is a placement.
func (w *world) answer(ctx context.Context, gateway, who, query string, variables map[string]any) answer {
	r, err := w.ask(ctx, gateway, who, query, variables)
	switch {
	case err != nil:
		return answer{kind: lost}
	case len(r.Errors) > 0:
		return erred(r.Errors[0].Extensions.Code)
	case r.Data.Result == nil:
		return answer{kind: unknown}
	}
	result := r.Data.Result
	return answer{
		kind: kinds(result.Typename), orderID: result.OrderID, replayed: result.Replayed, total: result.Total.Amount,
		reason: result.Reason.Typename + result.Refusal.Typename, charged: result.Charged, url: result.Action.URL,
	}
}

// erred tells errors that everybody has to live with from those that nobody should get.
func erred(code string) answer {
	switch code {
	case "ORDER_NOT_STARTED":
		return answer{kind: notStarted}
	case "SERVICE_UNAVAILABLE", "OVERLOADED", "TIMEOUT":
		return answer{kind: lost}
	default:
		return answer{kind: refused, reason: code}
	}
}

func kinds(typename string) kind {
	switch typename {
	case "OrderConfirmed":
		return confirmed
	case "OrderCancelled":
		return cancelled
	case "OrderPending", "CancellationPending":
		return pending
	case "CancellationConfirmed":
		return recalled
	case "OrderActionRequired":
		return action
	default:
		return refused
	}
}

// post returns the body of an answer that is GraphQL's, whatever its status.
func (w *world) post(ctx context.Context, url, token string, body any) ([]byte, error) {
	_, text, err := w.exchange(ctx, http.MethodPost, url, body, func(r *http.Request) {
		r.Header.Set("Accept", "application/graphql-response+json")
		r.Header.Set("Authorization", "Bearer "+token)
	})
	return text, err
}
