package persisted

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"tiffin/fault"
	"tiffin/internal/kv"
	"tiffin/internal/kv/link"
	"tiffin/internal/kv/redistest"
)

// sharing is a gateway's documents over a real Redis, which it runs for the test.
func sharing(t *testing.T, url string) *Documents {
	t.Helper()
	cfg := Config{}.WithDefaults()
	cfg.Automatic.Store.Redis = url
	// A busy machine is no outage, and an outage is noticed sooner than in earnest to be over.
	links := link.NewLinks(link.Deps{Exchange: 10 * time.Second, Probe: 50 * time.Millisecond})
	d, err := New(cfg, Deps{Links: links, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// bring is a client that sends text and hash, of a document that turns out to be valid.
func (d *Documents) bring(t *testing.T, text string) {
	t.Helper()
	got, keep, refused := d.Resolve(t.Context(), request(hashOf(text), text))
	if got != text || keep == nil || refused != nil {
		t.Fatalf("brought: %q, %v", got, refused)
	}
	keep()
}

// knows is a client that sends the hash only.
func (d *Documents) knows(t *testing.T, text string) bool {
	t.Helper()
	got, _, refused := d.Resolve(t.Context(), request(hashOf(text), ""))
	if refused != nil && refused.Code != fault.PersistedQueryNotFound || refused == nil && got != text {
		t.Errorf("named: %q, %v", got, refused)
	}
	return refused == nil
}

func request(hash, text string) Request {
	return Request{Text: text, Extensions: map[string]any{"persistedQuery": map[string]any{"version": int64(1), "sha256Hash": hash}}}
}

// What a client has brought to one gateway can be named at another. While Redis is away each serves what it knows, clients bring again what it
// does not, and nobody is refused for it.
func TestGatewaysShareWhatClientsBring(t *testing.T) {
	redis := redistest.Start(t)
	a, b := sharing(t, redis.URL()), sharing(t, redis.URL())
	if a.knows(t, listed) || b.knows(t, listed) {
		t.Fatal("it is known before anybody brought it")
	}
	a.bring(t, listed)
	if !b.knows(t, listed) {
		t.Error("the other gateway does not know it")
	}

	redis.Stop()
	if !a.knows(t, listed) || !b.knows(t, listed) {
		t.Error("what was known is forgotten with Redis")
	}
	if b.knows(t, stranger) {
		t.Error("it is known though nobody brought it")
	}
	b.bring(t, stranger)
	if !b.knows(t, stranger) {
		t.Error("what is brought without Redis is not kept")
	}
	if a.knows(t, stranger) {
		t.Error("it is known where nobody brought it")
	}

	redis.Start() // empty
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		another := "query Another {hello} #" + strings.Repeat("x", n)
		if a.bring(t, another); b.knows(t, another) {
			return
		}
		if n == 500 {
			t.Fatal("Redis is back, and not used")
		}
		<-tick.C
	}
}

// Whoever can write into Redis cannot have another document executed under the name of one.
func TestRedisIsNotBelieved(t *testing.T) {
	redis := redistest.Start(t)
	d := sharing(t, redis.URL())
	cfg := Config{}.WithDefaults().Automatic.Store
	cfg.Redis = redis.URL()
	intruder, err := kv.New(cfg, kv.Deps{Links: link.NewLinks(link.Deps{Exchange: 10 * time.Second})})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = intruder.Close() }()
	put := func(text string) {
		slot, err := intruder.Slot(t.Context(), hashOf(listed))
		if err != nil {
			t.Fatal(err)
		}
		intruder.Set(t.Context(), slot, text, time.Hour)
	}
	put(stranger)
	if d.knows(t, listed) {
		t.Error("another document is taken for it")
	}
	put(listed)
	if !sharing(t, redis.URL()).knows(t, listed) {
		t.Error("nothing is shown: what is put there is not read")
	}
}
