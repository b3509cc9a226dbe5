package telemetry_test

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
	"time"

	"go.uber.org/goleak"

	"tiffin/internal/testkit"
	"tiffin/telemetry"
	"tiffin/telemetry/telemetrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	callerTrace = "0af7651916cd43dd8448eb211c80319c"
	callerSpan  = "b7ad6b7169203331"
)

// world is a Telemetry that runs in a bubble beside its collector.
type world struct {
	*telemetry.Telemetry

	collector *telemetrytest.Collector
	log       *bytes.Buffer
	logger    *slog.Logger // one: its lock is what keeps lines apart
	stop      func()
}

func newWorld() *world {
	log := &bytes.Buffer{}
	return &world{collector: &telemetrytest.Collector{}, log: log, logger: slog.New(slog.NewJSONHandler(log, nil))}
}

func run(t *testing.T, change func(*telemetry.TracingConfig)) *world {
	t.Helper()
	w := newWorld()
	network := testkit.Start(t, map[string]http.Handler{"collector.test": w.collector})
	cfg := telemetry.Defaults()
	cfg.Tracing.Endpoint, cfg.Tracing.Sampling = "http://collector.test", 1
	if change != nil {
		change(&cfg.Tracing)
	}
	var err error
	w.Telemetry, err = telemetry.New(cfg, telemetry.Deps{
		Logger: w.logger, Version: "v1", Transport: network.Transport(), Services: []string{"orders", "payments"},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Run(ctx)
	}()
	synctest.Wait()
	w.stop = func() { cancel(); <-done }
	t.Cleanup(w.stop)
	return w
}

// ask sends one request through the position, with the caller's traceparent if it is not empty, and returns what the handler saw.
func (w *world) ask(t *testing.T, traceparent string, handler http.HandlerFunc) (telemetry.Request, string) {
	t.Helper()
	var req telemetry.Request
	var outgoing string
	position := w.Requests(w.logger, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		req, outgoing = telemetry.RequestFrom(r.Context()), telemetry.Traceparent(r.Context())
		if handler != nil {
			handler(rw, r)
		}
	}))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", http.NoBody)
	if traceparent != "" {
		r.Header.Set(telemetry.TraceparentHeader, traceparent)
	}
	position.ServeHTTP(httptest.NewRecorder(), r)
	return req, outgoing
}

func TestARequestIsASpanOfItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := run(t, nil)
		req, outgoing := w.ask(t, "00-"+callerTrace+"-"+callerSpan+"-00", func(_ http.ResponseWriter, r *http.Request) {
			access := telemetry.AccessFrom(r.Context())
			access.Kind, access.Operation = "query", "Page"
			access.NoteError("TIMEOUT", "")
			access.NoteError("INTERNAL", "")
		})
		w.stop()
		spans := w.collector.Spans()
		if len(spans) != 1 {
			t.Fatalf("%d spans", len(spans))
		}
		s := spans[0]
		if s.Name != "query Page" || s.Kind != "SPAN_KIND_SERVER" || s.TraceID != callerTrace || s.ParentID != callerSpan || s.SpanID != req.SpanID {
			t.Errorf("%+v for %+v", s, req)
		}
		if want := "00-" + callerTrace + "-" + s.SpanID + "-01"; outgoing != want || req.TraceID != callerTrace || !req.Sampled {
			t.Errorf("sent on as %s, want %s; %+v", outgoing, want, req)
		}
		for key, want := range map[string]string{
			"http.request.method": "POST", "url.path": "/graphql", "http.response.status_code": "200", "graphql.operation.type": "query",
			"graphql.operation.name": "Page", "error.type": "TIMEOUT", "tiffin.errors": "2",
		} {
			if s.Attributes[key] != want {
				t.Errorf("%s is %q, want %q", key, s.Attributes[key], want)
			}
		}
		if r := w.collector.Resource(); r["service.name"] != "tiffin" || r["service.version"] != "v1" {
			t.Errorf("%v", r)
		}
	})
}

