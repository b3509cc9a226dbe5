package observe_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/observe"
	"tiffin/telemetry"
)

// ways are those of watching a call, and what each may allocate beyond the bare call.
var ways = []struct {
	name, endpoint string
	sampling       float64
	watched        bool
	allocs         float64
}{
	{"bare", "", 0, false, 0},
	{"tracing off", "", 0, true, 1},
	{"not sampled", "http://collector.test", 0, true, 4},
	{"sampled", "http://collector.test", 1, true, 45},
}

// way is one of them: a chain over a transport that costs next to nothing, and what its calls are made in.
func way(tb testing.TB, endpoint string, sampling float64, watched bool) (*telemetry.Telemetry, http.RoundTripper) {
	tb.Helper()
	cfg := telemetry.Defaults()
	cfg.Tracing.Endpoint, cfg.Tracing.Sampling = endpoint, sampling
	tel, err := telemetry.New(cfg, telemetry.Deps{})
	if err != nil {
		tb.Fatal(err)
	}
	var s *observe.Service
	if watched {
		s = observe.New("orders", observe.Deps{Metrics: observe.NewMetrics(tel.Registry()), Tracer: tel.Tracer()})
	}
	return tel, call.Start(call.Config{}, s.Call(call.Over(s.Try(canned{}))))
}

// BenchmarkCall is a call with one attempt through both positions. What it costs over "bare" is telemetry's.
func BenchmarkCall(b *testing.B) {
	for _, w := range ways {
		b.Run(w.name, func(b *testing.B) {
			tel, chain := way(b, w.endpoint, w.sampling, w.watched)
			inRequest(b, tel, func(req *http.Request) {
				b.ReportAllocs()
				for b.Loop() {
					exchange(b, chain, req)
				}
			})
		})
	}
}

// TestAllocations holds the cost where it does not depend on the machine.
func TestAllocations(t *testing.T) {
	var bare float64
	for _, w := range ways {
		tel, chain := way(t, w.endpoint, w.sampling, w.watched)
		inRequest(t, tel, func(req *http.Request) {
			got := testing.AllocsPerRun(1000, func() { exchange(t, chain, req) })
			if !w.watched {
				bare = got
			}
			if got > bare+w.allocs {
				t.Errorf("%s: %v allocations, %v without telemetry", w.name, got, bare)
			}
		})
	}
}

// inRequest lets do make calls, one after the other, in one request, whose log line takes the first 32 of them.
func inRequest(tb testing.TB, tel *telemetry.Telemetry, do func(req *http.Request)) {
	tb.Helper()
	handler := tel.Requests(slog.New(slog.DiscardHandler), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, "http://orders/orders/1", http.NoBody)
		if err != nil {
			tb.Error(err)
		}
		for _, name := range []string{"User-Agent", "X-Request-Id", "Accept-Language", "Accept"} {
			req.Header.Set(name, "x")
		}
		do(req)
	}))
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(tb.Context(), http.MethodPost, "/graphql", http.NoBody))
}

func exchange(tb testing.TB, chain http.RoundTripper, req *http.Request) {
	tb.Helper()
	res, err := chain.RoundTrip(req)
	if err != nil {
		tb.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
}

// canned answers at once.
type canned struct{}

func (canned) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("{}"))}, nil
}
