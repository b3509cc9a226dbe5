package orders_test

import (
	"errors"
	"testing"
	"time"

	"tiffin/backends/orders"
)

// confirmed is an order that the kitchen has not started.
func (w *world) confirmed(t *testing.T, id string) {
	t.Helper()
	w.create(t, w.order(t, id))
	if err := w.client.Confirm(t.Context(), id+":confirm", id); err != nil {
		t.Fatal(err)
	}
}

// A recalled order is out of the kitchen's hands, and belongs to who recalled it until it is cancelled.
func TestRecall(t *testing.T) {
	w := newWorld(t, 0)
	w.confirmed(t, "ord_1")
	for _, key := range []string{"k", "k", "other key"} {
		if err := w.client.Recall(t.Context(), key, "ord_1", "ref"); err != nil {
			t.Fatalf("under %q: %v", key, err)
		}
	}
	w.pass(time.Hour)
	order, found, err := w.client.Find(t.Context(), "ord_1")
	if err != nil || !found || order.Status != orders.OrderStatusCancelling || len(order.Timeline) != 3 {
		t.Errorf("order = %+v, %v, %v; want it cancelling for as long as it takes", order, found, err)
	}
	var recalled *orders.RecalledError
	if err := w.client.Recall(t.Context(), "theirs", "ord_1", "another"); !errors.As(err, &recalled) {
		t.Errorf("under another reference: %v; want it refused", err)
	}
	if err := w.client.Cancel(t.Context(), "c", "ord_1", "why"); err != nil {
		t.Fatal(err)
	}
	if err := w.client.Recall(t.Context(), "late", "ord_1", "ref"); err != nil {
		t.Errorf("a repeat after the end: %v; want it answered alike", err)
	}
	if err := w.client.Confirm(t.Context(), "late confirm", "ord_1"); err != nil {
		t.Errorf("a late confirm: %v; want it answered with yes, for the order was confirmed", err)
	}
	if book := w.service.Books()[0]; book.State != "cancelled" || !book.ConfirmedOnce {
		t.Errorf("book = %+v; want it cancelled after it was confirmed", book)
	}
}

func TestRecallRefusals(t *testing.T) {
	w := newWorld(t, 0)
	w.confirmed(t, "ord_late")
	w.pass(3*time.Minute - 1)
	w.confirmed(t, "ord_cancelled")
	w.create(t, w.order(t, "ord_created"))
	if err := errors.Join(w.client.Cancel(t.Context(), "1", "ord_cancelled", "why"), w.client.Cancel(t.Context(), "2", "ord_never", "why")); err != nil {
		t.Fatal(err)
	}
	w.pass(1)
	recall := func(id string) error { return w.client.Recall(t.Context(), "r"+id, id, "ref") }
	wantRefused(t, recall("ord_late"), "kitchen_started")
	wantRefused(t, recall("ord_cancelled"), "order_cancelled")
	wantRefused(t, recall("ord_created"), "not_recallable")
	wantRefused(t, recall("ord_never"), "not_recallable")
	wantRefused(t, recall("ord_unknown"), "not_recallable")
	var late *orders.KitchenStartedError
	if err := recall("ord_late"); !errors.As(err, &late) {
		t.Errorf("%v is no KitchenStartedError", err)
	}
	var recalled *orders.RecalledError
	if err := recall("ord_cancelled"); !errors.As(err, &recalled) {
		t.Errorf("%v is no RecalledError", err)
	}
	if order, _, _ := w.client.Find(t.Context(), "ord_late"); order.Status != orders.OrderStatusPreparing {
		t.Errorf("order = %+v; want it left to the kitchen", order)
	}
}

func TestFind(t *testing.T) {
	w := newWorld(t, 0)
	if err := w.client.Cancel(t.Context(), "1", "ord_never", "why"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"ord_unknown", "ord_never"} {
		if _, found, err := w.client.Find(t.Context(), id); found || err != nil {
			t.Errorf("%s: found %v, %v; want it not found", id, found, err)
		}
	}
}
