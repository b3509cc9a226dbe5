package stage_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tiffin/internal/demo/stage"
)

var services = map[string]int{"orders": 3, "payments": 2}

func TestAddRefuses(t *testing.T) {
	good := stage.Fault{Service: "orders", Kind: stage.Latency, Rate: 1, MS: 5}
	for _, tc := range []struct {
		name    string
		change  func(*stage.Fault)
		member  string
		allowed string
	}{
		{"service", func(f *stage.Fault) { f.Service = "order" }, "service", "one of [orders payments]"},
		{"no service", func(f *stage.Fault) { f.Service = "" }, "service", "one of [orders payments]"},
		{"instance", func(f *stage.Fault) { f.Instance = new(3) }, "instance", "0 to 2 for orders, or left out for all"},
		{"instance below 0", func(f *stage.Fault) { f.Instance = new(-1) }, "instance", "0 to 2 for orders, or left out for all"},
		{
			"kind", func(f *stage.Fault) { f.Kind = "flaky" }, "kind",
			"one of [down latency status reset lost_answer truncate garbage late xml_fault]",
		},
		{"XML of JSON", func(f *stage.Fault) { f.Kind = stage.XMLFault }, "kind", "xml_fault for payments only"},
		{"rate 0", func(f *stage.Fault) { f.Rate = 0 }, "rate", "above 0 and at most 1"},
		{"rate above 1", func(f *stage.Fault) { f.Rate = 1.01 }, "rate", "above 0 and at most 1"},
		{"rate NaN", func(f *stage.Fault) { f.Rate = math.NaN() }, "rate", "above 0 and at most 1"},
		{"no delay", func(f *stage.Fault) { f.MS = 0 }, "ms", "above 0 for latency"},
		{"negative delay", func(f *stage.Fault) { f.MS = -1 }, "ms", "0 to 600000"},
		{"long delay", func(f *stage.Fault) { f.MS = 600_001 }, "ms", "0 to 600000"},
		{"status", func(f *stage.Fault) { f.Status = 200 }, "status", "400 to 599"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := good
			tc.change(&f)
			_, err := stage.NewFaults(services).Add(f)
			var invalid *stage.InvalidFault
			if !errors.As(err, &invalid) || *invalid != (stage.InvalidFault{Member: tc.member, Allowed: tc.allowed}) {
				t.Errorf("Add = %v", err)
			}
		})
	}
}

func TestAddListClear(t *testing.T) {
	faults := stage.NewFaults(services)
	want := []stage.Fault{
		{ID: "flt_1", Service: "payments", Instance: new(1), Kind: stage.XMLFault, Rate: 0.5},
		{ID: "flt_2", Service: "orders", Kind: stage.Down, Rate: 1, MS: 7, Status: 503}, // what a kind does not need is ignored
	}
	for _, f := range want {
		id, err := faults.Add(f)
		if err != nil || id != f.ID {
			t.Errorf("Add = %q, %v", id, err)
		}
	}
	if diff := cmp.Diff(want, faults.List()); diff != "" {
		t.Error(diff)
	}
	faults.Clear()
	if left := faults.List(); len(left) != 0 {
		t.Errorf("after Clear: %v", left)
	}
	if id, _ := faults.Add(want[0]); id != "flt_3" {
		t.Errorf("an id came twice: %q", id)
	}
}

func TestFaultsAreBounded(t *testing.T) {
	faults := stage.NewFaults(services)
	for range 100 {
		if _, err := faults.Add(stage.Fault{Service: "orders", Kind: stage.Reset, Rate: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := faults.Add(stage.Fault{Service: "orders", Kind: stage.Reset, Rate: 1}); !errors.Is(err, stage.ErrTooManyFaults) {
		t.Errorf("the 101st: %v", err)
	}
}
