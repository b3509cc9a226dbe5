package checkout

import (
	"reflect"
	"strings"
	"testing"
)

func TestFingerprint(t *testing.T) {
	f := newFingerprinter(strings.Repeat("k", 32))
	of := func(in PlaceOrderInput) string {
		t.Helper()
		got, err := f.of(in)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := of(anOrder())
	// Rows outlive gateways: the fingerprint of an input never changes without a new prefix.
	if want := "v1:3c428b34feea9858987e8b9b2f91acf3f50df4ce1ff98a7a07fa9effc49473f8"; first != want {
		t.Errorf("fingerprint = %s; want %s", first, want)
	}
	other := anOrder()
	other.IdempotencyKey = "another"
	if of(other) != first {
		t.Error("the key is part of the fingerprint")
	}
	if got, _ := newFingerprinter("").of(anOrder()); got == first {
		t.Error("the fingerprint is the same under another secret")
	}
}

// Every text of the input but the key counts.
func TestFingerprintCoversTheInput(t *testing.T) {
	f := newFingerprinter("")
	first, _ := f.of(*full())
	for path := range texts(reflect.ValueOf(full())) {
		in := full()
		text := texts(reflect.ValueOf(in))[path]
		text.SetString(text.String() + "x")
		if got, _ := f.of(*in); (got == first) != (path == "IdempotencyKey") {
			t.Errorf("%s: the fingerprint changed: %v", path, got != first)
		}
	}
	for name, edit := range map[string]func(in *PlaceOrderInput){
		"quantity": func(in *PlaceOrderInput) { in.Cart.Lines[0].Quantity++ },
		"order of lines": func(in *PlaceOrderInput) {
			in.Cart.Lines[0], in.Cart.Lines[1] = in.Cart.Lines[1], in.Cart.Lines[0]
		},
		"a default filled in": func(in *PlaceOrderInput) { in.Cart.Lines[1].Note = new("") },
	} {
		in := full()
		edit(in)
		if got, _ := f.of(*in); got == first {
			t.Errorf("%s does not count", name)
		}
	}
}
