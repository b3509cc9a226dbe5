package checkout

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tiffin/fault"
)

// pairsAtOnce is how many pairs are under way at the same time, so that a gateway with the default bounds has room for them.
const pairsAtOnce = 100

// atOnce calls fn for each n below total, so many at a time.
func atOnce(total int, fn func(n int)) {
	var group sync.WaitGroup
	room := make(chan struct{}, pairsAtOnce)
	for n := range total {
		room <- struct{}{}
		group.Go(func() {
			defer func() { <-room }()
			fn(n)
		})
	}
	group.Wait()
}

// Of a thousand concurrent pairs each has one who runs the order and one who gets its result, and a changed payload is refused a thousand
// times: on each kind of journal, and over two gateways where they can share one. Under the race detector, which looks for something else,
// there are fewer.
func TestAThousandPairsInFull(t *testing.T) {
	onEach(t, func(w *world, s store, _ string) {
		in := w.quoted()
		gateways := [2]*Flow{w.flow, w.flow}
		if s.real {
			w.start()
			gateways[1] = w.flow
		}
		results := make([][2]PlaceOrderResult, pairs)
		atOnce(pairs, func(n int) {
			var pair sync.WaitGroup
			for m, gateway := range gateways {
				in := in
				in.IdempotencyKey = fmt.Sprint("pair-", n)
				pair.Go(func() {
					got, err := gateway.Place(w.as(alice()), in)
					if err != nil {
						w.Errorf("pair %d: %v", n, err)
						return
					}
					results[n][m] = got
				})
			}
			pair.Wait()
		})
		w.judgePairs(results)
		atOnce(pairs, func(n int) {
			other := in
			other.IdempotencyKey, other.Payment = fmt.Sprint("pair-", n), PaymentMethodInput{Card: &CardInput{Token: "tok_other"}}
			if got, err := gateways[n%2].Place(w.as(alice()), other); !fault.Is(err, fault.IdempotencyKeyReused) {
				w.Errorf("pair %d with another payload: %+v, %v", n, got, err)
			}
		})
		if got := len(w.orders.Books()); got != pairs {
			w.Errorf("%d orders; want %d", got, pairs)
		}
		if err := gateways[0].Close(w.Context()); err != nil {
			w.Error(err)
		}
	})
}

// judgePairs wants of each pair one who ran the order and one who got its result.
func (w *world) judgePairs(results [][2]PlaceOrderResult) {
	w.Helper()
	for n, pair := range results {
		if pair[0] == nil || pair[1] == nil {
			continue // reported already
		}
		if _, ok := pair[0].(*OrderConfirmed); !ok {
			w.Errorf("pair %d: %+v; want it confirmed", n, pair[0])
		}
		if replayed(pair[0]) == replayed(pair[1]) {
			w.Errorf("pair %d: replayed %v and %v; want one of each", n, replayed(pair[0]), replayed(pair[1]))
		}
		if diff := cmp.Diff(fresh(pair[0]), fresh(pair[1])); diff != "" {
			w.Errorf("pair %d differs:\n%s", n, diff)
		}
	}
}
