package observe_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tiffin/checkout"
	"tiffin/checkout/journal"
	"tiffin/checkout/journal/memory"
	"tiffin/checkout/observe"
	"tiffin/telemetry/telemetrytest"
)

// values are what a registry has, by name and labels.
func values(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			name := family.GetName()
			for _, label := range m.GetLabel() {
				name += " " + label.GetValue()
			}
			out[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return out
}

func TestEveryKindOfEventCounts(t *testing.T) {
	for kind, want := range map[checkout.EventKind]string{
		checkout.EventSettled:       "tiffin_orders_settled_total CONFIRMED",
		checkout.EventParked:        "tiffin_orders_parked_total",
		checkout.EventTurned:        "tiffin_orders_turned_total reserve",
		checkout.EventUnknown:       "tiffin_order_unknown_answers_total reserve",
		checkout.EventLeftOpen:      "tiffin_orders_left_open_total",
		checkout.EventReconciled:    "tiffin_orders_reconciled_total",
		checkout.EventContradicted:  "tiffin_orders_contradicted_total CONFIRMED",
		checkout.EventReapplied:     "tiffin_orders_reapplied_total CONFIRMED",
		checkout.EventResolved:      "tiffin_orders_resolved_total reserve",
		checkout.EventJournalFailed: "tiffin_journal_failures_total",
	} {
		registry := prometheus.NewRegistry()
		observe.NewEvents(registry).Event(t.Context(), checkout.Event{Kind: kind, State: checkout.Confirmed, Step: "reserve"})
		for name, value := range values(t, registry) {
			if (value == 1) != (name == want) {
				t.Errorf("%s: %s = %v", kind, name, value)
			}
		}
		if _, there := values(t, registry)[want]; !there {
			t.Errorf("%s: no %s", kind, want)
		}
	}
}

// away is a journal that can be away.
type away struct {
	*memory.Store

	gone atomic.Bool
}

func (a *away) Census(ctx context.Context, late time.Duration) (journal.Census, error) {
	if a.gone.Load() {
		return journal.Census{}, errors.New("away")
	}
	return a.Store.Census(ctx, late)
}

// What is open is counted by itself, and absent while nobody knows it.
func TestCensus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeper := &away{Store: memory.New(memory.Config{}, memory.Deps{})}
		registry := prometheus.NewRegistry()
		census := observe.NewCensus(observe.CensusConfig{Every: 10 * time.Second}, observe.CensusDeps{Keeper: keeper})
		registry.MustRegister(census)
		want := func(when, want string) {
			t.Helper()
			if got := fmt.Sprint(values(t, registry)); got != want {
				t.Errorf("%s:\n%s\nwant\n%s", when, got, want)
			}
		}
		want("before the first count", "map[tiffin_journal_up:0]")
		for n := range 2 {
			row := journal.Row{SagaID: fmt.Sprint(n), Key: fmt.Sprint(n), State: "STARTED"}
			if _, _, err := keeper.Insert(t.Context(), row); err != nil {
				t.Fatal(err)
			}
		}
		if err := keeper.Advance(t.Context(), "1", 1, journal.Step{Write: 1, State: "X", Due: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- census.Run(ctx) }()
		synctest.Wait()
		want("at once", "map[tiffin_journal_up:1 tiffin_orders_oldest_seconds:0 tiffin_orders_open:2 tiffin_orders_parked:1 tiffin_orders_stuck:0]")
		<-time.After(65 * time.Second)
		want("a minute later", "map[tiffin_journal_up:1 tiffin_orders_oldest_seconds:60 tiffin_orders_open:2 tiffin_orders_parked:1 tiffin_orders_stuck:1]")
		keeper.gone.Store(true)
		<-time.After(10 * time.Second)
		want("away", "map[tiffin_journal_up:0]")
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestMetricsAreDocumented(t *testing.T) {
	registry := prometheus.NewRegistry()
	observe.NewEvents(registry)
	registry.MustRegister(observe.NewCensus(observe.CensusConfig{}, observe.CensusDeps{}))
	telemetrytest.CheckDocument(t, "../../docs/orders.md", registry)
}
