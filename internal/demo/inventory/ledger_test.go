package inventory

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/demo/seed"
)

// Whatever is reserved and released in whatever order: nothing gets lost, nothing comes from nowhere, nothing is negative.
func TestTheLedgerAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ledger := tinyLedger()
		order := rapid.SampledFrom([]string{"ord_a", "ord_b", "ord_c"})
		lines := rapid.MapOfN(rapid.SampledFrom([]string{"lin_1", "lin_2", "lin_3"}), rapid.Custom(func(t *rapid.T) line {
			return line{rapid.SampledFrom([]string{"itm_1", "itm_2"}).Draw(t, "item"), rapid.IntRange(1, 4).Draw(t, "quantity")}
		}), 1, 3)
		gone := map[string]bool{}
		t.Repeat(map[string]func(*rapid.T){
			"reserve": func(t *rapid.T) {
				id := order.Draw(t, "order")
				if result, _ := ledger.reserve(id, lines.Draw(t, "lines")); (result == released) != gone[id] {
					t.Errorf("%s, released %v: outcome %d", id, gone[id], result)
				}
			},
			"repeat": func(t *rapid.T) {
				id, wanted := order.Draw(t, "order"), lines.Draw(t, "lines")
				first, _ := ledger.reserve(id, wanted)
				if second, _ := ledger.reserve(id, wanted); (first == taken || first == repeated) && second != repeated {
					t.Errorf("%d, then %d", first, second)
				}
			},
			"release": func(t *rapid.T) {
				id := order.Draw(t, "order")
				ledger.release(id, true)
				gone[id] = true
			},
			"": func(t *rapid.T) { checkBooks(t, ledger.snapshot()) },
		})
	})
}

func tinyLedger() *ledger {
	ledger := newLedger(&catalogue.Catalogue{}, nil)
	for item, n := range map[string]int{"itm_1": 10, "itm_2": 3} {
		ledger.initial[item], ledger.available[item] = n, n
	}
	return ledger
}

func checkBooks(t rapid.TB, books Holdings) {
	t.Helper()
	for item, initial := range books.Initial {
		held := 0
		for _, order := range books.ByOrder {
			held += order[item]
		}
		if books.Available[item] < 0 || books.Available[item]+held != initial {
			t.Errorf("%s: %d available + %d held, initially %d", item, books.Available[item], held, initial)
		}
	}
}

func TestThePastIsInTheBooks(t *testing.T) {
	cat := catalogue.New()
	past := seed.Orders(cat, []string{"alice", "bob"}, 50, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	service := New(Config{Catalogue: cat, Past: past})
	books := service.Holdings()
	checkBooks(t, books)
	for _, r := range cat.Restaurants {
		for _, item := range r.Items() {
			if books.Available[item.ID] != item.Stock {
				t.Errorf("%s: %d available, the catalogue says %d", item.ID, books.Available[item.ID], item.Stock)
			}
		}
	}
	for _, order := range past {
		held, cancelled := books.ByOrder[order.ID], order.Status == "cancelled"
		if (held == nil) != cancelled || service.ledger.isReleased(order.ID) != cancelled {
			t.Errorf("%s is %s and holds %v", order.ID, order.Status, held)
		}
		for _, line := range order.Lines {
			if !cancelled && held[line.ItemID] != line.Quantity {
				t.Errorf("%s holds %d of %s, want %d", order.ID, held[line.ItemID], line.ItemID, line.Quantity)
			}
		}
	}
}

func TestTheLastOneGoesToOne(t *testing.T) {
	ledger := newLedger(catalogue.New(), nil)
	var wg sync.WaitGroup
	won := make(chan string, 50)
	for n := range 50 {
		wg.Go(func() {
			id := fmt.Sprintf("ord_%d", n)
			if result, _ := ledger.reserve(id, map[string]line{"lin_1": {"itm_001_19", 1}}); result == taken {
				won <- id
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Errorf("%d orders got the last one", len(won))
	}
	checkBooks(t, ledger.snapshot())
}
