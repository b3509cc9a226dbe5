package upstream_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tiffin/backends/upstream"
	"tiffin/identity"
	"tiffin/internal/testkit"
	"tiffin/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open runs an Upstream to url over the network until the test ends, and returns it with the number of connections it has made. The
// instances take turns and net/http's surprises are at their smallest: a test that wants otherwise changes the Config.
func open(t *testing.T, network *testkit.Network, url string, change ...func(*upstream.Config)) (*upstream.Upstream, *atomic.Int32) {
	t.Helper()
	cfg := upstream.Defaults()
	cfg.URL, cfg.Balance.Policy = url, "round_robin"
	for _, c := range change {
		c(&cfg)
	}
	var dialled atomic.Int32
	dial := func(ctx context.Context, kind, addr string) (net.Conn, error) {
		dialled.Add(1)
		return network.DialContext(ctx, kind, addr)
	}
	return run(t, cfg, upstream.Deps{Dial: dial}), &dialled
}

// run runs an Upstream until the test ends, and returns it when discovery has answered.
func run(t *testing.T, cfg upstream.Config, deps upstream.Deps) *upstream.Upstream {
	t.Helper()
	up, err := upstream.New(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	follow(t, up)
	return up
}

// follow is run for an Upstream that there is.
func follow(t *testing.T, up *upstream.Upstream) {
	t.Helper()
	ctx, end := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error)
	go func() { ended <- up.Run(ctx) }()
	t.Cleanup(func() {
		end()
		if err := <-ended; err != nil {
			t.Error("Run:", err)
		}
	})
	<-up.Settled()
}

// send makes one exchange and returns the answer's body.
func send(ctx context.Context, up http.RoundTripper, method, target string, header http.Header) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, target, http.NoBody)
	if err != nil {
		return "", err
	}
	maps.Copy(req.Header, header)
	res, err := up.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return string(text), err
}

// says answers with a text.
func says(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
}

func TestInstancesTakeTurns(t *testing.T) {
	network := testkit.Start(t, map[string]http.Handler{"a:1": says("a"), "b:2": says("b"), "c:80": says("c")})
	up, dialled := open(t, network, "http://a:1,b:2,c")
	seen := map[string]int{}
	for range 9 {
		text, err := send(t.Context(), up, "GET", "http://orders/", nil)
		if err != nil {
			t.Fatal(err)
		}
		seen[text]++
	}
	if diff := cmp.Diff(map[string]int{"a": 3, "b": 3, "c": 3}, seen); diff != "" {
		t.Error(diff)
	}
	if n := dialled.Load(); n != 3 {
		t.Errorf("%d connections for 9 calls to 3 instances", n)
	}
}

// The positions work together: a read goes on to another instance, and soon nobody asks the one that is gone.
func TestAnInstanceThatIsDownCostsNoRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := testkit.Start(t, map[string]http.Handler{"a": says("a"), "b": says("b")})
		up, dialled := open(t, network, "http://a,b,gone:8101")
		for range 60 {
			if _, err := send(t.Context(), up, "GET", "http://orders/", nil); err != nil {
				t.Error(err)
			}
		}
		if n := dialled.Load(); n > 2+5 {
			t.Errorf("%d connections were tried: five failures should have ejected the instance", n)
		}
	})
}

func TestErrorsNameTheInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up, _ := open(t, testkit.Start(t, nil), "http://gone:8101")
		if _, err := send(t.Context(), up, "GET", "http://orders/", nil); err == nil || !strings.Contains(err.Error(), "gone:8101") {
			t.Errorf("error %v does not name the instance", err)
		}
	})
}

// A write without a key is sent once, whatever happens to it; one with a key as often as the service was declared to allow.
func TestWritesAreRepeatedOnlyAsDeclared(t *testing.T) {
	key := http.Header{"Idempotency-Key": {`"k"`}}
	for name, test := range map[string]struct {
		header  http.Header
		honours bool
		want    int32
	}{
		"without a key":                {nil, true, 1},
		"with a key, honoured":         {key, true, 3},
		"with a key, nothing is known": {key, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sent atomic.Int32
				network := testkit.Start(t, map[string]http.Handler{"a": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					sent.Add(1)
					w.WriteHeader(http.StatusServiceUnavailable)
				})})
				up, _ := open(t, network, "http://a", func(c *upstream.Config) { c.Calls.HonoursKeys = test.honours })
				if _, err := send(t.Context(), up, "POST", "http://orders/", test.header); err != nil {
					t.Error(err)
				}
				if got := sent.Load(); got != test.want {
					t.Errorf("sent %d times, want %d", got, test.want)
				}
			})
		})
	}
}

// Behind a sidecar there is one try, and no opinion on the instance's health.
func TestMeshLeavesItToTheSidecar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int32
		network := testkit.Start(t, map[string]http.Handler{"sidecar": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sent.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
		})})
		up, _ := open(t, network, "http://sidecar", func(c *upstream.Config) { c.Mesh = true })
		for range 100 {
			if _, err := send(t.Context(), up, "GET", "http://orders/", nil); err != nil {
				t.Error(err)
			}
		}
		if got := sent.Load(); got != 100 {
			t.Errorf("100 calls were %d attempts", got)
		}
	})
}

func TestBasePath(t *testing.T) {
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host+" "+r.RequestURI) })
	network := testkit.Start(t, map[string]http.Handler{"a:1": echo})
	for url, want := range map[string]string{
		"http://a:1":      "a:1 /orders/x%2Fy?q=1",
		"http://a:1/":     "a:1 /orders/x%2Fy?q=1",
		"http://a:1/v1/":  "a:1 /v1/orders/x%2Fy?q=1",
		"http://a:1/p/v1": "a:1 /p/v1/orders/x%2Fy?q=1",
	} {
		up, _ := open(t, network, url)
		if got, err := send(t.Context(), up, "GET", "http://orders/orders/x%2Fy?q=1", nil); got != want || err != nil {
			t.Errorf("%s: the service saw %q, want %q, %v", url, got, want, err)
		}
	}
}

