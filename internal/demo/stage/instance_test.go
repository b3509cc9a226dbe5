package stage_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/internal/demo/stage"
	"tiffin/internal/testkit"
)

// set is a service "payments" of two instances on an in-memory network.
type set struct {
	client  *http.Client
	faults  *stage.Faults
	calls   *stage.Calls
	effects atomic.Int64
}

const menu = `{"name":"Dal","price":"4.50"}`

func newSet(t *testing.T, latency stage.Spread) *set {
	t.Helper()
	s := &set{faults: stage.NewFaults(services), calls: stage.NewCalls("orders", "payments")}
	network := testkit.NewNetwork()
	for index, host := range []string{"p0", "p1"} {
		server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: stage.Instance(stage.InstanceConfig{
			Service: "payments", Index: index, Handler: s.service(), Latency: latency, Faults: s.faults, Calls: s.calls,
			SystemFault: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<fault/>") },
		})}
		listener := s.faults.Listen("payments", index, network.Listen(host))
		go func() { _ = server.Serve(listener) }() // until Close
		t.Cleanup(func() { _ = server.Close() })
	}
	s.client = network.Client()
	t.Cleanup(network.Close)
	return s
}

func (s *set) service() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /dishes/{id}", func(w http.ResponseWriter, _ *http.Request) {
		s.effects.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, menu) // the client has gone
	})
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "data: x\n\n") // the client has gone
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	return mux
}

// get returns status, content type and body, or the error of either part of the exchange.
func (s *set) get(ctx context.Context, url string) (status int, contentType, body string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, "", "", err
	}
	response, err := s.client.Do(r)
	if err != nil {
		return 0, "", "", err
	}
	defer func() { _ = response.Body.Close() }() // read to its end below
	all, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Header.Get("Content-Type"), string(all), err
}

func TestKinds(t *testing.T) {
	for _, tc := range []struct {
		kind    stage.Kind
		status  int // of the fault
		want    int // 0 where no status arrives
		body    string
		err     error
		effects int64
	}{
		{kind: stage.Down, err: syscall.ECONNRESET},
		{kind: stage.Latency, want: 200, body: menu, effects: 1},
		{kind: stage.Status, want: 503, body: "A fault of the board.\n"},
		{kind: stage.Status, status: 404, want: 404, body: "A fault of the board.\n"},
		{kind: stage.Reset, err: syscall.ECONNRESET},
		{kind: stage.LostAnswer, err: io.EOF, effects: 1},
		{kind: stage.Truncate, want: 200, body: menu[:len(menu)/2], err: io.ErrUnexpectedEOF, effects: 1},
		{kind: stage.Garbage, want: 200, body: "\x00\xff\xfe<{[ this is not an answer", effects: 1},
		{kind: stage.XMLFault, want: 200, body: "<fault/>"},
	} {
		t.Run(string(tc.kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSet(t, stage.Spread{})
				mustAdd(t, s.faults, stage.Fault{
					Service: "payments", Instance: new(0), Kind: tc.kind, Rate: 1, MS: 300, Status: tc.status,
				})
				status, _, body, err := s.get(t.Context(), "http://p0/dishes/1")
				if status != tc.want || body != tc.body || !errors.Is(err, tc.err) {
					t.Errorf("%d %q %v, want %d %q %v", status, body, err, tc.want, tc.body, tc.err)
				}
				if got := s.effects.Load(); got != tc.effects {
					t.Errorf("%d effects, want %d", got, tc.effects)
				}
				s.checkWell(t, "http://p1/dishes/1") // the other instance
				s.faults.Clear()
				s.checkWell(t, "http://p0/dishes/1")
			})
		})
	}
}

func (s *set) checkWell(t *testing.T, url string) {
	t.Helper()
	if status, contentType, body, err := s.get(t.Context(), url); status != 200 || contentType != "application/json" || body != menu || err != nil {
		t.Errorf("%s: %d %s %q %v", url, status, contentType, body, err)
	}
}

func mustAdd(t *testing.T, faults *stage.Faults, fault stage.Fault) {
	t.Helper()
	if _, err := faults.Add(fault); err != nil {
		t.Fatal(err)
	}
}

func TestGarbageIsNothingThatParses(t *testing.T) {
	s := newSet(t, stage.Spread{})
	mustAdd(t, s.faults, stage.Fault{Service: "payments", Kind: stage.Garbage, Rate: 1})
	_, contentType, body, _ := s.get(t.Context(), "http://p0/dishes/1")
	if contentType != "application/json" || strings.ToValidUTF8(body, "") == body {
		t.Errorf("%s %q", contentType, body)
	}
}

func TestDownCutsWhatIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSet(t, stage.Spread{})
		ended := make(chan error, 1)
		go func() { _, _, _, err := s.get(t.Context(), "http://p0/stream"); ended <- err }()
		synctest.Wait()
		mustAdd(t, s.faults, stage.Fault{Service: "payments", Instance: new(0), Kind: stage.Down, Rate: 1})
		if err := <-ended; !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the open stream: %v", err)
		}
		if _, _, _, err := s.get(t.Context(), "http://p0/health"); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("health: %v", err)
		}
	})
}

