package auth

import (
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/gateway/auth/authtest"
	"tiffin/identity"
)

// A token that was verified is not verified again: of the second time there is only the fingerprint to go by.
func TestVerifiedTokensAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		token := issuer.Token("alice", "", time.Now())
		first, err := v.Verify(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := v.Verify(t.Context(), token); err != nil || again != first {
			t.Errorf("verified again: %v", err)
		}
		<-time.After(maxTTL)
		if again, err := v.Verify(t.Context(), token); err != nil || again == first {
			t.Errorf("after %v not verified again: %v", maxTTL, err)
		}
	})
}

// A token that ends before the cache's time is remembered until it ends, and refused once the leeway is over.
func TestRememberedTokensEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		token := change{claims: authtest.JSON{"exp": time.Now().Add(10 * time.Second).Unix()}}.token(issuer, time.Now())
		mustVerify(t, v, token)
		<-time.After(10*time.Second + leeway)
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, refusedExpired) {
			t.Error(err)
		}
	})
}

// With a change of the keys what was verified by the old ones stops to count at once; keys that stay the same keep it.
func TestRememberedTokensAreDroppedWithTheirKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		keys := v.issuers[ours].keys
		token := issuer.Token("alice", "", time.Now())
		first, err := v.Verify(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(unknownEvery)
		if err := keys.refresh(t.Context()); err != nil || issuer.Fetches() != 2 {
			t.Fatalf("%d fetches: %v", issuer.Fetches(), err)
		}
		if again, err := v.Verify(t.Context(), token); err != nil || again != first {
			t.Errorf("the same keys: verified again, %v", err)
		}
		<-time.After(unknownEvery - time.Second)
		token = issuer.Token("bob", "", time.Now()) // remembered for longer than until the next fetch
		second, err := v.Verify(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		issuer.Rotate()
		_ = keys.refresh(t.Context())
		mustStay(t, v, token, second) // it was too early to ask
		<-time.After(time.Second)
		if err := keys.refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, refusedKey) {
			t.Errorf("by a key that was withdrawn: %v", err)
		}
	})
}

func mustStay(t *testing.T, v *Verifier, token string, want *identity.Principal) {
	t.Helper()
	if again, err := v.Verify(t.Context(), token); err != nil || again != want {
		t.Errorf("not remembered: %v", err)
	}
}

// What was refused is not remembered, and nothing of a refused token takes room.
func TestRefusedTokensTakeNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		for _, c := range changes(time.Now(), issuer) {
			if c.want != nil {
				_, _ = v.Verify(t.Context(), c.token(issuer, time.Now()))
			}
		}
		if n := v.cache.held(); n != 0 {
			t.Errorf("%d findings", n)
		}
	})
}

// A Principal that would take much room is not remembered.
func TestLargePrincipalsAreNotRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		mustVerify(t, v, issuer.Token("alice", strings.Repeat("scope-"+strings.Repeat("x", 90)+" ", 40), time.Now()))
		if n := v.cache.held(); n != 0 {
			t.Errorf("%d findings", n)
		}
	})
}

func printOf(text string) fingerprint {
	sum := digestOf(text)
	return fingerprint(sum[:16])
}

func (v *findings) held() int {
	n := 0
	for i := range v.places {
		if v.places[i].Load() != nil {
			n++
		}
	}
	return n
}

func TestFindingsAreBounded(t *testing.T) {
	now := time.Unix(1000, 0)
	for _, entries := range []int{-0, 1, 4, 5, 1000} {
		v := newFindings(entries)
		for n := range 5000 {
			d := printOf(strconv.Itoa(n))
			v.add(&finding{of: d, until: now.Add(time.Duration(n+1) * time.Second).UnixNano()}, now)
			if found := v.find(&d, now); (found == nil) != (entries == 0) {
				t.Fatalf("%d entries: the %dth is found: %v", entries, n, found != nil)
			}
		}
		if held := v.held(); held > entries+ways-1 {
			t.Errorf("%d findings in %d places", held, entries)
		}
	}
}

// The finding that ends first gives way, and one that counts no longer before any.
func TestFindingsThatEndGiveWay(t *testing.T) {
	now := time.Unix(1000, 0)
	v := newFindings(ways)
	at := func(n int) fingerprint {
		var d fingerprint
		binary.BigEndian.PutUint64(d[8:], uint64(n))
		return d
	}
	add := func(n int, left time.Duration) {
		v.add(&finding{of: at(n), until: now.Add(left).UnixNano()}, now)
	}
	for n, left := range []string{"40s", "20s", "30s", "50s"} {
		d, _ := time.ParseDuration(left)
		add(n, d)
	}
	add(4, 60*time.Second) // in the place of 1
	now = now.Add(31 * time.Second)
	add(5, time.Second) // in the place of 2, which has ended
	for n, want := range []bool{true, false, false, true, true, true} {
		d := at(n)
		if got := v.find(&d, now) != nil; got != want {
			t.Errorf("%d is held: %v", n, got)
		}
	}
}

func TestFindingsUnderContention(t *testing.T) {
	now, v := time.Unix(1000, 0), newFindings(64)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for n := range 2000 {
				d := printOf(strconv.Itoa(n % 200))
				v.add(&finding{of: d, until: now.Add(time.Duration(g+1)*time.Minute).UnixNano() + int64(n)}, now)
				if found := v.find(&d, now); found != nil && found.of != d {
					t.Error("somebody else's finding")
				}
			}
		})
	}
	wg.Wait()
}

// Texts that differ have different fingerprints, also where they differ in length only, and another process has others.
func TestFingerprints(t *testing.T) {
	p, other := newPrinter(), newPrinter()
	seen := map[fingerprint]string{}
	for _, text := range []string{"", "\x00", "\x00\x00", "a", "b", strings.Repeat("a", 15), strings.Repeat("a", 16), strings.Repeat("a", 17), strings.Repeat("a", maxToken), strings.Repeat("a", maxToken-1) + "b"} {
		made := p.of(text)
		if before, ok := seen[made]; ok || made != p.of(text) || made == other.of(text) {
			t.Errorf("%.20q and %.20q", text, before)
		}
		seen[made] = text
	}
	r, _ := p.rooms.Get().(*room)
	if r.token != [maxToken]byte{} {
		t.Error("a token stays in memory")
	}
}

// A caller who comes again costs a fingerprint and a look: nothing is allocated.
func TestHitAllocatesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		token, ctx := issuer.Token("alice", "orders:read orders:place", time.Now()), t.Context()
		mustVerify(t, v, token)
		if n := testing.AllocsPerRun(100, func() { _, _ = v.Verify(ctx, token) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
		key, hash := NewAPIKey()
		v.SetAPIKeys([]APIKey{{Name: "till", Hash: hash}})
		if n := testing.AllocsPerRun(100, func() { _, _ = v.apiKey(key) }); n != 0 {
			t.Errorf("API key: %v allocations", n)
		}
	})
}
