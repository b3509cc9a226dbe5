package orders_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/orders"
	"tiffin/fault"
	"tiffin/identity"
	"tiffin/internal/demo/seed"
)

func ids(past []seed.Order, whose string) []string {
	var out []string
	for _, order := range past {
		if whose == "" || order.Customer == customer(whose) {
			out = append(out, order.ID)
		}
	}
	return out
}

func TestNobodyReadsAnothersOrder(t *testing.T) {
	w := newWorld(t, 5)
	all := ids(w.past, "")
	for name, want := range map[string][]string{"alice": ids(w.past, "alice"), "bob": ids(w.past, "bob"), "carol": nil} {
		found, err := w.client.ByIDs(as(t, name, "orders:place"), all)
		if err != nil {
			t.Fatal(err)
		}
		wantIDs(t, found, want)
	}
	found, err := w.client.ByIDs(support(t), all)
	if err != nil {
		t.Fatal(err)
	}
	wantIDs(t, found, all)

	elsewhere := identity.WithPrincipal(t.Context(), &identity.Principal{Issuer: "https://other.test", Subject: "alice"})
	if found, err := w.client.ByIDs(elsewhere, all); err != nil || len(found) > 0 {
		t.Errorf("alice of another issuer reads %v, %v", found, err)
	}
}

func wantIDs(t *testing.T, found map[string]*orders.Order, want []string) {
	t.Helper()
	var got []string
	for id, order := range found {
		if order.ID != id {
			t.Errorf("order %s under %s", order.ID, id)
		}
		got = append(got, id)
	}
	slices.Sort(got)
	want = slices.Clone(want)
	slices.Sort(want)
	wantSame(t, got, want)
}

func TestSomebodyMustAsk(t *testing.T) {
	w := newWorld(t, 1)
	if _, err := w.client.ByIDs(t.Context(), ids(w.past, "")); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("ByIDs: %v", err)
	}
	if _, err := w.client.List(t.Context(), orders.ListQuery{First: 1}); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("List: %v", err)
	}
	if calls := w.seen.taken(); len(calls) > 0 {
		t.Errorf("the service was asked: %v", calls)
	}
}

func TestIDsThatAreNone(t *testing.T) {
	w := newWorld(t, 1)
	mine := ids(w.past, "alice")[0]
	wrong := []string{"", "ord_", "ord_a,b", "ord_a b", "ord_ä", "itm_1", "../x", "ord_" + strings.Repeat("x", 65)}
	if found, err := w.client.ByIDs(as(t, "alice"), wrong); err != nil || len(found) > 0 || len(w.seen.taken()) > 0 {
		t.Errorf("%v, %v", found, err)
	}
	found, err := w.client.ByIDs(as(t, "alice"), append(wrong, mine, "ord_unknown", mine))
	if err != nil {
		t.Fatal(err)
	}
	wantIDs(t, found, []string{mine})
	wantSame(t, w.seen.taken(), []string{"GET /orders?refs=" + mine + "%2Cord_unknown"})
}

// 1601 ids are seventeen calls, four at a time: five rounds of a service that takes a second.
func TestManyIDsTakeSeveralCalls(t *testing.T) {
	many := make([]string, 0, 1601)
	for n := range cap(many) {
		many = append(many, "ord_"+letters(n)+"x")
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		for _, n := range []int{0, 50, 1600} {
			w.create(t, w.order(t, many[n]))
		}
		w.seen.taken()
		client := over(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			<-time.After(time.Second)
			w.seen.ServeHTTP(rw, r)
		}))
		start := time.Now()
		found, err := client.ByIDs(as(t, "alice"), many)
		if err != nil {
			t.Fatal(err)
		}
		wantIDs(t, found, []string{many[0], many[50], many[1600]})
		if calls, took := len(w.seen.taken()), time.Since(start); calls != 17 || took != 5*time.Second {
			t.Errorf("%d calls in %v", calls, took)
		}
	})
}

func TestOneCallOfManyFails(t *testing.T) {
	w := newWorld(t, 0)
	var n atomic.Int32
	client := over(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 2 {
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.seen.ServeHTTP(rw, r)
	}))
	many := make([]string, 0, 250)
	for n := range cap(many) {
		many = append(many, "ord_"+letters(n))
	}
	found, err := client.ByIDs(as(t, "alice"), many)
	wantFault(t, err, fault.ServiceUnavailable, "status 503")
	if found != nil {
		t.Error("half an answer came with the error")
	}
}

// newest are a customer's past orders as the list has them; everybody's without a name.
func (w *world) newest(whose string, keep func(seed.Order) bool) []string {
	var out []string
	for _, order := range slices.Backward(w.past) {
		if (whose == "" || order.Customer == customer(whose)) && keep(order) {
			out = append(out, order.ID)
		}
	}
	return out
}

func all(seed.Order) bool { return true }

func completed(o seed.Order) bool { return o.Status == "completed" }

