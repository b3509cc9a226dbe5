package checkout

// The marker methods say which Go types are members of which union and interface of the schema; gqlgen's generated switch relies on
// them.

// IsQuoteResult marks a member of QuoteResult.
func (Quote) IsQuoteResult() {}

// IsQuoteResult marks a member of QuoteResult.
func (QuoteRefused) IsQuoteResult() {}

// IsPlaceOrderResult marks a member of PlaceOrderResult.
func (OrderConfirmed) IsPlaceOrderResult() {}

// IsPlaceOrderResult marks a member of PlaceOrderResult.
func (OrderPending) IsPlaceOrderResult() {}

// IsPlaceOrderResult marks a member of PlaceOrderResult.
func (OrderActionRequired) IsPlaceOrderResult() {}

// IsPlaceOrderResult marks a member of PlaceOrderResult.
func (OrderCancelled) IsPlaceOrderResult() {}

// IsPlacement marks an implementation of Placement.
func (OrderConfirmed) IsPlacement() {}

// IsPlacement marks an implementation of Placement.
func (OrderPending) IsPlacement() {}

// IsPlacement marks an implementation of Placement.
func (OrderActionRequired) IsPlacement() {}

// IsPlacement marks an implementation of Placement.
func (OrderCancelled) IsPlacement() {}

// WasReplayed reports whether the answer repeats an earlier one.
func (c OrderConfirmed) WasReplayed() bool { return c.Replayed }

// WasReplayed reports whether the answer repeats an earlier one.
func (p OrderPending) WasReplayed() bool { return p.Replayed }

// WasReplayed reports whether the answer repeats an earlier one.
func (a OrderActionRequired) WasReplayed() bool { return a.Replayed }

// WasReplayed reports whether the answer repeats an earlier one.
func (c OrderCancelled) WasReplayed() bool { return c.Replayed }
