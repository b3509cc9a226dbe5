package observe_test

import (
	"bytes"
	"context"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/cache"
	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/observe"
	"tiffin/internal/testkit"
	"tiffin/telemetry"
	"tiffin/telemetry/telemetrytest"
)

// TestOutcomes: what a call comes to is one word in the log, in the metrics and in the spans.
func TestOutcomes(t *testing.T) {
	type asker = func(*http.Request) *http.Request
	cut := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	half := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		_, _ = w.Write([]byte("half"))
	}
	slow := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	post := func(req *http.Request) *http.Request { req.Method = http.MethodPost; return req }
	leave := func(req *http.Request) *http.Request {
		ctx, cancel := context.WithCancel(req.Context())
		time.AfterFunc(time.Second/2, cancel)
		return post(req.WithContext(ctx))
	}
	for name, c := range map[string]struct {
		far                    http.HandlerFunc
		ask                    asker
		outcome, kind          string
		status                 float64
		attempt, attemptStatus string
		failed                 bool
	}{
		"ok":              {say(200, "x").ServeHTTP, nil, "ok", "read", 200, "ok", "2xx", false},
		"without a body":  {say(204, "").ServeHTTP, nil, "ok", "read", 204, "ok", "2xx", false},
		"refused":         {say(404, "x").ServeHTTP, nil, "refused", "read", 404, "refused", "4xx", false},
		"failed":          {say(500, "x").ServeHTTP, nil, "failed", "read", 500, "failed", "5xx", true},
		"a write":         {say(201, "x").ServeHTTP, post, "ok", "write", 201, "ok", "2xx", false},
		"cut":             {cut, post, "failed", "write", 0, "failed", "none", true},
		"half an answer":  {half, post, "failed", "write", 0, "failed", "2xx", true},
		"out of time":     {slow, post, "timeout", "write", 0, "timeout", "none", true},
		"the caller left": {slow, leave, "cancelled", "write", 0, "cancelled", "none", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, true, map[string]http.Handler{"a.test": c.far})
				made := called(t, w.ask(t, c.ask))
				w.stop()
				if status, _ := made["status"].(float64); made["outcome"] != c.outcome || status != c.status ||
					made["service"] != "orders" || made["instance"] != "a.test:80" || made["attempts"] != 1.0 {
					t.Errorf("%v", made)
				}
				w.wantMetrics(t,
					`tiffin_upstream_call_duration_seconds_count{kind="`+c.kind+`",outcome="`+c.outcome+`",service="orders"} 1`,
					`tiffin_upstream_attempt_duration_seconds_count{outcome="`+c.attempt+`",service="orders",status="`+c.attemptStatus+`"} 1`,
					`tiffin_upstream_calls_in_flight{service="orders"} 0`)
				for _, s := range w.collector.Spans() {
					if strings.HasPrefix(s.Name, "orders") && (s.Failed != c.failed || s.Attributes["tiffin.outcome"] != c.outcome) {
						t.Errorf("%+v", s)
					}
				}
			})
		})
	}
}

func TestNothingSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, true, nil)
		made := called(t, w.ask(t, nil))
		w.stop()
		if made["outcome"] != "not_sent" || made["attempts"] != 0.0 || made["instance"] != nil {
			t.Errorf("%v", made)
		}
		w.wantMetrics(t, `tiffin_upstream_call_duration_seconds_count{kind="read",outcome="not_sent",service="orders"} 1`)
		if n := len(w.collector.Spans()); n != 2 { // the request and the call
			t.Errorf("%d spans", n)
		}
	})
}

// TestSpans: the caller's request, the call below it, an attempt each below that; and what the instance gets names the attempt.
func TestSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var seen []string
		far := func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, r.Header.Get(telemetry.TraceparentHeader))
			if len(seen) == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}
		w := start(t, true, map[string]http.Handler{"a.test": http.HandlerFunc(far), "b.test": http.HandlerFunc(far)})
		line := w.ask(t, nil)
		w.stop()
		spans := w.collector.Spans()
		if len(spans) != 4 || len(seen) != 2 {
			t.Fatalf("%d spans, %d attempts: %+v", len(spans), len(seen), spans)
		}
		first, second, made, request := spans[0], spans[1], spans[2], spans[3]
		if made.Name != "orders read" || made.Kind != "SPAN_KIND_INTERNAL" || made.ParentID != request.SpanID || made.TraceID != line["trace_id"] {
			t.Errorf("%+v", made)
		}
		if len(made.Events) != 1 || made.Events[0] != "retry" || made.Attributes["tiffin.attempts"] != "2" {
			t.Errorf("%+v", made)
		}
		for n, s := range []struct {
			name, kind, parent, sent, resend string
			failed                           bool
		}{
			{first.Name, first.Kind, first.ParentID, "00-" + first.TraceID + "-" + first.SpanID + "-01", first.Attributes["http.request.resend_count"], first.Failed},
			{second.Name, second.Kind, second.ParentID, "00-" + second.TraceID + "-" + second.SpanID + "-01", second.Attributes["http.request.resend_count"], second.Failed},
		} {
			if s.name != "orders attempt" || s.kind != "SPAN_KIND_CLIENT" || s.parent != made.SpanID || s.sent != seen[n] ||
				s.resend != string('0'+rune(n)) || s.failed != (n == 0) {
				t.Errorf("attempt %d: %+v, sent %s", n+1, s, seen[n])
			}
		}
		if first.Attributes["server.address"] == second.Attributes["server.address"] || first.Attributes["server.port"] != "80" {
			t.Errorf("%v, %v", first.Attributes, second.Attributes)
		}
		w.wantMetrics(t, `tiffin_upstream_retries_total{service="orders"} 1`)
	})
}