func TestListInPages(t *testing.T) {
	w := newWorld(t, 25)
	for name, tt := range map[string]struct {
		who    string
		scopes []string
		query  orders.ListQuery
		want   []string
	}{
		"all of mine":     {"alice", nil, orders.ListQuery{First: 7}, w.newest("alice", all)},
		"one page":        {"alice", nil, orders.ListQuery{First: 100}, w.newest("alice", all)},
		"exactly a page":  {"alice", nil, orders.ListQuery{First: 25}, w.newest("alice", all)},
		"one by one":      {"bob", nil, orders.ListQuery{First: 1}, w.newest("bob", all)},
		"of a status":     {"alice", nil, orders.ListQuery{First: 4, Status: orders.OrderStatusDelivered}, w.newest("alice", completed)},
		"none":            {"carol", nil, orders.ListQuery{First: 10}, nil},
		"everybody's":     {"sam", []string{"orders:read:any"}, orders.ListQuery{First: 20}, w.newest("", all)},
		"everybody's, of": {"sam", []string{"orders:read:any"}, orders.ListQuery{First: 20, Status: orders.OrderStatusDelivered}, w.newest("", completed)},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for more := true; more; {
				page, err := w.client.List(as(t, tt.who, tt.scopes...), tt.query)
				if err != nil {
					t.Fatal(err)
				}
				checkPage(t, page, tt.query)
				for _, edge := range page.Edges {
					got = append(got, edge.Node.ID)
				}
				if more = page.PageInfo.HasNextPage; more {
					tt.query.After = *page.PageInfo.EndCursor
				}
			}
			wantSame(t, got, tt.want)
		})
	}
}

func checkPage(t *testing.T, page *orders.OrderConnection, query orders.ListQuery) {
	t.Helper()
	info, n := page.PageInfo, len(page.Edges)
	if info.HasPreviousPage != (query.After != "") || n > query.First || info.HasNextPage && n < query.First {
		t.Errorf("%d edges, page info %+v for %+v", n, info, query)
	}
	if n == 0 {
		if info.StartCursor != nil || info.EndCursor != nil {
			t.Errorf("cursors of an empty page: %+v", info)
		}
		return
	}
	if *info.StartCursor != page.Edges[0].Cursor || *info.EndCursor != page.Edges[n-1].Cursor {
		t.Errorf("page info %+v does not fit the edges", info)
	}
}

func TestAfterAnyEdge(t *testing.T) {
	w := newWorld(t, 12)
	want := w.newest("alice", all)
	page, err := w.client.List(as(t, "alice"), orders.ListQuery{First: 12})
	if err != nil {
		t.Fatal(err)
	}
	w.create(t, w.order(t, "ord_new")) // must not move the cursors
	for n, edge := range page.Edges {
		rest, err := w.client.List(as(t, "alice"), orders.ListQuery{First: 12, After: edge.Cursor})
		if err != nil || len(rest.Edges) != 11-n || n < 11 && rest.Edges[0].Node.ID != want[n+1] {
			t.Errorf("after edge %d: %v, %v", n, rest, err)
		}
	}
}

func TestCursorsThatAreNone(t *testing.T) {
	w := newWorld(t, 5)
	page, err := w.client.List(as(t, "alice"), orders.ListQuery{First: 2})
	if err != nil {
		t.Fatal(err)
	}
	good := *page.PageInfo.EndCursor
	delivered := orders.OrderStatusDelivered
	for name, tt := range map[string]struct {
		who    string
		scopes []string
		query  orders.ListQuery
	}{
		"garbage":            {"alice", nil, orders.ListQuery{First: 2, After: "zzz"}},
		"no base64":          {"alice", nil, orders.ListQuery{First: 2, After: "!"}},
		"cut to the list":    {"alice", nil, orders.ListQuery{First: 2, After: good[:10]}},
		"forged":             {"alice", nil, orders.ListQuery{First: 2, After: good[:12] + "AAAA"}},
		"too long":           {"alice", nil, orders.ListQuery{First: 2, After: good[:12] + strings.Repeat("AAAA", 100)}},
		"of another status":  {"alice", nil, orders.ListQuery{First: 2, After: good, Status: delivered}},
		"of another caller":  {"bob", nil, orders.ListQuery{First: 2, After: good}},
		"of another's scope": {"alice", []string{"orders:read:any"}, orders.ListQuery{First: 2, After: good}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.client.List(as(t, tt.who, tt.scopes...), tt.query)
			wantInput(t, err, "after is not a cursor of this list")
			if strings.Contains(err.Error(), tt.query.After) {
				t.Error("the cursor is echoed")
			}
		})
	}
}

func TestListBounds(t *testing.T) {
	w := newWorld(t, 0)
	for _, first := range []int{-1, 0, 101} {
		_, err := w.client.List(as(t, "alice"), orders.ListQuery{First: first})
		wantInput(t, err, "first must be 1 to 100")
	}
	_, err := w.client.List(as(t, "alice"), orders.ListQuery{First: 1, Status: orders.OrderStatusUnknown})
	wantInput(t, err, "status cannot be UNKNOWN")
	if calls := w.seen.taken(); len(calls) > 0 {
		t.Errorf("the service was asked: %v", calls)
	}
}

func wantInput(t *testing.T, err error, says string) {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Code != fault.BadUserInput || !strings.Contains(e.Message, says) || e.Service != "" {
		t.Errorf("%v, want BAD_USER_INPUT saying %q", err, says)
	}
}

// The past of the demo is told in full, in the storefront's words.
func TestThePast(t *testing.T) {
	w := newWorld(t, 50)
	found, err := w.client.ByIDs(support(t), ids(w.past, ""))
	if err != nil {
		t.Fatal(err)
	}
	statuses := map[string]orders.OrderStatus{
		"confirmed": orders.OrderStatusConfirmed, "preparing": orders.OrderStatusPreparing, "ready": orders.OrderStatusReady,
		"on_the_way": orders.OrderStatusOutForDelivery, "completed": orders.OrderStatusDelivered, "cancelled": orders.OrderStatusCancelled,
	}
	for _, past := range w.past {
		got := found[past.ID]
		if got == nil || got.Status != statuses[past.Status] || got.Number != past.Number || got.Total != eur(past.TotalMinor) ||
			got.PaymentRef != past.Ref || len(got.Timeline) != len(past.Timeline)+1 || !got.PlacedAt.Equal(past.PlacedAt) {
			t.Fatalf("%+v is told as %+v", past, got)
		}
	}
}
