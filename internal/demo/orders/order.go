package orders

import (
	"slices"
	"time"

	"tiffin/internal/demo/seed"
)

// The words of current_status that this service itself gives; the driver's come with past orders only.
const (
	created   = "created"
	confirmed = "confirmed"
	preparing = "preparing"
	onTheWay  = "on_the_way"
	// recalled is the contract's cancelling: out of the kitchen's hands, and not cancelled yet.
	recalled  = "cancelling"
	cancelled = "cancelled"
)

// order is what was bought. One that was cancelled before it came is a tombstone: ref and history only.
type order struct {
	ref, number                      string
	customer, restaurant, paymentRef string
	placedAt, eta                    time.Time
	price                            price
	history                          []event
	request                          string // that created it, for comparison; empty for a past order
	recallRef                        string // who recalled it; empty while nobody has
}

type orderLine struct {
	ref, item, title string
	quantity         int
	options          []lineOption
	remark           string
	unit             int64 // options included
}

func (l orderLine) total() int64 { return l.unit * int64(l.quantity) }

type lineOption struct {
	group, option, name string
	minor               int64
}

type event struct {
	status string
	at     time.Time
}

func (o *order) status() string { return o.history[len(o.history)-1].status }

// was reports whether the order has ever had the status.
func (o *order) was(status string) bool {
	return slices.ContainsFunc(o.history, func(e event) bool { return e.status == status })
}

func (o *order) isUnsettled() bool { return o.status() == created || o.status() == recalled }

func (o *order) become(status string, now time.Time) {
	o.history = append(o.history, event{status, now.UTC()})
}

// cook lets the kitchen start on a confirmed order once it has had it for so long.
func (o *order) cook(after time.Duration, now time.Time) {
	last := o.history[len(o.history)-1]
	if starts := last.at.Add(after); last.status == confirmed && !now.Before(starts) {
		o.become(preparing, starts)
	}
}

func (o *order) isTombstone() bool { return len(o.price.lines) == 0 }

func fromSeed(past seed.Order) *order {
	o := &order{
		ref: past.ID, number: past.Number, customer: past.Customer, restaurant: past.RestaurantID, paymentRef: past.Ref,
		placedAt: past.PlacedAt.UTC(), eta: past.Delivery.ETA.UTC(), history: []event{{created, past.PlacedAt.UTC()}},
	}
	for _, e := range past.Timeline {
		o.become(e.Status, e.At)
	}
	for _, l := range past.Lines {
		o.price.lines = append(o.price.lines, lineFromSeed(l))
	}
	for _, c := range past.Charges {
		o.price.charges = append(o.price.charges, charge{c.Kind, c.Label, c.Minor})
	}
	o.price.total = past.TotalMinor
	return o
}

func lineFromSeed(l seed.Line) orderLine {
	line := orderLine{ref: l.ID, item: l.ItemID, title: l.Title, quantity: l.Quantity, remark: l.Note, unit: l.UnitMinor}
	for _, o := range l.Options {
		line.options = append(line.options, lineOption{o.GroupID, o.OptionID, o.Name, o.PriceMinor})
	}
	return line
}
