package checkout

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"tiffin/checkout/journal"
	"tiffin/internal/storefront"
)

// Standing is how an order stands in the journal, for operators: what they need to find it in the services and in the log, and nothing
// that its customer told us.
type Standing struct {
	// OrderID is the order's; SagaID names the row in the journal and in the log.
	OrderID string `json:"orderId,omitempty"`
	SagaID  string `json:"sagaId"`
	// Kind is what the row is about: PLACE or CANCEL.
	Kind  string `json:"kind"`
	State State  `json:"state"`
	// Settled and Parked say that nobody has to drive it: for good, and until the customer has acted or Due.
	Settled bool       `json:"settled"`
	Parked  bool       `json:"parked"`
	Due     *time.Time `json:"due,omitempty"`
	// DrivenHere says that the gateway that was asked drives it. Owner is the gateway that drives it, or did last, by the name of its lease.
	DrivenHere bool      `json:"drivenHere"`
	Owner      string    `json:"owner"`
	Epoch      int64     `json:"epoch"`
	Version    int       `json:"version"`
	Created    time.Time `json:"created"`
	Updated    time.Time `json:"updated"`
	// AgeSeconds is how long an unsettled order has been on its way, SilentSeconds since when the journal has not heard of it.
	AgeSeconds    int64 `json:"ageSeconds"`
	SilentSeconds int64 `json:"silentSeconds"`
	// AuthorizationID, DriverID, Total (charged, or given back) and Reason are what it has come to so far.
	AuthorizationID string            `json:"authorizationId,omitempty"`
	DriverID        string            `json:"driverId,omitempty"`
	Total           *storefront.Money `json:"total,omitempty"`
	Reason          string            `json:"reason,omitempty"`
	// Unreadable says why the row's data could not be read.
	Unreadable string `json:"unreadable,omitempty"`
}

// OpenOrders are the orders that are not settled, oldest first, at most limit.
func (f *Flow) OpenOrders(ctx context.Context, keeper journal.Keeper, limit int) ([]Standing, error) {
	rows, err := keeper.ListOpen(ctx, limit)
	if err != nil {
		return nil, err
	}
	all := make([]Standing, 0, len(rows))
	for _, row := range rows {
		all = append(all, f.standing(f.journal.read(row)))
	}
	return all, nil
}

// ErrNoOrder says that the journal does not know the order.
var ErrNoOrder = errors.New("checkout: no such order")

// Standing is how one order stands, by the id of the order or of the row; [ErrNoOrder].
func (f *Flow) Standing(ctx context.Context, keeper journal.Keeper, id string) (Standing, error) {
	row, err := f.show(ctx, keeper, id)
	if err != nil {
		return Standing{}, err
	}
	return f.standing(row), nil
}

// show reads a row by the id of the order or its own, in our words; [ErrNoOrder].
func (f *Flow) show(ctx context.Context, keeper journal.Keeper, id string) (journal.Row, error) {
	row, found, err := keeper.Show(ctx, strings.TrimPrefix(id, storefront.OrderPrefix))
	if err == nil && !found {
		err = ErrNoOrder
	}
	if err != nil {
		return journal.Row{}, err
	}
	return f.journal.read(row), nil
}

// standing is how a row stands that is in our words.
func (f *Flow) standing(row journal.Row) Standing {
	s := Standing{
		OrderID: orderOf(row), SagaID: row.SagaID, Kind: row.Kind, State: State(row.State), Settled: row.Closed(), Parked: row.Parked(),
		DrivenHere: f.runs.find(sagaID(row.SagaID)) != nil, Owner: row.Owner, Epoch: row.Epoch, Version: row.Version,
		Created: row.Created, Updated: row.Updated,
	}
	if row.Parked() {
		s.Due = &row.Due
	}
	if !row.Closed() {
		s.AgeSeconds = int64(max(0, f.now().Sub(row.Created)) / time.Second)
		s.SilentSeconds = int64(max(0, f.now().Sub(row.Updated)) / time.Second)
	}
	if err := s.tell(row); err != nil {
		s.Unreadable = err.Error()
	}
	return s
}

// tell adds what the row has come to.
func (s *Standing) tell(row journal.Row) error {
	d, err := decodeData(row.Data)
	if err != nil {
		return err
	}
	s.AuthorizationID, s.DriverID, s.OrderID = d.AuthorizationID, d.DriverID, cmp.Or(d.OrderID, s.OrderID)
	why := d.Reason
	if row.Closed() {
		r, err := decodeResult(row.Result)
		if err != nil {
			return err
		}
		s.Total, why = cmp.Or(r.Total, r.Refunded), cmp.Or(r.Reason, why)
	}
	if why != nil {
		s.Reason = why.name()
	}
	return nil
}

// orderOf is the id of the order that a row is about; empty for one that calls an order off, whose data says it.
func orderOf(row journal.Row) string {
	if row.Kind == kindCancel {
		return ""
	}
	return sagaID(row.SagaID).order()
}
