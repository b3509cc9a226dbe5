package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A cancellation is about an order whose placing has a row, too: the list names the row, by which it is shown and resolved.
func TestOrdersListNamesTheRow(t *testing.T) {
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"orders":[{"orderId":"ord_a","sagaId":"b","kind":"CANCEL","state":"OWING","ageSeconds":90,"owner":"x"}]}`)
	}))
	defer gateway.Close()
	var out bytes.Buffer
	list := ordersListCommand{adminAddress{strings.TrimPrefix(gateway.URL, "http://")}, 100}
	if err := list.Run(t.Context(), console{out: &out}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if got := strings.Fields(lines[len(lines)-1]); len(lines) != 2 || strings.Join(got, " ") != "ord_a CANCEL OWING 1m30s 0s x b" {
		t.Errorf("listed as\n%s", out.String())
	}
}
