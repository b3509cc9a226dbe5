package auth

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"tiffin/gateway/auth/authtest"
	"tiffin/internal/testkit"
)

// The keys are fetched when the first token comes, and once for all that wait for them.
func TestKeysAreFetchedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		if n := issuer.Fetches(); n != 0 {
			t.Errorf("%d fetches before the first token", n)
		}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if _, err := v.Verify(t.Context(), issuer.Token("alice", "", time.Now())); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := issuer.Fetches(); n != 1 {
			t.Errorf("%d fetches, want 1", n)
		}
	})
}

// Bad tokens do not become load on the issuer.
func TestUnknownKeyIDsAreAskedForRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		bad := change{header: authtest.JSON{"kid": "other"}}.token(issuer, time.Now())
		for range 600 { // one each 100 ms
			if _, err := v.Verify(t.Context(), bad); !errors.Is(err, refusedKey) {
				t.Fatal(err)
			}
			<-time.After(100 * time.Millisecond)
		}
		if n := issuer.Fetches(); n != 2 {
			t.Errorf("%d fetches in a minute, want 2", n)
		}
	})
}

func TestRotatedKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		old := issuer.Token("alice", "", time.Now())
		mustVerify(t, v, old)
		issuer.Rotate()
		if _, err := v.Verify(t.Context(), issuer.Token("alice", "", time.Now())); !errors.Is(err, refusedKey) {
			t.Errorf("within 30 s of a fetch: %v", err)
		}
		<-time.After(30 * time.Second)
		mustVerify(t, v, issuer.Token("alice", "", time.Now()))
		if _, err := v.Verify(t.Context(), old); !errors.Is(err, refusedKey) {
			t.Errorf("by the key that was withdrawn: %v", err)
		}
	})
}

// A key that is withdrawn and never missed by a new one stops to count all the same.
func TestKeysAgeOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		old := issuer.Token("alice", "", time.Now().Add(time.Hour))
		mustVerify(t, v, issuer.Token("alice", "", time.Now()))
		issuer.Rotate()
		<-time.After(maxAge)
		if _, err := v.Verify(t.Context(), old); !errors.Is(err, refusedKey) {
			t.Errorf("after %v: %v", maxAge, err)
		}
	})
}

func TestLastGoodKeysAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		mustVerify(t, v, issuer.Token("alice", "", time.Now()))
		issuer.SetDown(true)
		<-time.After(2 * maxAge)
		mustVerify(t, v, issuer.Token("alice", "", time.Now()))
		unknown := change{header: authtest.JSON{"kid": "other"}}.token(issuer, time.Now())
		if _, err := v.Verify(t.Context(), unknown); !errors.Is(err, refusedKey) {
			t.Errorf("unknown key id: %v", err)
		}
		if n := issuer.Fetches(); n != 1 { // discovery fails before the key set is read
			t.Errorf("%d fetches", n)
		}
	})
}

// An issuer that is down at the start is asked again at most once a second, and the first good answer ends the trouble.
func TestIssuerDownAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		issuer.SetDown(true)
		token := issuer.Token("alice", "", time.Now())
		for range 2 {
			if _, err := v.Verify(t.Context(), token); !errors.Is(err, errNoKeys) {
				t.Fatalf("with the issuer down: %v", err)
			}
		}
		issuer.SetDown(false)
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, errNoKeys) {
			t.Errorf("within the same second: %v", err)
		}
		<-time.After(retryAfter)
		mustVerify(t, v, token)
	})
}

func mustVerify(t *testing.T, v *Verifier, token string) {
	t.Helper()
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Error(err)
	}
}

// An issuer that never answers costs its own tokens the timeout, and no more.
func TestIssuerHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		network := testkit.Start(t, map[string]http.Handler{"issuer.test": hang})
		v := NewVerifier(Config{Issuers: []IssuerConfig{{URL: ours, Audience: "tiffin"}}}, Deps{Transport: network.Transport()})
		start := time.Now()
		if _, err := v.Verify(t.Context(), authtest.New(ours).Token("alice", "", start)); !errors.Is(err, errNoKeys) {
			t.Error(err)
		}
		if took := time.Since(start); took != fetchTimeout {
			t.Errorf("took %v", took)
		}
	})
}

