package checkout

import (
	"errors"
	"testing"
	"testing/synctest"

	"tiffin/checkout/journal"
)

func TestRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRuns(2)
		a, mine, err := r.begin("a")
		if !mine || err != nil || r.free() != 1 {
			t.Fatalf("begin = %v, %v; want mine", mine, err)
		}
		if twin, mine, _ := r.begin("a"); mine || twin != a {
			t.Error("a second begin of the same order is not the first's run")
		}
		b, _, _ := r.begin("b")
		if _, _, err := r.begin("c"); !errors.Is(err, errFull) {
			t.Errorf("error = %v; want full", err)
		}
		r.end(b, &journal.Row{SagaID: "b"})
		if <-b.done; b.left.SagaID != "b" || r.find("b") != nil {
			t.Errorf("run = %+v; want it ended with its row", b)
		}
		drained := r.close()
		if _, _, err := r.begin("c"); !errors.Is(err, errClosing) || r.free() != 0 {
			t.Errorf("error = %v; want closing", err)
		}
		if twin, _, err := r.begin("a"); err != nil || twin != a {
			t.Error("while closing, those under way are not found")
		}
		synctest.Wait()
		select {
		case <-drained:
			t.Error("drained with an order under way")
		default:
		}
		r.end(a, nil)
		<-drained
	})
}
