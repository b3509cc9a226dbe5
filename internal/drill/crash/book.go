//go:build unix

package crash

import (
	"fmt"
	"slices"
	"sync"
)

// book is what customers asked for and what they were told.
type book struct {
	mu      sync.Mutex
	entries []*entry
	// forgetful: the journal was lost, so that a repeat may be told another reason, and that it is the first.
	forgetful bool
	// mixed: gateways of two releases run, and this one cannot read all rows.
	mixed bool
}

// entry is one order: a customer's intention under one key.
type entry struct {
	who, key string
	offer    *offer
	// impatient customers ask once and leave.
	impatient bool

	mu sync.Mutex
	// asked: a gateway may have begun; it was not always told ORDER_NOT_STARTED.
	asked   bool
	orderID string
	verdict *answer
	// regretted is the key under which the order was called off; empty where it was not. recalled says that it was, for good.
	regretted string
	recalled  bool
	// fresh counts the verdicts that were told as the first, evaded the times when a gateway of this release said after the verdict that
	// the order is on its way.
	fresh, evaded int

	problems []string
}

func (b *book) open(e *entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = append(b.entries, e)
}

// forget notes that the journal was lost.
func (b *book) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forgetful = true
}

func (b *book) isForgetful() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.forgetful
}

// all are the entries so far.
func (b *book) all() []*entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clip(b.entries)
}

// settled reports whether the customer has a verdict.
func (e *entry) settled() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.verdict != nil
}

func (e *entry) object(format string, args ...any) {
	e.problems = append(e.problems, fmt.Sprintf("%s %s (%s, %s): ", e.who, e.key, e.offer.name, e.orderID)+fmt.Sprintf(format, args...))
}

// hear keeps an answer and compares it with what was told before. settled says whether there was a verdict when the question was asked.
func (b *book) hear(e *entry, a answer, settled bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if a.kind != notStarted {
		e.asked = true
	}
	switch {
	case a.kind == refused:
		e.object("got an error that nobody should get: %s", a.reason)
		return
	case a.orderID == "":
		return
	case e.orderID != "" && e.orderID != a.orderID:
		e.object("was told of another order: %s", a.orderID)
		return
	}
	e.orderID = a.orderID
	switch {
	case a.kind.final():
		b.judge(e, a)
	case settled && b.mixed && a.kind == pending && a.from == thisRelease:
		e.evaded++ // it must be one that only the next release can read
	case settled && !b.isForgetful():
		e.object("%s, and later %s", e.verdict, a)
	}
}

// judge compares a verdict with what was agreed, and with earlier ones.
func (b *book) judge(e *entry, a answer) {
	if a.kind == confirmed && (e.offer.hopeless || a.total != e.offer.total) {
		e.object("agreed to %s, and was told %s", e.offer.total, a)
	}
	if a.charged {
		e.object("cancelled, but charged")
	}
	if !a.replayed {
		e.fresh++
	}
	if e.fresh > 1 && !b.isForgetful() {
		e.object("was told twice that it is the first answer")
	}
	if e.verdict == nil {
		e.verdict = &a
		return
	}
	sameReason := a.reason == e.verdict.reason || b.isForgetful()
	if a.kind != e.verdict.kind || a.total != e.verdict.total || !sameReason {
		e.object("%s, and later %s", e.verdict, a)
	}
}
