package observe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"tiffin/backends/upstream/balance"
	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/observe"
	"tiffin/backends/upstream/resilience"
	"tiffin/internal/testkit"
	"tiffin/telemetry"
	"tiffin/telemetry/telemetrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is the client chain of one service, watched, over a network in memory. It belongs into a bubble.
type world struct {
	*observe.Service

	telemetry *telemetry.Telemetry
	collector *telemetrytest.Collector
	log       *bytes.Buffer
	client    http.RoundTripper
	stop      func()
	// cache stands where the cache does; nil for none.
	cache func(*call.Call)
}

// start builds the chain to the instances; tracing records everything or is off.
func start(t *testing.T, traced bool, instances map[string]http.Handler) *world {
	t.Helper()
	w := &world{collector: &telemetrytest.Collector{}, log: &bytes.Buffer{}}
	handlers := map[string]http.Handler{"collector.test": w.collector}
	var endpoints []discovery.Endpoint
	for name, handler := range instances {
		handlers[name] = handler
		endpoints = append(endpoints, discovery.Endpoint{Addr: name + ":80"})
	}
	network := testkit.Start(t, handlers)
	w.watch(t, traced, network.Transport())
	w.chain(t, endpoints, network.Transport())
	return w
}

func (w *world) watch(t *testing.T, traced bool, transport http.RoundTripper) {
	t.Helper()
	cfg := telemetry.Defaults()
	if cfg.Tracing.Sampling = 1; traced {
		cfg.Tracing.Endpoint = "http://collector.test"
	}
	logger := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	tel, err := telemetry.New(cfg, telemetry.Deps{Logger: logger, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	w.telemetry = tel
	w.Service = observe.New("orders", observe.Deps{Metrics: observe.NewMetrics(tel.Registry()), Tracer: tel.Tracer(), Logger: logger})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); tel.Run(ctx) }()
	synctest.Wait()
	w.stop = func() { cancel(); <-done }
	t.Cleanup(w.stop)
}

func (w *world) chain(t *testing.T, endpoints []discovery.Endpoint, transport http.RoundTripper) {
	t.Helper()
	instances := balance.Defaults()
	instances.Policy = "round_robin"
	set, err := balance.NewSet(instances, balance.Deps{Changed: w.Discovered})
	if err != nil {
		t.Fatal(err)
	}
	set.Update(endpoints)
	policies, err := resilience.New(resilience.Defaults(), resilience.Deps{Random: func() float64 { return 0 }, Hooks: w.Calls()})
	if err != nil {
		t.Fatal(err)
	}
	next := policies.Breaker(policies.Attempt(w.Try(transport)))
	next = balance.NewPosition(call.Target{Scheme: "http"}, balance.PositionDeps{Set: set, Next: next})
	next = policies.Deadline(policies.Retry(next))
	w.client = call.Start(call.Config{HonoursKeys: true}, w.Call(w.cached(next)))
}

// cached is the cache's position.
func (w *world) cached(next call.Position) call.Position {
	return call.Func(func(t call.Trip) (*http.Response, error) {
		res, err := next.Do(t)
		if w.cache != nil {
			w.cache(t.Call)
		}
		return res, err
	})
}

// ask makes a request of a client of the gateway that makes one call, with the method. It returns the request's log line.
func (w *world) ask(t *testing.T, change func(*http.Request) *http.Request) map[string]any {
	t.Helper()
	var log bytes.Buffer
	position := w.telemetry.Requests(slog.New(slog.NewJSONHandler(&log, nil)), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, "http://orders/orders/1", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(telemetry.TraceparentHeader, telemetry.Traceparent(r.Context()))
		if change != nil {
			req = change(req)
		}
		res, err := w.client.RoundTrip(req)
		if err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
		}
	}))
	position.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", http.NoBody))
	var line map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	return line
}

// called is the only call of the line.
func called(t *testing.T, line map[string]any) map[string]any {
	t.Helper()
	list, _ := line["calls"].([]any)
	if len(list) != 1 {
		t.Fatalf("%d calls in %v", len(list), line)
	}
	made, _ := list[0].(map[string]any)
	return made
}

// wantMetrics wants each line among the metrics.
func (w *world) wantMetrics(t *testing.T, lines ...string) {
	t.Helper()
	rec := httptest.NewRecorder()
	w.telemetry.Metrics().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	for _, line := range lines {
		if !strings.Contains(rec.Body.String(), "\n"+line+"\n") {
			t.Errorf("no %s in\n%s", line, only(rec.Body.String(), line))
		}
	}
}

// only keeps the lines of the metric that line is of.
func only(text, line string) string {
	name, _, _ := strings.Cut(line, "{")
	var out []string
	for each := range strings.Lines(text) {
		if strings.HasPrefix(each, name) {
			out = append(out, each)
		}
	}
	return strings.Join(out, "")
}

// wantLog wants one line with the message and the attributes.
func (w *world) wantLog(t *testing.T, message string, attrs map[string]any) {
	t.Helper()
	var found []map[string]any
	for text := range strings.Lines(w.log.String()) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		if line["msg"] == message {
			found = append(found, line)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d × %q in %s", len(found), message, w.log)
	}
	attrs["service"] = "orders"
	for key, want := range attrs {
		if got := toText(t, found[0][key]); got != toText(t, want) {
			t.Errorf("%s: %s is %s, want %s", message, key, got, toText(t, want))
		}
	}
}

func toText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func say(status int, text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	})
}
