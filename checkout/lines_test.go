package checkout

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMergeLines(t *testing.T) {
	a, b := OptionChoiceInput{"g", "a"}, OptionChoiceInput{"g", "b"}
	got := mergeLines([]CartLineInput{
		{ItemID: "1", Quantity: 1},
		{ItemID: "2", Quantity: 1, Options: []OptionChoiceInput{a, b}},
		{ItemID: "1", Quantity: 2, Note: new("")},
		{ItemID: "1", Quantity: 3, Note: new("hot")},
		{ItemID: "2", Quantity: 4, Options: []OptionChoiceInput{b, a}},
		{ItemID: "2", Quantity: 5, Options: []OptionChoiceInput{b}},
	})
	want := []mergedLine{
		{CartLineInput{ItemID: "1", Quantity: 1}, 3, 0, 2},
		{CartLineInput{ItemID: "2", Quantity: 1, Options: []OptionChoiceInput{a, b}}, 5, 1, 2},
		{CartLineInput{ItemID: "1", Quantity: 3, Note: new("hot")}, 3, 3, 1},
		{CartLineInput{ItemID: "2", Quantity: 5, Options: []OptionChoiceInput{b}}, 5, 5, 1},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(mergedLine{})); diff != "" {
		t.Errorf("merged lines (-want +got):\n%s", diff)
	}
}

// No merging loses or invents a dish, and merging twice changes nothing more.
func TestMergeLinesKeepsQuantities(t *testing.T) {
	line := rapid.Custom(func(t *rapid.T) CartLineInput {
		return CartLineInput{
			ItemID: rapid.SampledFrom([]string{"1", "2"}).Draw(t, "item"), Quantity: rapid.Int32Range(1, 99).Draw(t, "quantity"),
			Note: rapid.SampledFrom([]*string{nil, new(""), new("x"), new(`x" []`)}).Draw(t, "note"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(line, 1, 50).Draw(t, "lines")
		merged := mergeLines(lines)
		want, got, again := map[string]int64{}, map[string]int64{}, []CartLineInput{}
		for _, l := range lines {
			want[l.ItemID+"/"+text(l.Note)] += int64(l.Quantity)
		}
		for _, m := range merged {
			got[m.line.ItemID+"/"+text(m.line.Note)] += m.quantity
			again = append(again, m.line)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("quantities (-want +got):\n%s", diff)
		}
		if len(mergeLines(again)) != len(merged) || !slices.IsSortedFunc(merged, func(a, b mergedLine) int { return a.first - b.first }) {
			t.Fatalf("merged = %+v; want distinct lines in the cart's order", merged)
		}
	})
}
