package gateway_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/gateway"
	"tiffin/gateway/internal/gqltest"
	"tiffin/gateway/ratelimit"
	"tiffin/gateway/transport"
)

// memory is what place has answered: the first time that it is asked for an item is the one that counts.
type memory struct {
	known []any
	looks atomic.Int32
}

func (m *memory) wire(d *gateway.Deps) {
	d.Schema.(*gqltest.Schema).Resolvers["Mutation.place"] = func(ctx context.Context, args map[string]any) (any, error) {
		if slices.Contains(m.known, args["item"]) {
			transport.SetHeader(ctx, ratelimit.ReplayedHeader, "true")
		}
		m.known = append(m.known, args["item"])
		return args["item"], nil
	}
	d.Replays = func(ctx context.Context, field string, args map[string]any) bool {
		m.looks.Add(1)
		_, bounded := ctx.Deadline()
		return bounded && field == "Mutation.place" && slices.Contains(m.known, args["item"])
	}
}

func placing(item string) request {
	return post(`mutation Place($item:ID!){place(item:$item)}`, `{"item":"`+item+`"}`)
}

// With the limit used up a replay is answered all the same, and what is none is not, by the field's limit as by that of the operation.
func TestReplaysPassLimitsThatAreUsedUp(t *testing.T) {
	two := ratelimit.Limit{Burst: 2, Every: time.Hour}
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		e := start(t, limited(ratelimit.Config{
			Fields:     []ratelimit.FieldLimit{{Field: "Mutation.place", Limit: two}},
			Operations: []ratelimit.OperationLimit{{Operation: "Place", Limit: two}},
		}), m.wire)
		alice := func(r request) answer { return e.do(r.bearer(e.token("orders:place"))) }
		for _, c := range []struct {
			item   string
			status int
			looks  int32
		}{{"a", 200, 0}, {"a", 200, 0}, {"b", 200, 0}, {"c", 429, 1}, {"a", 200, 2}, {"b", 200, 3}, {"c", 429, 4}} {
			got := alice(placing(c.item))
			if got.status != c.status || m.looks.Load() != c.looks {
				t.Errorf("%s: %d %s after %d looks, want %d after %d", c.item, got.status, got.text, m.looks.Load(), c.status, c.looks)
			}
			if c.looks > 0 && !strings.HasPrefix(got.header.Get("RateLimit"), `"operation Place";r=0;`) {
				t.Errorf("%s: %s", c.item, got.header.Get("RateLimit"))
			}
		}
		for _, several := range []string{`mutation Place{a:place(item:"a") b:place(item:"b")}`, `mutation Place{place(item:"a") slowly}`} {
			if got := alice(post(several)); got.status != 429 || m.looks.Load() != 4 {
				t.Errorf("%s: %d after %d looks", several, got.status, m.looks.Load())
			}
		}
		if slices.Contains(m.known, any("c")) {
			t.Error("what was refused was placed")
		}
		time.Sleep(2 * time.Hour) //nolint:forbidigo // fake time
		if got := alice(placing("c")); got.status != 200 {
			t.Errorf("replays have spent something: %d %v", got.status, got.header)
		}
	})
}

// To look for a replay is work: it counts as an operation of the caller's, so that nobody can have more of it than of anything else.
func TestLooksForReplaysAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		e := start(t, limited(ratelimit.Config{
			User:   ratelimit.Limit{Burst: 5, Every: time.Hour},
			Fields: []ratelimit.FieldLimit{{Field: "Mutation.place", Limit: ratelimit.Limit{Burst: 1, Every: time.Hour}}},
		}), m.wire)
		alice := func(r request) answer { return e.do(r.bearer(e.token("orders:place"))) }
		if got := alice(placing("a")); got.status != 200 {
			t.Fatalf("%d %s", got.status, got.text)
		}
		for n := range 20 {
			if got := alice(placing("unknown")); got.status != 429 {
				t.Errorf("%d: %d", n, got.status)
			}
		}
		if n := m.looks.Load(); n != 4 {
			t.Errorf("%d looks, the caller had 4 operations left", n)
		}
	})
}

// A key that was known, for an answer that is none after all: it is charged like every other.
func TestWhatWasNoReplayIsCharged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		e := start(t, limited(ratelimit.Config{Fields: []ratelimit.FieldLimit{{Field: "Mutation.place", Limit: ratelimit.Limit{Burst: 1, Every: time.Hour}}}}),
			m.wire, notReplayed)
		m.known = []any{"a"}
		alice := func(r request) answer { return e.do(r.bearer(e.token("orders:place"))) }
		alice(placing("first"))
		time.Sleep(30 * time.Minute) //nolint:forbidigo // fake time
		if got := alice(placing("a")); got.status != 200 {
			t.Errorf("%d %s", got.status, got.text)
		}
		time.Sleep(45 * time.Minute) //nolint:forbidigo // fake time: the first is paid for, the second not
		if got := alice(placing("second")); got.status != 429 {
			t.Errorf("%d %s", got.status, got.text)
		}
	})
}
