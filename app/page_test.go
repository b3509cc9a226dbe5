package app_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/internal/demo/stage"
)

const orderPage = `{ orders(first: 5) { edges { node { id status total { amount currency }
	restaurant { name } lines { quantity item { name stock } } payment { status } delivery { status driver { name position { latitude } } } } } } }`

// An order page asks each service once per edge and level: orders, then restaurants, items, payments and deliveries side by side, then
// stock and positions.
func TestOrderPageAsksOncePerEdgeAndLevel(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.Calls().Clear()
		page := w.ask(t, "alice", orderPage, nil)
		if page.Status != 200 || len(page.Errors) > 0 {
			t.Fatalf("%d %v", page.Status, page.Errors)
		}
		edges, _ := page.at("orders", "edges").([]any)
		if len(edges) != 5 {
			t.Fatalf("%d orders, want 5", len(edges))
		}
		for _, path := range [][]any{
			{"status"},
			{"total", "amount"},
			{"restaurant", "name"},
			{"lines", 0, "item", "name"},
			{"lines", 0, "item", "stock"},
			{"payment", "status"},
			{"delivery", "status"},
			{"delivery", "driver", "name"},
		} {
			if page.at(append([]any{"orders", "edges", 0, "node"}, path...)...) == nil {
				t.Errorf("no %v in %v", path, edges[0])
			}
		}
		want := map[string]map[string]int{
			"orders":    {"GET /orders": 1},
			"inventory": {"GET /restaurants": 1, "GET /items": 1, "GET /stock": 1},
			"payments":  {"POST /payments/inquiries": 1},
			"delivery":  {"GET /deliveries": 1, "GET /positions": 1},
			"geocoding": {},
		}
		if diff := cmp.Diff(want, w.Calls().Snapshot()); diff != "" {
			t.Error(diff)
		}
	})
}

// Each service in turn is down: the page arrives without its part, and says which service failed and that a repeat can help.
func TestOrderPageSurvivesTheLossOfAService(t *testing.T) {
	node := []any{"orders", "edges", 0, "node"}
	tests := []struct {
		service   string
		lost      [][]any // below the first order; nil for the whole page
		remaining [][]any
	}{
		{"orders", nil, nil},
		{"inventory", [][]any{{"restaurant"}, {"lines", 0, "item"}}, [][]any{{"status"}, {"payment", "status"}, {"delivery", "status"}}},
		{"payments", [][]any{{"payment"}}, [][]any{{"status"}, {"lines", 0, "item", "name"}, {"delivery", "status"}}},
		{"delivery", [][]any{{"delivery"}}, [][]any{{"status"}, {"lines", 0, "item", "name"}, {"payment", "status"}}},
		{"geocoding", [][]any{}, [][]any{{"status"}, {"payment", "status"}, {"delivery", "status"}}},
	}
	for _, kind := range []stage.Kind{stage.Down, stage.Status, stage.Garbage, stage.Truncate, stage.Reset} {
		for _, test := range tests {
			t.Run(test.service+" "+string(kind), func(t *testing.T) {
				inWorld(t, func(t *testing.T, w *world) {
					w.ask(t, "alice", `{ me { id } }`, nil) // the gateway has the issuer's keys
					mend := w.breakService(t, test.service, kind)
					page := w.ask(t, "alice", orderPage, nil)
					if page.Status != 200 {
						t.Errorf("status %d, want 200", page.Status)
					}
					if test.lost == nil && page.at("orders") != nil {
						t.Error("orders without the order service")
					}
					for _, path := range test.lost {
						if got := page.at(append(node, path...)...); got != nil {
							t.Errorf("%v = %v, want null", path, got)
						}
					}
					for _, path := range test.remaining {
						if page.at(append(node, path...)...) == nil {
							t.Errorf("%v is lost too", path)
						}
					}
					checkErrors(t, page, test.service, test.lost == nil || len(test.lost) > 0)
					mend()
					if again := w.ask(t, "alice", orderPage, nil); len(again.Errors) > 0 {
						t.Errorf("after the service came back: %v", again.Errors)
					}
				})
			})
		}
	}
}

func checkErrors(t *testing.T, page answer, service string, expected bool) {
	t.Helper()
	if got := len(page.Errors) > 0; got != expected {
		t.Errorf("errors: %v", page.Errors)
	}
	if len(page.Errors) > 10 {
		t.Errorf("%d errors, want at most 10", len(page.Errors))
	}
	for _, e := range page.Errors {
		if e.Extensions["code"] != "SERVICE_UNAVAILABLE" || e.Extensions["service"] != service || e.Extensions["retryable"] != true || len(e.Path) == 0 {
			t.Errorf("error %+v", e)
		}
	}
}

// A dish's picture is where imageUrl says, on the gateway's own origin.
func TestPicturesComeThroughTheGateway(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		a := w.ask(t, "", `{ it: node(id: "itm_001_01") { ... on MenuItem { imageUrl } } }`, nil)
		url, ok := a.at("it", "imageUrl").(string)
		if !ok {
			t.Fatalf("%+v", a)
		}
		response, err := w.client.Get("http://gateway" + url)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode != 200 || response.Header.Get("Content-Type") != "image/svg+xml" || response.Header.Get("ETag") == "" {
			t.Errorf("%s: %d %v", url, response.StatusCode, response.Header)
		}
	})
}

// Where an older answer is better than none, it is served when the service fails, and said with its path and age; what the schema wants
// fresh is null. Invalidation makes it unreachable.
func TestOlderAnswersStandInForAService(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		const dish = `{ node(id: "itm_001_01") { ... on MenuItem { name stock } } }`
		if first := w.ask(t, "", dish, nil); first.at("node", "name") != "Vegetable tiffin" || first.at("node", "stock") == nil || first.Extensions["stale"] != nil {
			t.Fatalf("%+v", first)
		}
		w.breakService(t, "inventory", stage.Down)
		pass(6 * time.Minute)
		old := w.ask(t, "", dish, nil)
		if old.at("node", "name") != "Vegetable tiffin" || old.at("node", "stock") != nil {
			t.Errorf("%+v", old)
		}
		stale, _ := old.Extensions["stale"].([]any)
		if len(stale) != 1 {
			t.Fatalf("extensions %v", old.Extensions)
		}
		said, _ := stale[0].(map[string]any)
		if age, _ := said["ageMs"].(float64); fmt.Sprint(said["path"]) != "[node]" || age < 360_000 || old.Header.Get("Age") != strconv.Itoa(int(age)/1000) {
			t.Errorf("stale: %v, Age %q", said, old.Header.Get("Age"))
		}
		w.invalidate(t, "http://admin", "item:itm_001_01")
		if gone := w.ask(t, "", dish, nil); gone.at("node") != nil || len(gone.Errors) != 1 {
			t.Errorf("after the invalidation: %+v", gone)
		}
	})
}
