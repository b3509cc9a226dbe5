package checkout

import (
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/inventory"
	"tiffin/backends/payments"
	"tiffin/internal/demo/stage"
)

// A process that stood still while another one took its order and undid it, goes on in the middle: the services leave no tombstones, and
// the time is over in which an earlier call could have arrived. It must look before it calls again.
func TestAZombieLooksBeforeItCalls(t *testing.T) {
	inWorld(t, func(w *world) {
		for _, service := range []string{inventory.Service, payments.Service} {
			w.kept[service].Set(stage.Kept{KeyTTLMS: -1, Inquiry: true})
			w.declare(service, func(p *Promises) { p.Tombstones, p.MaxInFlight = false, time.Second })
		}
		w.start()
		in := w.quoted()
		w.tap.make(callCreate, slow, 1)
		heard := make(chan PlaceOrderResult)
		go func() { heard <- w.place(in) }()
		synctest.Wait()
		zombie := w.flow
		w.start()
		w.tap.make(callReserve, refused+"unknown_item", 1)
		stop := w.run()
		for State(w.stateOf(in)) != Cancelled {
			time.Sleep(time.Second) //nolint:forbidigo // fake time
		}
		stop()
		w.log.clear()
		<-heard
		time.Sleep(time.Minute) //nolint:forbidigo // fake time
		if calls := w.log.read(); len(calls) > 0 {
			t.Errorf("calls = %v; want none", calls)
		}
		if err := zombie.Close(w.Context()); err != nil {
			t.Error(err)
		}
	})
}
