package app_test

import (
	"fmt"
	"strings"
	"testing"

	"tiffin/internal/demo/stage"
)

// Every error of an answer is counted, by its code and the service that is to blame, those too that a long answer leaves out.
func TestEveryErrorIsCounted(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for _, service := range []string{"payments", "inventory"} {
			w.breakService(t, service, stage.Down)
		}
		page := w.ask(t, "alice", `{ orders(first: 8) { edges { node { payment { status } restaurant { name } } } } nobody: order(id: "ord_nobody") { id } }`, nil)
		edges, _ := page.at("orders", "edges").([]any)
		if len(edges) != 8 || len(page.Errors) != 10 {
			t.Fatalf("%d orders, %d errors: nothing is shown", len(edges), len(page.Errors))
		}
		w.ask(t, "alice", "{ nothing }", nil)
		_, metrics := w.operators(t, "/metrics")
		for labels, want := range map[string]int{
			`code="SERVICE_UNAVAILABLE",service="payments"`:   8,
			`code="SERVICE_UNAVAILABLE",service="inventory"`:  8,
			`code="SERVICE_UNAVAILABLE",service="delivery"`:   0,
			`code="SERVICE_UNAVAILABLE",service="journal"`:    0,
			`code="GRAPHQL_VALIDATION_FAILED",service="none"`: 1,
		} {
			if line := fmt.Sprintf("\ntiffin_request_errors_total{%s} %d\n", labels, want); !strings.Contains(metrics, line) {
				t.Errorf("no %s in\n%s", line, grep(metrics, "tiffin_request_errors_total{code=\"S"))
			}
		}
	})
}

func grep(text, part string) string {
	var found strings.Builder
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			found.WriteString(line)
		}
	}
	return found.String()
}