// While an issuer hangs, tokens by keys that nobody has hold a bounded number of requests; who comes with a key that is known does not wait.
func TestUnknownKeysHoldFewRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hangs atomic.Bool
		issuer := authtest.New(ours)
		pages := issuer.Handler()
		network := testkit.Start(t, map[string]http.Handler{"issuer.test": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if hangs.Load() {
				<-r.Context().Done()
				return
			}
			pages.ServeHTTP(w, r)
		})})
		v := NewVerifier(Config{Issuers: []IssuerConfig{{URL: ours, Audience: "tiffin"}}}, Deps{Transport: network.Transport()})
		mustVerify(t, v, issuer.Token("alice", "", time.Now()))
		<-time.After(unknownEvery)
		hangs.Store(true)
		bad := change{header: authtest.JSON{"kid": "other"}}.token(issuer, time.Now())
		var turnedAway, refused atomic.Int32
		var flood sync.WaitGroup
		for range maxWaiting + 50 {
			flood.Go(func() {
				switch _, err := v.Verify(t.Context(), bad); {
				case errors.Is(err, errNoKeys):
					turnedAway.Add(1)
				case errors.Is(err, refusedKey):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if n := turnedAway.Load(); n != 50 {
			t.Errorf("%d were told to come again, want 50", n)
		}
		began := time.Now()
		mustVerify(t, v, issuer.Token("bob", "", time.Now()))
		if took := time.Since(began); took != 0 {
			t.Errorf("a key that is known: %v", took)
		}
		flood.Wait()
		if n := refused.Load(); n != maxWaiting {
			t.Errorf("%d were refused, want %d", n, maxWaiting)
		}
	})
}

// An issuer that turns the connection into something else has not answered: reading on would last for ever.
func TestIssuerSwitchesProtocols(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := testkit.Start(t, map[string]http.Handler{"issuer.test": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			go func() { _, _ = io.Copy(io.Discard, conn) }()
		})})
		v := NewVerifier(Config{Issuers: []IssuerConfig{{URL: ours, Audience: "tiffin"}}}, Deps{Transport: network.Transport()})
		if _, err := v.Verify(t.Context(), authtest.New(ours).Token("alice", "", time.Now())); !errors.Is(err, errNoKeys) {
			t.Error(err)
		}
	})
}

// Keys of kinds that cannot verify are left out; they do not spoil the others.
func TestForeignKeysAreLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		encryption := authtest.JWK(issuer.PublicKey(), "encryption")
		encryption["use"] = "enc"
		issuer.AddKeys(
			authtest.JSON{"kty": "oct", "kid": "secret", "k": "c2VjcmV0"}, authtest.JSON{"kty": "XYZ", "kid": "new"}, authtest.JSON{}, encryption,
		)
		mustVerify(t, v, issuer.Token("alice", "", time.Now()))
		for _, id := range []string{"secret", "encryption"} {
			token := change{header: authtest.JSON{"kid": id}}.token(issuer, time.Now())
			if _, err := v.Verify(t.Context(), token); !errors.Is(err, refusedKey) {
				t.Errorf("key %s: %v", id, err)
			}
		}
	})
}

func TestHostileKeySets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := authtest.New(ours)
		key, err := json.Marshal(authtest.JWK(issuer.PublicKey(), "a"))
		if err != nil {
			t.Fatal(err)
		}
		good := `{"keys":[` + string(key) + `]}`
		many := `{"keys":[` + strings.Repeat(`{"kty":"XYZ"},`, maxKeys)
		for name, c := range map[string]struct {
			page   string
			status int
			want   error
		}{
			"good":      {good, 200, nil},
			"empty":     {"", 200, errNoKeys},
			"no JSON":   {"<html>", 200, errNoKeys},
			"no keys":   {`{"keys":[]}`, 200, errNoKeys},
			"keys: 1":   {`{"keys":1}`, 200, errNoKeys},
			"secrets":   {`{"keys":[{"kty":"oct","kid":"a","k":"c2VjcmV0"}]}`, 200, errNoKeys},
			"duplicate": {good[:len(good)-1] + `,"keys":[]}`, 200, errNoKeys},
			"trailing":  {good + good, 200, errNoKeys},
			"too long":  {good + strings.Repeat(" ", maxDocument), 200, errNoKeys},
			"too many":  {many + string(key) + `]}`, 200, errNoKeys},
			"an error":  {good, 500, errNoKeys},
		} {
			mux := http.NewServeMux()
			mux.Handle("/", issuer.Handler())
			mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.page)
			})
			network := testkit.Start(t, map[string]http.Handler{"issuer.test": mux})
			v := NewVerifier(Config{Issuers: []IssuerConfig{{URL: ours, Audience: "tiffin"}}}, Deps{Transport: network.Transport()})
			token := change{header: authtest.JSON{"kid": "a"}}.token(issuer, time.Now())
			if _, err := v.Verify(t.Context(), token); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// What names itself differently in its own description is another issuer.