func TestSampling(t *testing.T) {
	const recorded, not = "00-" + callerTrace + "-" + callerSpan + "-01", "00-" + callerTrace + "-" + callerSpan + "-00"
	for name, c := range map[string]struct {
		traceparent string
		sampling    float64
		follow      bool
		want        bool
	}{
		"nobody asks, all":                     {"", 1, false, true},
		"nobody asks, none":                    {"", 0, false, false},
		"a caller cannot force it":             {recorded, 0, false, false},
		"a caller cannot prevent it":           {not, 1, false, true},
		"a caller that is followed":            {recorded, 0, true, true},
		"a caller that is followed, not":       {not, 1, true, false},
		"nobody asks, though one is followed":  {"", 1, true, true},
		"nobody asks, none, one were followed": {"", 0, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := run(t, func(cfg *telemetry.TracingConfig) { cfg.Sampling, cfg.FollowCaller = c.sampling, c.follow })
				req, outgoing := w.ask(t, c.traceparent, nil)
				w.stop()
				flag := "-00"
				if c.want {
					flag = "-01"
				}
				if req.Sampled != c.want || len(w.collector.Spans()) > 0 != c.want || !strings.HasSuffix(outgoing, flag) {
					t.Errorf("%+v, %s, %d spans", req, outgoing, len(w.collector.Spans()))
				}
				if c.traceparent != "" && req.TraceID != callerTrace {
					t.Errorf("the trace is %s", req.TraceID)
				}
				if !strings.Contains(outgoing, "-"+req.SpanID+"-") {
					t.Errorf("%s does not name %s", outgoing, req.SpanID)
				}
			})
		})
	}
}

func TestTracingOffPassesTheTraceOn(t *testing.T) {
	tel, err := telemetry.New(telemetry.Defaults(), telemetry.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	if tel.Tracer() != nil || (*telemetry.Telemetry)(nil).Tracer() != nil {
		t.Error("there is a tracer")
	}
	tel.Run(t.Context()) // returns
	w := newWorld()
	w.Telemetry = tel
	_, outgoing := w.ask(t, "00-"+callerTrace+"-"+callerSpan+"-00", nil)
	if !strings.HasPrefix(outgoing, "00-"+callerTrace+"-") || strings.Contains(outgoing, callerSpan) || !strings.HasSuffix(outgoing, "-00") {
		t.Errorf("%s", outgoing)
	}
	if got := telemetry.Traceparent(t.Context()); got != "" {
		t.Errorf("outside of a request: %s", got)
	}
}

func TestALostCollectorIsTwoLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := run(t, nil)
		for _, status := range []int{http.StatusBadRequest, http.StatusBadRequest, 0, 0} {
			w.collector.Refuse(status)
			w.ask(t, "", nil)
			synctest.Wait()
			<-time.After(10 * time.Second) // the sender wakes in between
		}
		w.stop()
		if n := len(w.collector.Spans()); n != 2 {
			t.Errorf("%d spans came", n)
		}
		for text, want := range map[string]int{"spans are lost": 1, "spans are taken again": 1} {
			if got := strings.Count(w.log.String(), text); got != want {
				t.Errorf("%d × %q in %s", got, text, w.log)
			}
		}
		if got := scrape(t.Context(), t, w.Telemetry); !strings.Contains(got, "tiffin_trace_spans_lost_total 2\n") {
			t.Errorf("%s", got)
		}
	})
}

func TestRequestsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := run(t, nil)
		for _, c := range []struct {
			kind   string
			errors [][2]string // code and service
			status int
		}{
			{"query", nil, 200},
			{"query", [][2]string{{"TIMEOUT", ""}, {"TIMEOUT", "orders"}, {"TIMEOUT", ""}, {"SERVICE_UNAVAILABLE", "orders"}}, 200},
			{"mutation", [][2]string{{"what is that", "a resolver's word"}}, 503},
			{"a client's word", nil, 404},
		} {
			w.ask(t, "", func(rw http.ResponseWriter, r *http.Request) {
				access := telemetry.AccessFrom(r.Context())
				access.Kind = c.kind
				for _, e := range c.errors {
					access.NoteError(e[0], e[1])
				}
				if got := scrape(r.Context(), t, w.Telemetry); !strings.Contains(got, "tiffin_requests_in_flight 1\n") {
					t.Error("the request in flight is not seen")
				}
				rw.WriteHeader(c.status)
			})
		}
		got := scrape(t.Context(), t, w.Telemetry)
		for _, want := range []string{
			`tiffin_request_duration_seconds_count{kind="query",status="2xx"} 2`,
			`tiffin_request_duration_seconds_count{kind="mutation",status="5xx"} 1`,
			`tiffin_request_duration_seconds_count{kind="none",status="4xx"} 1`,
			`tiffin_request_errors_total{code="TIMEOUT",service="none"} 2`,
			`tiffin_request_errors_total{code="TIMEOUT",service="orders"} 1`,
			`tiffin_request_errors_total{code="SERVICE_UNAVAILABLE",service="orders"} 1`,
			`tiffin_request_errors_total{code="SERVICE_UNAVAILABLE",service="payments"} 0`,
			`tiffin_request_errors_total{code="other",service="other"} 1`,
			`tiffin_request_errors_total{code="INTERNAL",service="none"} 0`,
			`tiffin_requests_in_flight 0`, `tiffin_build_info{go_version="go`, "go_goroutines ",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("no %s in %s", want, got)
			}
		}
		if !strings.Contains(got, `# {trace_id="`) {
			t.Error("no exemplar")
		}
		if strings.Contains(got, "word") || strings.Contains(got, "what is that") {
			t.Error("somebody's word is a label")
		}
	})
}

