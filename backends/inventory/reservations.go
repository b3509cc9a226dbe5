package inventory

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"tiffin/backends/rest"
	"tiffin/fault"
)

// OutOfStockError is the refusal of a reservation.
type OutOfStockError struct {
	*fault.Refused
	Shortages []Shortage
}

// Unwrap gives the refusal.
func (e *OutOfStockError) Unwrap() error { return e.Refused }

// Reserve takes stock for an order, all lines or none; repeating it with the same key is safe. Refusals: [*OutOfStockError], and a
// bare [fault.Refused] where the reservation was released before or an item is unknown.
func (c *Client) Reserve(ctx context.Context, key string, reservation Reservation) error {
	var answer wireReserved
	path := rest.Path("reservations", reservation.OrderID)
	if err := c.rest.Send(ctx, http.MethodPut, path, key, toWireReservation(reservation), &answer); err != nil {
		return refusal(err)
	}
	return answer.is(reservation.OrderID, stateHeld)
}

// Release gives an order's stock back, whether or not it was reserved: a Reserve that comes later is refused.
func (c *Client) Release(ctx context.Context, key, orderID string) error {
	var answer wireReserved
	if err := c.rest.Send(ctx, http.MethodPost, rest.Path("reservations", orderID, "release"), key, nil, &answer); err != nil {
		return err
	}
	return answer.is(orderID, stateReleased)
}

// Holds reads whether stock is taken for an order.
func (c *Client) Holds(ctx context.Context, orderID string) (bool, error) {
	var wire struct {
		OrderID string `json:"order_id"`
		State   string `json:"state"`
	}
	err := c.rest.Get(ctx, rest.Path("reservations", orderID), nil, &wire)
	switch {
	case fault.Is(err, fault.NotFound):
		return false, nil
	case err != nil:
		return false, err
	case wire.OrderID != orderID || (wire.State != "held" && wire.State != "released"):
		return false, fault.Broken(Service, errors.New("the reservation is another order's, or in a state that the contract does not know"))
	}
	return wire.State == "held", nil
}

// refusal makes the typed refusal of what the service said. One that is not in the contract is none: it proves nothing.
func refusal(err error) error {
	var problem *rest.Problem
	if !errors.As(err, &problem) {
		return err
	}
	switch problem.Refused.Reason {
	case reasonOutOfStock:
		return outOfStock(problem)
	case "released", "line_differs", "unknown_item":
		return err
	}
	return fault.Broken(Service, fmt.Errorf("a refusal that is not in the contract: %v", err)) //nolint:errorlint // wrapped, it would be found as a refusal
}

func outOfStock(problem *rest.Problem) error {
	var wire wireShortages
	if err := problem.Members(&wire); err != nil {
		return err
	}
	shortages, err := wire.shortages()
	if err != nil {
		return err
	}
	return &OutOfStockError{Refused: problem.Refused, Shortages: shortages}
}
