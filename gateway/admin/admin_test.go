package admin

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestProbes(t *testing.T) {
	var s State
	steps := []struct {
		name                   string
		step                   func()
		livez, readyz, startup int
	}{
		{"starting", func() {}, 200, 503, 503},
		{"ready", s.Ready, 200, 200, 200},
		{"draining", s.Drain, 200, 503, 200},
		{"ready again", s.Ready, 200, 503, 200},
	}
	handler := Handler(&s)
	for _, step := range steps {
		step.step()
		for path, want := range map[string]int{"/livez": step.livez, "/readyz": step.readyz, "/startupz": step.startup} {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
			if w.Code != want {
				t.Errorf("%s: %s answers %d, want %d", step.name, path, w.Code, want)
			}
		}
	}
}

func TestDrainBeforeReady(t *testing.T) {
	var s State
	s.Drain()
	s.Ready()
	w := httptest.NewRecorder()
	Handler(&s).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", http.NoBody))
	if w.Code != http.StatusServiceUnavailable || w.Body.String() != "draining\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// What is not as it should be is said where readiness is asked for, and only while requests are welcome.
func TestNotes(t *testing.T) {
	s := State{Notes: func() []string { return []string{"orders: refused"} }}
	for _, step := range []struct {
		do     func()
		ready  string
		lively string
	}{{func() {}, "starting\n", "starting\n"}, {s.Ready, "ready\norders: refused\n", "ready\n"}, {s.Drain, "draining\n", "draining\n"}} {
		step.do()
		for path, want := range map[string]string{"/readyz": step.ready, "/livez": step.lively} {
			w := httptest.NewRecorder()
			Handler(&s).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
			if w.Body.String() != want {
				t.Errorf("%s = %q; want %q", path, w.Body, want)
			}
		}
	}
}
