package checkout

import (
	"context"

	"tiffin/checkout/journal"
	"tiffin/identity"
)

// PlaceKnown reports whether the caller's Place with this key has been here before: it is under way in this process, or the journal has
// its row. Then Place starts nothing. One read of the journal, or two; false where it does not answer, and for a caller nobody knows.
func (f *Flow) PlaceKnown(ctx context.Context, key string) bool {
	return f.known(ctx, operationPlace, key, f.placed)
}

// CancelKnown is PlaceKnown for Cancel.
func (f *Flow) CancelKnown(ctx context.Context, key string) bool {
	return f.known(ctx, operationCancel, key, func(ctx context.Context, scope, key string) (journal.Row, bool, error) {
		return f.journal.Find(ctx, scope, kindCancel, key)
	})
}

func (f *Flow) known(
	ctx context.Context, operation, key string, find func(ctx context.Context, scope, key string) (journal.Row, bool, error),
) bool {
	who, ok := identity.From(ctx)
	c := &checker{}
	if c.visible("idempotencyKey", key, maxKey); !ok || c.fault() != nil {
		return false
	}
	scope := scopeOf(who, operation)
	if f.runs.find(sagaIDOf(scope, key)) != nil {
		return true
	}
	_, found, err := find(ctx, scope, key)
	return err == nil && found
}
