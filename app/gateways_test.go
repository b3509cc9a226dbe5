package app_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// pair starts two gateways in front of one world, over one Redis. Deliveries are kept for a minute.
func pair(t *testing.T, test func(t *testing.T, a, b *world)) {
	t.Helper()
	inWorld(t, func(t *testing.T, a *world) {
		a.end()
		if err := <-a.ended; err != nil {
			t.Fatal(err)
		}
		a.redis = miniredis.NewMiniRedis()
		a.redis.ClockTTL(true)
		defer a.redis.Close()
		config := strings.Replace(a.config()+"cache: {redis: \"redis://redis:6379\"}\nedge: {rate_limit: {redis: {url: \"redis://redis:6379\"}}}\n", "  delivery: {",
			`  delivery: {cache: {routes: [{path: /deliveries, scope: private, ttl: 1m, tags: ["delivery:{order_ids}"]}]}, `, 1)
		b := &world{Demo: a.Demo, network: a.network, host: "gateway-b", redis: a.redis, client: a.client, log: &bytes.Buffer{}, ended: make(chan error, 1)}
		a.run(t, config)
		b.run(t, strings.NewReplacer("gateway:80", "gateway-b:80", "admin:80", "admin-b:80").Replace(config))
		defer func() { // a ends with inWorld
			a.end()
			if err := <-a.ended; err != nil {
				t.Error("Run:", err)
			}
			a.ended <- nil
		}()
		defer func() {
			b.end()
			if err := <-b.ended; err != nil {
				t.Error("Run:", err)
			}
		}()
		pass(2 * time.Second) // both have subscribed
		test(t, a, b)
	})
}

// What placeOrder changed by way of one gateway is not shown as it was by the other, although it keeps it still.
func TestAnOrderChangesWhatOtherGatewaysKeep(t *testing.T) {
	const page = `query ($id: ID!) { order(id: $id) { delivery { status } } }`
	pair(t, func(t *testing.T, a, b *world) {
		in := input("key-1", cart(nil), a.quoted(t, cart(nil)), "tok_3ds")
		waiting := a.ask(t, "alice", placeOrder, in)
		id := map[string]any{"id": waiting.at("placeOrder", "orderId")}
		action, _ := waiting.at("placeOrder", "action", "url").(string)
		for _, w := range []*world{a, b} {
			if before := w.ask(t, "alice", page, id); before.at("order") == nil || before.at("order", "delivery") != nil || len(before.Errors) > 0 {
				t.Fatalf("%s: %+v", w.host, before)
			}
		}
		a.Calls().Clear()
		b.ask(t, "alice", page, id)
		if n := a.Calls().Snapshot()["delivery"]["GET /deliveries"]; n != 0 {
			t.Fatalf("the test shows nothing: %d calls, and nothing is kept", n)
		}
		a.decide(t, action, "approve")
		if placed := a.ask(t, "alice", placeOrder, in); placed.at("placeOrder", "__typename") != "OrderConfirmed" {
			t.Fatalf("%+v", placed)
		}
		synctest.Wait()
		for _, w := range []*world{a, b} {
			if after := w.ask(t, "alice", page, id); after.at("order", "delivery", "status") != "ASSIGNED" {
				t.Errorf("%s: %+v", w.host, after)
			}
		}
	})
}

// POST /invalidate on one gateway is heard by the other, and they share what is public.
func TestGatewaysShareAndForgetTogether(t *testing.T) {
	const dish = `{ node(id: "itm_001_01") { ... on MenuItem { name } } }`
	pair(t, func(t *testing.T, a, b *world) {
		calls := func() int { return a.Calls().Snapshot()["inventory"]["GET /items"] }
		for n, step := range []struct {
			w          *world
			invalidate bool
			calls      int
		}{{a, false, 1}, {b, false, 1}, {a, true, 1}, {b, false, 2}, {a, false, 2}} {
			if step.invalidate {
				step.w.invalidate(t, "http://admin", "item:itm_001_01")
				synctest.Wait()
				continue
			}
			if got := step.w.ask(t, "", dish, nil); got.at("node", "name") == nil || calls() != step.calls {
				t.Errorf("step %d: %d calls, want %d; %+v", n, calls(), step.calls, got)
			}
		}
	})
}