// follower does what net/http does with an attempt's context.
type follower struct{ goroutines int }

func (f *follower) RoundTrip(req *http.Request) (*http.Response, error) {
	before := runtime.NumGoroutine()
	_, cancel := context.WithCancel(req.Context())
	defer cancel()
	f.goroutines = runtime.NumGoroutine() - before
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

// TestARecordedAttemptNeedsNoGoroutine: its context is followed like that of one which is not.
func TestARecordedAttemptNeedsNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := &follower{}
		w := &world{collector: &telemetrytest.Collector{}, log: &bytes.Buffer{}}
		w.watch(t, true, testkit.Start(t, map[string]http.Handler{"collector.test": w.collector}).Transport())
		w.chain(t, []discovery.Endpoint{{Addr: "a.test:80"}}, far)
		called(t, w.ask(t, nil))
		if far.goroutines > 0 {
			t.Errorf("%d goroutines follow it", far.goroutines)
		}
	})
}

// TestWithoutTracing: the header that the positions above made arrives, and is of the caller's trace.
func TestWithoutTracing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen string
		far := func(_ http.ResponseWriter, r *http.Request) { seen = r.Header.Get(telemetry.TraceparentHeader) }
		w := start(t, false, map[string]http.Handler{"a.test": http.HandlerFunc(far)})
		line := w.ask(t, nil)
		if id, _ := line["trace_id"].(string); id == "" || !strings.HasPrefix(seen, "00-"+id+"-") {
			t.Errorf("%q in %v", seen, line)
		}
		w.wantMetrics(t, `tiffin_upstream_call_duration_seconds_count{kind="read",outcome="ok",service="orders"} 1`)
	})
}

func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, true, map[string]http.Handler{"a.test": say(200, "x")})
		words := []string{
			cache.Hit, cache.Hit, cache.Refreshed, cache.OnError, cache.Revalidated, cache.Coalesced, cache.Miss, cache.Bypass, "a word of tomorrow", "",
		}
		for _, status := range words {
			w.cache = func(c *call.Call) { c.Cache = call.Cache{Status: status, Age: 20 * time.Second} }
			if made := called(t, w.ask(t, nil)); status != "" && made["cache"] != status {
				t.Errorf("%v", made)
			}
		}
		if got, want := w.CacheCounts(), (observe.CacheCounts{Calls: 9, Hits: 2, Stale: 2}); got != want {
			t.Errorf("%+v", got)
		}
		w.wantMetrics(t,
			`tiffin_upstream_cache_answers_total{service="orders",status="hit"} 2`,
			`tiffin_upstream_cache_answers_total{service="orders",status="other"} 1`,
			`tiffin_upstream_stale_age_seconds_sum{service="orders"} 40`)
		for _, status := range words[2:8] {
			w.wantMetrics(t, `tiffin_upstream_cache_answers_total{service="orders",status="`+status+`"} 1`)
		}
		w.stop()
		if s := w.collector.Spans(); s[1].Attributes["tiffin.cache"] != "hit" {
			t.Errorf("%+v", s[1])
		}
	})
}

func TestAPanicLeavesNothingInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, true, map[string]http.Handler{"a.test": say(200, "x")})
		w.cache = func(*call.Call) { panic("x") }
		func() {
			defer func() { _ = recover() }()
			w.ask(t, nil)
		}()
		w.stop()
		w.wantMetrics(t, `tiffin_upstream_calls_in_flight{service="orders"} 0`)
		if n := len(w.collector.Spans()); n != 3 {
			t.Errorf("%d spans ended, want the attempt's, the call's and the request's", n)
		}
	})
}

// notDone is a position that nobody gets to.
type notDone struct{ call.Position }

// TestNobodyWatches: a nil Service is not in the path, and its hooks do nothing.
func TestNobodyWatches(t *testing.T) {
	var s *observe.Service
	next := &notDone{}
	if calls, tries := s.Call(next), s.Try(canned{}); calls != call.Position(next) || tries != http.RoundTripper(canned{}) {
		t.Errorf("%T and %T are in the path", calls, tries)
	}
	everyEvent(s)
	if s.Calls().Retried != nil || s.CacheCounts() != (observe.CacheCounts{}) {
		t.Error("it has something")
	}
}

// TestABodyThatNobodyReads: an attempt whose answer is dropped has ended, once.
func TestABodyThatNobodyReads(t *testing.T) {
	tel, err := telemetry.New(telemetry.Defaults(), telemetry.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{telemetry: tel, Service: observe.New("orders", observe.Deps{Metrics: observe.NewMetrics(tel.Registry())})}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://a:1/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := w.Try(canned{}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
	}
	w.wantMetrics(t, `tiffin_upstream_attempt_duration_seconds_count{outcome="ok",service="orders",status="2xx"} 1`)
}
