package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Of two instances one is gone: nobody notices.
func TestFetch(t *testing.T) {
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello from "+r.URL.Path) }))
	defer up.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for range 20 {
		var out strings.Builder
		err := fetch(t.Context(), up.URL+","+strings.TrimPrefix(gone.URL, "http://"), "/orders/7", &out)
		if err != nil || out.String() != "hello from /orders/7" {
			t.Fatalf("%q, %v", out.String(), err)
		}
	}
}

func TestFetchSaysWhatIsWrong(t *testing.T) {
	if err := fetch(t.Context(), "gopher://a", "/", io.Discard); err == nil || !strings.Contains(err.Error(), "dns+srv://") {
		t.Errorf("%v, want one that lists what can be written", err)
	}
}
