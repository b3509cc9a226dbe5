package admin

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func ask(t *testing.T, handler http.Handler, method, path, body string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

func TestLogLevel(t *testing.T) {
	var out bytes.Buffer
	level := &slog.LevelVar{}
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level}))
	handler := Handler(&State{}, LogLevel(level, log)...)
	for _, step := range []struct {
		method, body string
		status       int
		now          slog.Level
	}{
		{"GET", "", 200, slog.LevelInfo},
		{"PUT", "debug\n", 200, slog.LevelDebug},
		{"PUT", "loud", 400, slog.LevelDebug},
		{"PUT", "", 400, slog.LevelDebug},
		{"PUT", strings.Repeat("x", 100), 400, slog.LevelDebug},
		{"POST", "info", 405, slog.LevelDebug},
		{"PUT", "error", 200, slog.LevelError},
	} {
		status, text := ask(t, handler, step.method, "/loglevel", step.body)
		if status != step.status || level.Level() != step.now || status == 200 && text != strings.ToLower(step.now.String())+"\n" {
			t.Errorf("%s %.20s: %d %q, level %v", step.method, step.body, status, text, level.Level())
		}
	}
	if n := strings.Count(out.String(), "log level changed"); n != 2 {
		t.Errorf("%d lines in\n%s", n, &out)
	}
}

func TestProfiles(t *testing.T) {
	handler := Handler(&State{}, Profiles()...)
	for path, want := range map[string]int{
		"/debug/pprof/": 200, "/debug/pprof/heap?debug=1": 200, "/debug/pprof/goroutine?debug=1": 200, "/debug/pprof/cmdline": 404, "/debug/pprof/none": 404,
	} {
		if status, text := ask(t, handler, "GET", path, ""); status != want {
			t.Errorf("%s: %d %.200s", path, status, text)
		}
	}
}
