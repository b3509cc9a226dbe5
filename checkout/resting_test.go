package checkout

import (
	"fmt"
	"testing"
	"testing/synctest"

	"tiffin/checkout/journal"
)

// More rows that nobody here can read than a sweep takes up, and older than the order of a process that died: it is taken up all the same.
func TestUnreadableRowsKeepNobodyWaiting(t *testing.T) {
	inWorld(t, func(w *world) {
		for n := range 3 * sweepLimit {
			id := fmt.Sprint("broken-", n)
			row := journal.Row{SagaID: id, Kind: kindPlace, Version: rowVersion, Key: id, State: string(Started), Data: []byte("\x01sealed"), Request: []byte("{}")}
			if _, _, err := w.journal.Store.Insert(w.Context(), row); err != nil {
				t.Fatal(err)
			}
		}
		in := w.quoted()
		w.tap.make(callReserve, hangs, 1)
		go w.place(in)
		synctest.Wait()
		w.crash()
		defer w.run()()
		if _, ok := w.settled(in).(*OrderConfirmed); !ok {
			t.Error("want it confirmed")
		}
		if left := w.log.kinds()[EventLeftOpen]; left < 3*sweepLimit {
			t.Errorf("%d times a row was left open; want each tried", left)
		}
	})
}
