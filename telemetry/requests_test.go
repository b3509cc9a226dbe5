package telemetry

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// serve runs one request through Requests and returns the line that was logged.
func serve(t *testing.T, path string, handler http.HandlerFunc) map[string]any {
	t.Helper()
	var log bytes.Buffer
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
	func() {
		defer func() { _ = recover() }() // what panics goes on panicking
		Requests(slog.New(slog.NewJSONHandler(&log, nil)), handler).ServeHTTP(httptest.NewRecorder(), r)
	}()
	var line map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, log.String())
	}
	return line
}

func TestStatusInTheLog(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    float64
	}{
		"nothing":        {func(http.ResponseWriter, *http.Request) {}, 200},
		"body":           {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("x")) }, 200},
		"status":         {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, 404},
		"status twice":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404); w.WriteHeader(200) }, 404},
		"hints first":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(404) }, 404},
		"panic":          {func(http.ResponseWriter, *http.Request) { panic("x") }, 500},
		"panic, written": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(206); panic("x") }, 206},
	} {
		if line := serve(t, "/", c.handler); line["status"] != c.want {
			t.Errorf("%s: %v", name, line)
		}
	}
}

func TestAccessReachesTheLog(t *testing.T) {
	line := serve(t, "/"+strings.Repeat("p", 1000), func(_ http.ResponseWriter, r *http.Request) {
		*AccessFrom(r.Context()) = Access{
			Operation: strings.Repeat("o", 1000), Kind: "query", Subject: Hash("a"), Errors: 2, Code: "TIMEOUT", Refused: "why",
			Address: netip.MustParseAddr("2001:db8::7"), ClientName: strings.Repeat("n", 1000), ClientVersion: "1", Document: Hash("{a}"), Cost: 7, ActualCost: 5,
			Partial: true, Stale: 3,
		}
	})
	for key, want := range map[string]any{
		"kind": "query", "subject": Hash("a"), "errors": 2.0, "code": "TIMEOUT", "refused": "why", "client": "2001:db8::7",
		"client_version": "1", "operation_hash": Hash("{a}"), "cost": 7.0, "actual_cost": 5.0, "partial": true, "stale": 3.0,
	} {
		if line[key] != want {
			t.Errorf("%s is %v, want %v", key, line[key], want)
		}
	}
	for _, key := range []string{"path", "operation", "client_name"} {
		if text, _ := line[key].(string); len(text) > maxLogged+len("…") || len(text) < maxLogged {
			t.Errorf("%s has %d bytes", key, len(text))
		}
	}
}

func TestAccessOutsideOfARequest(t *testing.T) {
	AccessFrom(t.Context()).Errors = 1
	if AccessFrom(t.Context()).Errors != 0 {
		t.Error("the record is shared")
	}
}

func TestHash(t *testing.T) {
	if a, b := Hash("issuer#alice"), Hash("issuer#bob"); a == b || len(a) != 16 || strings.Contains(a, "alice") {
		t.Errorf("%s %s", a, b)
	}
}
