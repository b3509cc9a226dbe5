package seal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tiffin/checkout/journal"
	"tiffin/checkout/journal/journaltest"
	"tiffin/checkout/journal/memory"
	"tiffin/checkout/journal/seal"
)

func secret(id string) seal.Secret { return seal.Secret{ID: id, Key: strings.Repeat(id, 32)} }

func newSealer(t *testing.T, ids ...string) *seal.Sealer {
	t.Helper()
	var cfg seal.Config
	for _, id := range ids {
		cfg.Secrets = append(cfg.Secrets, secret(id))
	}
	s, err := seal.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSeal(t *testing.T) {
	s := newSealer(t, "a")
	for _, plain := range []string{"", "x", strings.Repeat("12 Curry Lane ", 1000)} {
		sealed := s.Seal([]byte(plain), "here")
		if len(plain) > 8 && bytes.Contains(sealed, []byte(plain)) {
			t.Errorf("%.20q is there in clear", plain)
		} // of a text as short as "x" the same bytes can be there by chance
		if again := s.Seal([]byte(plain), "here"); bytes.Equal(sealed, again) {
			t.Error("sealed twice is the same: the nonce is no nonce")
		}
		if got, err := s.Open(sealed, "here"); err != nil || string(got) != plain || got == nil {
			t.Errorf("Open = %.20q, %v; want %.20q", got, err, plain)
		}
		if _, err := s.Open(sealed, "there"); !errors.Is(err, seal.ErrBroken) {
			t.Errorf("elsewhere: %v; want it broken", err)
		}
	}
}

// Whatever is changed, cut off or made up is noticed.
func TestWhatWasChangedIsNotOpened(t *testing.T) {
	s := newSealer(t, "a")
	sealed := s.Seal([]byte("plain"), "here")
	for n := range sealed {
		changed := bytes.Clone(sealed)
		changed[n] ^= 1
		if got, err := s.Open(changed, "here"); err == nil {
			t.Errorf("byte %d changed: opened as %q", n, got)
		}
		if got, err := s.Open(sealed[:n], "here"); err == nil {
			t.Errorf("cut to %d bytes: opened as %q", n, got)
		}
	}
	for _, text := range []string{"", "{}", `{"cart":{}}`, "\x01", "\x01\xff", "\x01\x00"} {
		if got, err := s.Open([]byte(text), "here"); err == nil {
			t.Errorf("%q: opened as %q", text, got)
		}
	}
}

// A new secret seals, the old one still opens, until it is taken away.
func TestSecretsAreReplaced(t *testing.T) {
	old := newSealer(t, "a").Seal([]byte("plain"), "here")
	both := newSealer(t, "b", "a")
	if got, err := both.Open(old, "here"); err != nil || string(got) != "plain" {
		t.Errorf("Open = %q, %v", got, err)
	}
	fresh := both.Seal([]byte("plain"), "here")
	only := newSealer(t, "b")
	if got, err := only.Open(fresh, "here"); err != nil || string(got) != "plain" {
		t.Errorf("Open = %q, %v", got, err)
	}
	if _, err := only.Open(old, "here"); !errors.Is(err, seal.ErrSecret) || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("without the old secret: %v; want it to name the secret", err)
	}
	impostor, err := seal.New(seal.Config{Secrets: []seal.Secret{{ID: "a", Key: strings.Repeat("z", 32)}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := impostor.Open(old, "here"); !errors.Is(err, seal.ErrBroken) {
		t.Errorf("another key under the same id: %v", err)
	}
	if _, err := seal.New(seal.Config{}); err == nil {
		t.Error("a sealer without a secret")
	}
}

// A sealed journal is a journal.
func TestConformance(t *testing.T) {
	clock := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	journaltest.Run(t, journaltest.Harness{
		Open: func(t *testing.T) journal.Driver {
			return newSealer(t, "a").Store(seal.Deps{Driver: memory.New(memory.Config{}, memory.Deps{Now: func() time.Time { return clock }})})
		},
		Now:  func() time.Time { return clock },
		Pass: func(d time.Duration) { clock = clock.Add(d) },
	})
}

// Nothing of what is opaque to the journal reaches the driver in clear, by whichever call; and a row cannot lend its parts to another.
func TestTheDriverSeesNothing(t *testing.T) {
	inner := memory.New(memory.Config{}, memory.Deps{})
	store := newSealer(t, "a").Store(seal.Deps{Driver: inner})
	row := journal.Row{SagaID: "saga", Kind: "PLACE", Scope: "s", Key: "k", Request: []byte("PLAIN"), Data: []byte("PLAIN"), State: "STARTED"}
	hidden := func(when string) {
		t.Helper()
		if r, _, _ := inner.Show(t.Context(), "saga"); bytes.Contains(fmt.Append(nil, string(r.Request), string(r.Data), string(r.Result)), []byte("PLAIN")) {
			t.Errorf("%s: the driver sees %q %q %q", when, r.Request, r.Data, r.Result)
		}
	}
	stored, _, err := store.Insert(t.Context(), row)
	if err != nil || string(stored.Request) != "PLAIN" {
		t.Fatalf("Insert = %+v, %v", stored, err)
	}
	hidden("inserted")
	if err := store.Advance(t.Context(), "saga", 1, journal.Step{Write: 1, State: "X", Data: []byte("PLAIN")}); err != nil {
		t.Fatal(err)
	}
	hidden("advanced")
	if err := store.Advance(t.Context(), "saga", 1, journal.Step{Write: 2, State: "X", Result: []byte("PLAIN")}); err != nil {
		t.Fatal(err)
	}
	hidden("closed")
	closed := journal.Row{SagaID: "other", Kind: "PLACE", Scope: "s", Key: "l", Result: []byte("PLAIN")}
	if _, _, err := store.Insert(t.Context(), closed); err != nil {
		t.Fatal(err)
	}
	if r, _, _ := inner.Show(t.Context(), "other"); bytes.Contains(r.Result, []byte("PLAIN")) {
		t.Errorf("inserted closed: the driver sees %q", r.Result)
	}
}

// A row that cannot be opened is handed out, reported, and not understood.
func TestUnreadable(t *testing.T) {
	inner := memory.New(memory.Config{}, memory.Deps{})
	row := journal.Row{SagaID: "saga", Kind: "PLACE", Scope: "s", Key: "k", Request: []byte("PLAIN"), Owner: "gone", State: "STARTED"}
	if _, _, err := newSealer(t, "a").Store(seal.Deps{Driver: inner}).Insert(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	var heard []error
	store := newSealer(t, "b").Store(seal.Deps{Driver: inner, OnUnreadable: func(_ context.Context, _ string, err error) { heard = append(heard, err) }})
	rows, err := store.Claim(t.Context(), journal.Claim{Owner: "me", Limit: 1})
	if err != nil || len(rows) != 1 || bytes.Contains(rows[0].Request, []byte("PLAIN")) || len(rows[0].Request) == 0 {
		t.Errorf("Claim = %+v, %v; want the row as it is stored", rows, err)
	}
	if len(heard) != 1 || !errors.Is(heard[0], seal.ErrSecret) {
		t.Errorf("heard %v; want to hear of the secret once", heard)
	}
}
