package fault_test

import (
	"context"
	"testing"
	"time"

	"tiffin/fault"
)

type word struct{}

func TestStaleTellsTheInnermostNoteWithTheAskersContext(t *testing.T) {
	var outer, inner []time.Duration
	ctx := fault.WithStaleNote(t.Context(), func(_ context.Context, age time.Duration) { outer = append(outer, age) })
	if !fault.Stale(ctx, time.Second) || len(outer) != 1 || outer[0] != time.Second {
		t.Errorf("outer note: %v", outer)
	}
	var asker any
	below := fault.WithStaleNote(ctx, func(ctx context.Context, age time.Duration) { inner, asker = append(inner, age), ctx.Value(word{}) })
	if !fault.Stale(context.WithValue(below, word{}, "asker"), time.Minute) || len(inner) != 1 || len(outer) != 1 || asker != "asker" {
		t.Errorf("inner note %v by %v, outer %v", inner, asker, outer)
	}
}

func TestStaleCanBeRefusedAndNeedsNoNote(t *testing.T) {
	if !fault.Stale(t.Context(), time.Second) || fault.StaleRefused(t.Context()) {
		t.Error("refused without a reason")
	}
	told := false
	ctx := fault.WithStaleNote(t.Context(), func(context.Context, time.Duration) { told = true })
	for _, ctx := range []context.Context{fault.WithoutStale(ctx), fault.WithStaleNote(fault.WithoutStale(t.Context()), func(context.Context, time.Duration) { told = true })} {
		if fault.Stale(ctx, time.Second) || told || !fault.StaleRefused(ctx) {
			t.Error("used although refused")
		}
	}
}

func TestTheContextsValuesPass(t *testing.T) {
	ctx := context.WithValue(t.Context(), word{}, "kept")
	for name, below := range map[string]context.Context{
		"noted": fault.WithStaleNote(ctx, nil), "refused": fault.WithoutStale(ctx), "anew": fault.Anew(fault.WithoutStale(ctx)),
	} {
		if below.Value(word{}) != "kept" || below.Done() != ctx.Done() {
			t.Errorf("%s: it is another context", name)
		}
	}
}
