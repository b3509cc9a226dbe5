package checkout

import (
	"reflect"
	"strings"
	"testing"
)

func TestFingerprint(t *testing.T) {
	old := Secret{"old", strings.Repeat("k", 32)}
	f := newFingerprinter([]Secret{old})
	of := func(in PlaceOrderInput) string {
		t.Helper()
		got, err := f.of(in)
		if err != nil {
			t.Fatal(err)
		}
		return got[0]
	}
	first := of(anOrder())
	// Rows outlive gateways: the fingerprint of an input never changes without a new prefix.
	if want := "v1:a91f70edf8eeca60db7e5ec36c82c21c704b7107903c92a7c0ae37ca0934019d"; first != want {
		t.Errorf("fingerprint = %s; want %s", first, want)
	}
	other := anOrder()
	other.IdempotencyKey = "another"
	if of(other) != first {
		t.Error("the key is part of the fingerprint")
	}
	replaced := newFingerprinter([]Secret{{"new", strings.Repeat("n", 32)}, old})
	if got, _ := replaced.of(anOrder()); got[0] == first || !got.match(first) {
		t.Error("under a new secret with the old one behind it: want another fingerprint, and the old one recognised")
	}
	if got, _ := newFingerprinter(secretsOr(nil)).of(anOrder()); got.match(first) {
		t.Error("the fingerprint is recognised without its secret")
	}
}

// Every text of the input but the key counts.
func TestFingerprintCoversTheInput(t *testing.T) {
	f := newFingerprinter(secretsOr(nil))
	first, _ := f.of(*full())
	for path := range texts(reflect.ValueOf(full())) {
		in := full()
		text := texts(reflect.ValueOf(in))[path]
		text.SetString(text.String() + "x")
		if got, _ := f.of(*in); (got[0] == first[0]) != (path == "IdempotencyKey") {
			t.Errorf("%s: the fingerprint changed: %v", path, got[0] != first[0])
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
		if got, _ := f.of(*in); got[0] == first[0] {
			t.Errorf("%s does not count", name)
		}
	}
}
