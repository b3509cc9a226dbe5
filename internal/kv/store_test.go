package kv

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, mebibyte)
		slot := take(t, s, "menu")
		if _, ok := s.Get(t.Context(), slot); ok {
			t.Error("there before it was set")
		}
		s.Set(t.Context(), slot, "dosa", time.Minute)
		if value, ok := s.Get(t.Context(), take(t, s, "menu")); value != "dosa" || !ok {
			t.Errorf("Get = %q, %t", value, ok)
		}
		sleep(time.Minute)
		if _, ok := s.Get(t.Context(), slot); ok {
			t.Error("there after its time")
		}
		s.Set(t.Context(), slot, "dosa", 0)
		if _, ok := s.Get(t.Context(), slot); ok {
			t.Error("kept for no time at all")
		}
		s.Set(t.Context(), slot, "dosa", 1000*time.Hour)
		sleep(24 * time.Hour)
		if _, ok := s.Get(t.Context(), slot); ok {
			t.Error("kept for longer than MaxAge")
		}
		s.Run(t.Context()) // without Redis it returns
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestInvalidate(t *testing.T) {
	tests := []struct {
		name string
		tags []string
		do   func(s *Store) error
		gone bool
	}{
		{"its tag", []string{"menu:1"}, func(s *Store) error { return s.Invalidate(t.Context(), "menu:1") }, true},
		{"one of its tags", []string{"menu:1", "menu:2"}, func(s *Store) error { return s.Invalidate(t.Context(), "x", "menu:2") }, true},
		{"another tag", []string{"menu:1"}, func(s *Store) error { return s.Invalidate(t.Context(), "menu:11") }, false},
		{"no tag", []string{"menu:1"}, func(s *Store) error { return s.Invalidate(t.Context()) }, false},
		{"everything", nil, (*Store).invalidateAll, true},
		{"everything, tagged", []string{"menu:1"}, (*Store).invalidateAll, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStore(t, mebibyte)
			before := take(t, s, "k", tt.tags...)
			s.Set(t.Context(), before, "v", time.Minute)
			if err := tt.do(s); err != nil {
				t.Fatal(err)
			}
			if _, ok := s.Get(t.Context(), take(t, s, "k", tt.tags...)); ok == tt.gone {
				t.Errorf("there: %t", ok)
			}
			s.Set(t.Context(), before, "late", time.Minute) // made before, stored after
			if value, ok := s.Get(t.Context(), take(t, s, "k", tt.tags...)); tt.gone && ok {
				t.Errorf("%q was made before the invalidation and is served after it", value)
			}
		})
	}
}

func (s *Store) invalidateAll() error { return s.InvalidateAll(nil) } //nolint:staticcheck // no Redis, no context

// Names and tags do not run together: equal slots have equal names and tags.
func TestSlotsAreApart(t *testing.T) {
	s := newStore(t, mebibyte)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a:,|]{1,4}`)
		tags := rapid.SliceOfN(text, 0, 3)
		name1, name2, tags1, tags2 := text.Draw(t, "name1"), text.Draw(t, "name2"), tags.Draw(t, "tags1"), tags.Draw(t, "tags2")
		slot1, _ := s.Slot(t.Context(), name1, tags1...)
		slot2, _ := s.Slot(t.Context(), name2, tags2...)
		same := name1 == name2 && strings.Join(tags1, " ") == strings.Join(tags2, " ")
		if (slot1 == slot2) != same {
			t.Fatalf("%q %q and %q %q: equal slots %t", name1, tags1, name2, tags2, slot1 == slot2)
		}
	})
}

// A crowd that comes first agrees on the generation of a tag.
func TestTheFirstSlotsAgree(t *testing.T) {
	s := newStore(t, mebibyte)
	slots := make([]Slot, 100)
	var crowd sync.WaitGroup
	for n := range slots {
		crowd.Go(func() { slots[n], _ = s.Slot(t.Context(), "k", "tag") })
	}
	crowd.Wait()
	for _, slot := range slots {
		if slot != slots[0] {
			t.Fatal("two slots for one value")
		}
	}
}

func TestGenerationsAreBounded(t *testing.T) {
	s := newStore(t, mebibyte)
	for n := range 10_000 {
		take(t, s, "k", fmt.Sprintf("tag:%d", n))
	}
	s.generations.known.CleanUp()
	if size := s.generations.known.WeightedSize(); size > mebibyte/generationsShare {
		t.Errorf("generations take %d bytes", size)
	}
}

func TestTagsAreChecked(t *testing.T) {
	s := newStore(t, mebibyte)
	for name, tags := range map[string][]string{
		"empty":     {"a", ""},
		"too long":  {strings.Repeat("x", 257)},
		"blank":     {"a b"},
		"not ASCII": {"menü"},
		"control":   {"a\n"},
		"too many":  strings.Split(strings.Repeat("a", 257), ""),
	} {
		_, slotErr := s.Slot(t.Context(), "k", tags...)
		if name == "too many" { // of one value; many can be invalidated
			if err := s.Invalidate(t.Context(), tags...); err != nil || !errors.Is(slotErr, ErrTags) {
				t.Errorf("%s: %v, %v", name, err, slotErr)
			}
			continue
		}
		if err := s.Invalidate(t.Context(), tags...); !errors.Is(err, ErrTags) || !errors.Is(slotErr, ErrTags) {
			t.Errorf("%s: %v, %v", name, err, slotErr)
		}
	}
	s.Set(t.Context(), Slot{}, "v", time.Minute)
	if _, ok := s.Get(t.Context(), Slot{}); ok {
		t.Error("a value without a slot was kept")
	}
}

func TestConfig(t *testing.T) {
	for want, spoil := range map[string]func(*Config){
		"":                                     func(*Config) {},
		"memory: is less than 1048576 bytes":   func(c *Config) { c.Memory = 1000 },
		"max_age: is shorter than 1s":          func(c *Config) { c.MaxAge = 0 },
		"recheck: is shorter than 1s":          func(c *Config) { c.Recheck = -1 },
		"prefix: is longer than 64":            func(c *Config) { c.Prefix = strings.Repeat("x", 65) },
		"redis: is not the address of a Redis": func(c *Config) { c.Redis = "http://me:secret@host" },
	} {
		cfg := Defaults()
		spoil(&cfg)
		_, err := New(cfg, Deps{})
		if want == "" && err == nil {
			continue
		}
		if want == "" || err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
