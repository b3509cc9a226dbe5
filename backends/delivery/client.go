package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tiffin/backends/rest"
	"tiffin/fault"
	"tiffin/internal/storefront"
)

// maxIDs is how many orders the service answers for at once; longer lists take several calls, one after the other.
const maxIDs = 100

// Client is the typed client of the delivery service; safe for concurrent use.
type Client struct{ rest *rest.Client }

// New returns a client that reaches the service through transport, which knows the service's instances: the client addresses it as
// http://delivery.
func New(transport http.RoundTripper) *Client {
	return &Client{rest.New(rest.Config{Service: Service}, transport)}
}

// Quote asks for fee and time; nothing is booked. Refusal: [*OutsideAreaError]; a bare [fault.Refused] for an unknown restaurant.
func (c *Client) Quote(ctx context.Context, request QuoteRequest) (FeeQuote, error) {
	body := wireQuoteRequest{request.RestaurantID, placeOut(request.Dropoff), utc(request.RequestedFor)}
	var wire wireQuote
	if err := c.rest.Send(ctx, http.MethodPost, "/quotes", "", body, &wire); err != nil {
		return FeeQuote{}, refusal(err)
	}
	quote, err := wire.quote()
	return quote, unusable("quote", err)
}

// Assign books a driver for an order; repeating it with the same key is safe. The answer's Status is ASSIGNED, or SEARCHING while
// the service still looks: ask [Client.ByOrders] then. Refusals: [*NoDriverError], [*OutsideAreaError], and a bare [fault.Refused]
// where the delivery was cancelled before, where the order has a delivery with other particulars, and where the quote is for
// another restaurant or place.
func (c *Client) Assign(ctx context.Context, key string, assignment Assignment) (Delivery, error) {
	body := wireAssignment{
		assignment.QuoteID, assignment.RestaurantID, dropoffOut(assignment.Dropoff), utc(assignment.RequestedFor),
	}
	var wire wireDelivery
	if err := c.rest.Send(ctx, http.MethodPut, rest.Path("deliveries", assignment.OrderID), key, body, &wire); err != nil {
		return Delivery{}, refusal(err)
	}
	delivery, err := wire.delivery()
	if err == nil && delivery.OrderID != assignment.OrderID {
		err = errOtherOrder
	}
	if err != nil {
		return Delivery{}, unusable("assignment", err)
	}
	return *delivery, nil
}

// Cancel calls an order's delivery off, whether or not there is one: an Assign that comes later is refused.
func (c *Client) Cancel(ctx context.Context, key, orderID string) error {
	return c.rest.Send(ctx, http.MethodPost, rest.Path("deliveries", orderID, "cancel"), key, nil, nil)
}

// ByOrders reads deliveries by order id; orders without one are left out.
func (c *Client) ByOrders(ctx context.Context, orderIDs []string) (map[string]*Delivery, error) {
	found := make(map[string]*Delivery, len(orderIDs))
	for ids := range slices.Chunk(distinct(orderIDs), maxIDs) {
		var wire wireDeliveries
		if err := c.get(ctx, "/deliveries", ids, &wire); err != nil {
			return nil, err
		}
		if err := addDeliveries(found, ids, wire); err != nil {
			return nil, unusable("list of deliveries", err)
		}
	}
	return found, nil
}

// distinct sorts, too: the same orders are the same request, whoever keeps its answer.
func distinct(orderIDs []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(orderIDs)))
}

func addDeliveries(to map[string]*Delivery, asked []string, wire wireDeliveries) error {
	if wire.Deliveries == nil {
		return errIncomplete
	}
	for _, w := range *wire.Deliveries {
		delivery, err := w.delivery()
		if err != nil {
			return err
		}
		if !slices.Contains(asked, delivery.OrderID) {
			return errOtherOrder
		}
		to[delivery.OrderID] = delivery
	}
	return nil
}

// Positions reads where the drivers of orders are, by order id; orders without a driver on the way are left out.
func (c *Client) Positions(ctx context.Context, orderIDs []string) (map[string]*storefront.Coordinates, error) {
	found := make(map[string]*storefront.Coordinates, len(orderIDs))
	for ids := range slices.Chunk(distinct(orderIDs), maxIDs) {
		var wire wirePositions
		if err := c.get(ctx, "/positions", ids, &wire); err != nil {
			return nil, err
		}
		if err := addPositions(found, ids, wire); err != nil {
			return nil, unusable("list of positions", err)
		}
	}
	return found, nil
}

func addPositions(to map[string]*storefront.Coordinates, asked []string, wire wirePositions) error {
	if wire.Positions == nil {
		return errIncomplete
	}
	for _, w := range *wire.Positions {
		at, err := w.coordinates()
		if err != nil {
			return err
		}
		if !slices.Contains(asked, w.OrderID) {
			return errOtherOrder
		}
		to[w.OrderID] = &at
	}
	return nil
}

func (c *Client) get(ctx context.Context, path string, ids []string, into any) error {
	return c.rest.Get(ctx, path, url.Values{"order_ids": {strings.Join(ids, ",")}}, into)
}

var errOtherOrder = errors.New("the answer is about an order that was not asked for")

// unusable makes an answer that was read but breaks the contract "don't know"; nil stays nil.
func unusable(what string, err error) error {
	if err == nil {
		return nil
	}
	return fault.Unavailable(Service, fmt.Errorf("%s: %w", what, err))
}
