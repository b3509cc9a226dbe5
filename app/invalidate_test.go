package app_test

import (
	"net/http"
	"strings"
	"testing"
)

// Who forgets by hand is told what was done: nothing, where a tag cannot be one.
func TestWhatCannotBeForgottenIsRefused(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for body, want := range map[string]int{
			"menu:res_001":                          http.StatusNoContent,
			"menu:res_001\nmenu:k\u00f6ln":          http.StatusBadRequest,
			"menu:" + strings.Repeat("x", 300):      http.StatusBadRequest,
			"":                                      http.StatusBadRequest,
			strings.Repeat("menu:res_001\n", 1000):  http.StatusNoContent,
			strings.Repeat("menu:res_001\n", 10000): http.StatusBadRequest,
		} {
			response, err := w.client.Post("http://admin/invalidate", "text/plain", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != want {
				t.Errorf("%.30q: %d, want %d", body, response.StatusCode, want)
			}
		}
	})
}
