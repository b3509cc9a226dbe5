package checkout

import (
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/payments"
	"tiffin/checkout/journal"
	"tiffin/checkout/journal/memory"
	"tiffin/internal/demo/stage"
)

// A gateway whose clock is not the journal's takes an order up whose capture is in doubt, at a payment service that cannot be asked: the
// capture is sent again for as long as its key is known, by the clock on the wall of neither, and not once more.
func TestTheAgeOfAKeyIsNotTheDifferenceOfTwoClocks(t *testing.T) {
	const lasting = lastingKey
	for name, ahead := range map[string]time.Duration{"the journal's is ahead": 3 * time.Hour, "the gateway's is ahead": -3 * time.Hour, "both agree": 0} {
		for _, c := range []struct {
			passes time.Duration
			known  bool
		}{{lasting - time.Hour, true}, {lasting - time.Minute, false}, {lasting + time.Hour, false}} {
			t.Run(name+", after "+c.passes.String(), func(t *testing.T) {
				inWorld(t, func(w *world) {
					skew := ahead
					w.journal.Store = memory.New(memory.Config{}, memory.Deps{Now: func() time.Time { return time.Now().Add(skew) }})
					w.kept[payments.Service].Set(stage.Kept{KeyTTLMS: int(lasting.Milliseconds()), Tombstones: true})
					w.declare(payments.Service, func(p *Promises) { p.KeyTTL, p.Inquiry = lasting, false })
					w.start()
					in := w.quoted()
					w.tap.make(callCapture, hangsAfter, 1)
					go w.place(in)
					synctest.Wait()
					w.crash()
					time.Sleep(c.passes) //nolint:forbidigo // fake time
					w.log.clear()
					stop := w.run()
					time.Sleep(30 * time.Second) //nolint:forbidigo // fake time
					stop()
					if again := w.count(callCapture) > 0; again != c.known {
						t.Errorf("the capture was sent again: %v; want %v", again, c.known)
						w.crash() // or it would wait for its end for ever
						return
					}
					if c.known {
						return
					}
					skew = 0
					time.Sleep(4 * time.Hour) //nolint:forbidigo // fake time; an operator's word waits until the order is silent by both clocks
					if err := w.resolve(w.row(in).SagaID, "capture", OutcomeDone); err != nil {
						t.Fatal(err)
					}
					if _, ok := w.settled(in).(*OrderConfirmed); !ok {
						t.Error("want it confirmed")
					}
				})
			})
		}
	}
}

// Of clocks that disagree the one counts by which a key is older; where the journal's was set back, none is trusted.
func TestKeyKnownCountsTheOlder(t *testing.T) {
	now := time.Now()
	f := New(Defaults(), Deps{Now: func() time.Time { return now }})
	f.cfg.CallTimeout = 10 * time.Second
	most := lastingKey - clockMargin - f.cfg.CallTimeout
	for name, c := range map[string]struct {
		aged, since time.Duration
		want        bool
	}{
		"young":                            {most - 2*time.Second, time.Second, true},
		"by the journal's clock":           {most, time.Second, false},
		"since it was taken up":            {time.Second, most, false},
		"the journal's clock was set back": {-time.Second, 0, false},
	} {
		s := &saga{flow: f, resumed: true, asked: now.Add(-c.since), row: journal.Row{Created: now, Updated: now.Add(c.aged)}}
		for _, before := range []*sending{nil, {first: now}} {
			if got := s.keyKnown(DefaultPromises(), before); got != c.want {
				t.Errorf("%s: %v; want %v", name, got, c.want)
			}
		}
	}
	s := &saga{flow: f}
	for since, want := range map[time.Duration]bool{most - time.Second: true, most: false} {
		if got := s.keyKnown(DefaultPromises(), &sending{first: now.Add(-since)}); got != want {
			t.Errorf("first used here %v ago: %v; want %v", since, got, want)
		}
	}
}