// scrape reads the metrics as OpenMetrics, with 1 for its 1.0.
func scrape(ctx context.Context, t *testing.T, tel *telemetry.Telemetry) string {
	t.Helper()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/metrics", http.NoBody)
	r.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	rec := httptest.NewRecorder()
	tel.Metrics().ServeHTTP(rec, r)
	text, err := io.ReadAll(rec.Body)
	if err != nil || rec.Code != http.StatusOK {
		t.Fatalf("%d, %v", rec.Code, err)
	}
	return strings.ReplaceAll(string(text), ".0\n", "\n")
}

func TestConfig(t *testing.T) {
	for want, spoil := range map[string]func(*telemetry.TracingConfig){
		"tracing.endpoint: is not the URL":      func(c *telemetry.TracingConfig) { c.Endpoint = "127.0.0.1:4318" },
		"tracing.endpoint: is not the URL ":     func(c *telemetry.TracingConfig) { c.Endpoint = "grpc://a" },
		"tracing.endpoint: is not the URL of":   func(c *telemetry.TracingConfig) { c.Endpoint = "http://me:secret@a" },
		"tracing.endpoint: is not the URL of a": func(c *telemetry.TracingConfig) { c.Endpoint = "http://a/?key=secret" },
		"tracing.service_name: is empty":        func(c *telemetry.TracingConfig) { c.ServiceName = "" },
		"tracing.sampling: is not a share":      func(c *telemetry.TracingConfig) { c.Sampling = 1.5 },
		"tracing.sampling: is not a share ":     func(c *telemetry.TracingConfig) { c.Sampling = -1 },
		"tracing.timeout: is not a positive":    func(c *telemetry.TracingConfig) { c.Timeout = 0 },
		"":                                      func(c *telemetry.TracingConfig) { c.Endpoint = "https://collector.test/base" },
	} {
		cfg := telemetry.Defaults()
		spoil(&cfg.Tracing)
		problems := cfg.Validate()
		_, err := telemetry.New(cfg, telemetry.Deps{})
		if want == "" {
			if len(problems) > 0 || err != nil {
				t.Errorf("%v, %v", problems, err)
			}
			continue
		}
		if len(problems) != 1 || !strings.HasPrefix(problems[0].Error(), want) || err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v, %v; want %s", problems, err, want)
		}
	}
}

func TestCallsAreInTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.ask(t, "", func(_ http.ResponseWriter, r *http.Request) {
			ctx, began := r.Context(), time.Now()
			<-time.After(5 * time.Millisecond)
			telemetry.NoteCall(ctx, telemetry.Call{
				Service: "orders", Instance: "a:1", Status: 200, Outcome: "ok", Attempts: 2, Cache: "miss", Began: time.Now(), Took: 1500 * time.Microsecond,
			})
			done := make(chan struct{})
			for range 40 {
				go func() {
					telemetry.NoteCall(ctx, telemetry.Call{Service: "delivery", Outcome: "not_sent", Began: began})
					done <- struct{}{}
				}()
			}
			for range 40 {
				<-done
			}
		})
		var line struct {
			Calls []map[string]any `json:"calls"`
			More  int              `json:"more_calls"`
		}
		if err := json.Unmarshal(w.log.Bytes(), &line); err != nil || len(line.Calls) != 32 || line.More != 9 {
			t.Fatalf("%v in %s", err, w.log)
		}
		for key, want := range map[string]any{
			"service": "orders", "instance": "a:1", "status": 200.0, "outcome": "ok", "attempts": 2.0, "cache": "miss", "at_ms": 5.0, "duration_ms": 1.5,
		} {
			if line.Calls[0][key] != want {
				t.Errorf("%s is %v, want %v", key, line.Calls[0][key], want)
			}
		}
		if got := line.Calls[1]; got["status"] != nil || got["instance"] != nil || got["cache"] != nil || got["outcome"] != "not_sent" {
			t.Errorf("%v", got)
		}
	})
	telemetry.NoteCall(t.Context(), telemetry.Call{}) // outside of a request nothing happens
}

func TestCallsInTheTextFormat(t *testing.T) {
	var log bytes.Buffer
	position := telemetry.Requests(slog.New(slog.NewTextHandler(&log, nil)), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		telemetry.NoteCall(r.Context(), telemetry.Call{Service: "orders", Outcome: "ok"})
	}))
	position.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
	if !strings.Contains(log.String(), `calls="[{\"service\":\"orders\",\"outcome\":\"ok\"`) {
		t.Errorf("%s", &log)
	}
}