func TestOnlyDownDisturbsHealth(t *testing.T) {
	for _, kind := range stage.Kinds() {
		if kind == stage.Down {
			continue
		}
		s := newSet(t, stage.Spread{})
		mustAdd(t, s.faults, stage.Fault{Service: "payments", Kind: kind, Rate: 1, MS: 600_000})
		if status, _, body, err := s.get(t.Context(), "http://p0/health"); status != 200 || body != `{"status":"ok"}` || err != nil {
			t.Errorf("%s: %d %q %v", kind, status, body, err)
		}
	}
}

func TestFaultsEndStreams(t *testing.T) {
	for kind, want := range map[stage.Kind]error{stage.LostAnswer: io.EOF, stage.Truncate: io.ErrUnexpectedEOF, stage.Garbage: nil} {
		s := newSet(t, stage.Spread{})
		mustAdd(t, s.faults, stage.Fault{Service: "payments", Kind: kind, Rate: 1})
		if _, _, _, err := s.get(t.Context(), "http://p0/stream"); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", kind, err, want)
		}
	}
}

func TestLatencies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSet(t, stage.Spread{Min: 10 * time.Millisecond, Max: 20 * time.Millisecond})
		var took []time.Duration
		for range 100 {
			start := time.Now()
			s.checkWell(t, "http://p0/dishes/1")
			took = append(took, time.Since(start))
		}
		for _, d := range took {
			if d < 10*time.Millisecond || d >= 20*time.Millisecond {
				t.Errorf("an answer took %v", d)
			}
		}
		for range 2 { // delays add up
			mustAdd(t, s.faults, stage.Fault{Service: "payments", Kind: stage.Latency, Rate: 1, MS: 1000})
		}
		start := time.Now()
		s.checkWell(t, "http://p0/dishes/1")
		if d := time.Since(start); d < 2010*time.Millisecond || d >= 2020*time.Millisecond {
			t.Errorf("under two latency faults an answer took %v", d)
		}
	})
}

func TestLatencyEndsWithTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSet(t, stage.Spread{})
		mustAdd(t, s.faults, stage.Fault{Service: "payments", Kind: stage.Latency, Rate: 1, MS: 60_000})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _, _, err := s.get(ctx, "http://p0/dishes/1")
		_ = stage.Pause(t.Context(), time.Hour) // of the bubble's clock
		if got := s.effects.Load(); !errors.Is(err, context.DeadlineExceeded) || got != 0 {
			t.Errorf("%v with %d effects, want none", err, got)
		}
	})
}

func TestRates(t *testing.T) {
	for _, kind := range []stage.Kind{stage.Status, stage.Down} {
		t.Run(string(kind), func(t *testing.T) {
			s := newSet(t, stage.Spread{})
			s.client.Transport.(*http.Transport).DisableKeepAlives = true // one connection per request
			mustAdd(t, s.faults, stage.Fault{Service: "payments", Kind: kind, Rate: 0.3})
			hit := 0
			for range 1000 {
				if status, _, _, err := s.get(t.Context(), "http://p0/dishes/1"); status != 200 || err != nil {
					hit++
				}
			}
			if hit < 250 || hit > 350 { // ±3.4 standard deviations, and the seed is fixed
				t.Errorf("%d of 1000 were hit, want about 300", hit)
			}
		})
	}
}

func TestFirstFaultWins(t *testing.T) {
	s := newSet(t, stage.Spread{})
	mustAdd(t, s.faults, stage.Fault{Service: "orders", Kind: stage.Reset, Rate: 1}) // not ours
	mustAdd(t, s.faults, stage.Fault{Service: "payments", Kind: stage.Status, Rate: 1, Status: 502})
	mustAdd(t, s.faults, stage.Fault{Service: "payments", Kind: stage.Garbage, Rate: 1})
	if status, _, _, _ := s.get(t.Context(), "http://p0/dishes/1"); status != 502 {
		t.Errorf("status %d, want 502", status)
	}
}

func TestCallsAreCountedByRoute(t *testing.T) {
	s := newSet(t, stage.Spread{})
	for _, path := range []string{"/dishes/1", "/dishes/2", "/nowhere", "/health"} {
		_, _, _, _ = s.get(t.Context(), "http://p0"+path) // only counted
	}
	mustAdd(t, s.faults, stage.Fault{Service: "payments", Kind: stage.Reset, Rate: 1})
	_, _, _, _ = s.get(t.Context(), "http://p1/dishes/3") // under a fault too
	want := map[string]map[string]int{"orders": {}, "payments": {"GET /dishes/{id}": 3, "(no route)": 1}}
	if diff := cmp.Diff(want, s.calls.Snapshot()); diff != "" {
		t.Error(diff)
	}
	s.calls.Clear()
	if diff := cmp.Diff(map[string]map[string]int{"orders": {}, "payments": {}}, s.calls.Snapshot()); diff != "" {
		t.Error(diff)
	}
}
