package checkout

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/checkout/journal"
)

// keeper is the world's journal as those see it who look after it.
func (w *world) keeper() journal.Keeper {
	keeper, ok := w.journal.Store.(journal.Keeper)
	if !ok {
		w.Fatal("the journal has no keeper")
	}
	return keeper
}

// A parked order, and then the same one settled, as operators see them.
func TestStanding(t *testing.T) {
	inWorld(t, func(w *world) {
		in, _ := w.challenged()
		time.Sleep(90 * time.Second) //nolint:forbidigo // fake time
		row := w.row(in)
		want := Standing{
			OrderID: "ord_" + row.SagaID, SagaID: row.SagaID, Kind: kindPlace, State: AwaitingCustomer, Parked: true, Due: &row.Due,
			Owner: w.flow.owner, Epoch: 1, Version: rowVersion, Created: row.Created, Updated: row.Updated, AgeSeconds: 90, SilentSeconds: 90,
		}
		got, err := w.flow.OpenOrders(w.Context(), w.keeper(), 10)
		if diff := cmp.Diff([]Standing{want}, withoutAuthorization(got)); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		w.decide(in, "decline")
		w.place(in)
		for _, id := range []string{row.SagaID, "ord_" + row.SagaID} {
			s, err := w.flow.Standing(w.Context(), w.keeper(), id)
			if err != nil || !s.Settled || s.Parked || s.State != Cancelled || s.Reason != "ActionExpired" || s.AgeSeconds != 0 || s.DrivenHere {
				t.Errorf("%s: %+v, %v; want it settled", id, s, err)
			}
		}
		if _, err := w.flow.Standing(w.Context(), w.keeper(), "ord_nobody"); !errors.Is(err, ErrNoOrder) {
			t.Errorf("an unknown order: %v", err)
		}
	})
}

func withoutAuthorization(all []Standing) []Standing {
	for n := range all {
		all[n].AuthorizationID = ""
	}
	return all
}

// A row that cannot be read is shown all the same.
func TestStandingOfAnUnreadableRow(t *testing.T) {
	inWorld(t, func(w *world) {
		row := journal.Row{SagaID: "broken", Kind: kindPlace, Key: "broken", State: string(Started), Data: []byte("\x01sealed"), Request: []byte("{}")}
		if _, _, err := w.journal.Store.Insert(w.Context(), row); err != nil {
			t.Fatal(err)
		}
		got, err := w.flow.OpenOrders(w.Context(), w.keeper(), 10)
		if err != nil || len(got) != 1 || got[0].SagaID != "broken" || got[0].Unreadable == "" || strings.Contains(got[0].Unreadable, "sealed") {
			t.Errorf("%+v, %v; want it, with why it cannot be read", got, err)
		}
	})
}