func TestDiscoveryOfAnotherIssuer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		impostor := authtest.New("http://impostor.test")
		network := testkit.Start(t, map[string]http.Handler{"issuer.test": impostor.Handler(), "impostor.test": impostor.Handler()})
		v := NewVerifier(Config{Issuers: []IssuerConfig{{URL: ours, Audience: "tiffin"}}}, Deps{Transport: network.Transport()})
		token := change{claims: authtest.JSON{"iss": ours}}.token(impostor, time.Now())
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, errNoKeys) {
			t.Error(err)
		}
	})
}

// Run fetches the keys before the first token comes, keeps them fresh, and tells once when the issuer is away and once when it is back.
func TestRunKeepsKeysFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := authtest.New(ours)
		network := testkit.Start(t, map[string]http.Handler{"issuer.test": issuer.Handler()})
		var told []bool
		v := NewVerifier(Config{Issuers: []IssuerConfig{{URL: ours, Audience: "tiffin"}}}, Deps{
			Transport: network.Transport(), Away: func(name string, cause error) { told = append(told, name == ours && cause != nil) },
		})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { v.Run(ctx); close(ended) }()
		synctest.Wait()
		if n := issuer.Fetches(); n != 1 {
			t.Errorf("%d fetches at the start", n)
		}
		<-time.After(time.Hour)
		if n := issuer.Fetches(); n < 12 || n > 15 {
			t.Errorf("%d fetches in an hour", n)
		}
		issuer.Rotate()
		<-time.After(refreshEvery)
		n := issuer.Fetches()
		mustVerify(t, v, issuer.Token("alice", "", time.Now()))
		if issuer.Fetches() != n {
			t.Error("a request fetched keys")
		}
		issuer.SetDown(true)
		<-time.After(time.Hour)
		mustVerify(t, v, issuer.Token("bob", "", time.Now())) // by the last good ones
		issuer.SetDown(false)
		<-time.After(unknownEvery)
		stop()
		<-ended
		if diff := cmp.Diff([]bool{true, false}, told); diff != "" {
			t.Error(diff)
		}
	})
}

// However many bad tokens come, of whatever kind, an issuer that answers is asked for its keys at most every 30 s.
func TestBatteryCausesNoFetches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		for range 30 { // two rounds a second
			for _, c := range changes(time.Now(), issuer) {
				_, _ = v.Verify(t.Context(), c.token(issuer, time.Now()))
			}
			<-time.After(2 * time.Second)
		}
		if n := issuer.Fetches(); n != 2 {
			t.Errorf("%d fetches in a minute, want 2", n)
		}
	})
}

// A token that does not say by which key is held against a few only: each costs as much as a signature.
func TestTokensWithoutKeyIDTryFewKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, issuer, _ := setup(t)
		for n := range maxTried {
			issuer.AddKeys(authtest.JWK(issuer.PublicKey(), string(rune('a'+n))))
		}
		token := change{header: authtest.JSON{"kid": nil}}.token(issuer, time.Now())
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, refusedKey) {
			t.Error(err)
		}
		mustVerify(t, v, issuer.Token("alice", "", time.Now()))
	})
}

// RSA keys that are too short to trust are left out.
func TestShortKeysAreLeftOut(t *testing.T) {
	long, err := rsa.GenerateKey(rand.Reader, minRSA)
	if err != nil {
		t.Fatal(err)
	}
	for bits, key := range map[int]*rsa.PublicKey{
		minRSA: &long.PublicKey,
		1024:   {N: new(big.Int).Rsh(long.N, 1024), E: long.E},
	} {
		if got := verifies(jose.JSONWebKey{Key: key}); got != (bits == minRSA) {
			t.Errorf("%d bits: %v", bits, got)
		}
	}
}