// Instances behind one address, or one virtual host of many, are told by the Host header: of a check like of a call.
func TestChecksNameTheHostThatCallsName(t *testing.T) {
	hosts := make(chan string, 1)
	network := testkit.Start(t, map[string]http.Handler{"a:1": http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case hosts <- r.RequestURI + " " + r.Host:
		case <-r.Context().Done():
		}
	})}) // the file is read in real time
	file := filepath.Join(t.TempDir(), "instances.json")
	if err := os.WriteFile(file, []byte(`[{"addr": "a:1"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	up, _ := open(t, network, "file://"+file+"?server_name=shop.internal&path=/v1", func(cfg *upstream.Config) {
		cfg.Health.Active.Path, cfg.Health.Active.Interval, cfg.Health.Active.Timeout = "/healthz", 100*time.Millisecond, 100*time.Millisecond
	})
	if got := <-hosts; got != "/healthz shop.internal" {
		t.Errorf("checked %s", got)
	}
	go func() { _, _ = send(t.Context(), up, "GET", "http://orders/7", nil) }()
	for got := ""; !strings.HasPrefix(got, "/v1/7"); {
		if got = <-hosts; !strings.HasSuffix(got, " shop.internal") {
			t.Errorf("asked %s", got)
		}
	}
}

func TestHeaders(t *testing.T) {
	traced := telemetry.Request{ID: "r-1", TraceID: strings.Repeat("a", 32), SpanID: strings.Repeat("b", 16), Sampled: true}
	var got http.Header
	network := testkit.Start(t, map[string]http.Handler{
		"a": http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }),
	})
	up, _ := open(t, network, "http://a")

	t.Run("of the work", func(t *testing.T) {
		ctx := identity.WithLocale(telemetry.WithRequest(t.Context(), traced), "de")
		ctx = identity.WithPrincipal(ctx, &identity.Principal{Subject: "alice"})
		own := http.Header{"Accept": {"text/xml"}, "User-Agent": {"other"}}
		if _, err := send(ctx, up, "GET", "http://orders/", own); err != nil {
			t.Fatal(err)
		}
		parent := got.Get("Traceparent")
		if !strings.HasPrefix(parent, "00-"+traced.TraceID+"-") || strings.Contains(parent, traced.SpanID) {
			t.Errorf("traceparent %q: want the trace with a span of its own", parent)
		}
		want := http.Header{
			"Accept": {"text/xml"}, "User-Agent": {"tiffin"}, "X-Request-Id": {"r-1"}, "Accept-Language": {"de"}, "Traceparent": {parent},
			"X-Envoy-Expected-Rq-Timeout-Ms": got["X-Envoy-Expected-Rq-Timeout-Ms"],
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if own.Get("User-Agent") != "other" {
			t.Error("the client's request was changed")
		}
	})
	t.Run("of no work", func(t *testing.T) {
		if _, err := send(t.Context(), up, "GET", "http://orders/", nil); err != nil {
			t.Fatal(err)
		}
		if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, []string{"User-Agent", "X-Envoy-Expected-Rq-Timeout-Ms"}) {
			t.Errorf("headers %v", names)
		}
	})
}

func TestRedirectsAreAnswers(t *testing.T) {
	network := testkit.Start(t, map[string]http.Handler{"a": http.RedirectHandler("http://elsewhere/", http.StatusFound)})
	up, _ := open(t, network, "http://a")
	if _, err := send(t.Context(), up, "GET", "http://orders/", nil); err != nil {
		t.Errorf("the redirect was followed: %v", err)
	}
}

// silent never answers.
func silent(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // only then does net/http notice that the client has left
	<-r.Context().Done()
}

// stalled answers with half a body.
func stalled(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	_, _ = io.WriteString(w, "half")
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func TestTimeoutCoversTheWholeExchange(t *testing.T) {
	key := http.Header{"Idempotency-Key": {`"k"`}}
	tests := []struct {
		name    string
		handler http.HandlerFunc
		header  http.Header
		own     time.Duration // of the caller
		want    time.Duration
	}{
		{"no answer", silent, nil, time.Hour, time.Second},
		{"no end of the body", stalled, nil, time.Hour, time.Second},
		{"keyed write", silent, key, time.Hour, 5 * time.Second},
		{"keyed write, no end of the body", stalled, key, time.Hour, 5 * time.Second},
		{"the caller has less", silent, nil, time.Second / 4, time.Second / 4},
		{"the caller has less, body", stalled, key, 3 * time.Second, 3 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up, _ := open(t, testkit.Start(t, map[string]http.Handler{"a": tt.handler}), "http://a")
				ctx, cancel := context.WithTimeout(t.Context(), tt.own)
				defer cancel()
				start := time.Now()
				_, err := send(ctx, up, "POST", "http://orders/", tt.header)
				if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != tt.want {
					t.Errorf("%v after %v, want a deadline after %v", err, took, tt.want)
				}
			})
		})
	}
}

func TestTheCallersCancelPassesThrough(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{"waiting": silent, "reading": stalled} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up, _ := open(t, testkit.Start(t, map[string]http.Handler{"a": handler}), "http://a")
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second/4, cancel)
				start := time.Now()
				_, err := send(ctx, up, "GET", "http://orders/", nil)
				if !errors.Is(err, context.Canceled) || time.Since(start) != time.Second/4 {
					t.Errorf("%v after %v, want context.Canceled at once", err, time.Since(start))
				}
			})
		})
	}
}
