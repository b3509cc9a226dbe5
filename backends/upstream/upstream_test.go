package upstream_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
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

// open returns an Upstream to url over the network, closed with the test, and the number of connections it has made.
func open(t *testing.T, network *testkit.Network, url string) (*upstream.Upstream, *atomic.Int32) {
	t.Helper()
	cfg := upstream.Defaults()
	cfg.URL, cfg.WriteTimeout = url, 10*time.Second
	var dialled atomic.Int32
	dial := func(ctx context.Context, kind, addr string) (net.Conn, error) {
		dialled.Add(1)
		return network.DialContext(ctx, kind, addr)
	}
	up, err := upstream.New(cfg, upstream.Deps{Dial: dial})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(up.Close)
	return up, &dialled
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
	network := testkit.Start(t, map[string]http.Handler{"a:1": says("a"), "b:2": says("b"), "c": says("c")})
	up, dialled := open(t, network, "http://a:1,b:2,c")
	got := ""
	for range 9 {
		text, err := send(t.Context(), up, "GET", "http://orders/", nil)
		if err != nil {
			t.Fatal(err)
		}
		got += text
	}
	if got != "abcabcabc" {
		t.Errorf("order of instances: %s", got)
	}
	if n := dialled.Load(); n != 3 {
		t.Errorf("%d connections for 9 calls to 3 instances", n)
	}
}

func TestAnInstanceThatIsDownIsNamed(t *testing.T) {
	network := testkit.Start(t, map[string]http.Handler{"a": says("a")})
	up, _ := open(t, network, "http://a,gone:8101")
	if _, err := send(t.Context(), up, "GET", "http://orders/", nil); err != nil {
		t.Error(err)
	}
	if _, err := send(t.Context(), up, "GET", "http://orders/", nil); err == nil || !strings.Contains(err.Error(), "instance gone:8101: ") {
		t.Errorf("error %v does not name the instance", err)
	}
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
		if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, []string{"User-Agent"}) {
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
func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// stalled answers with half a body.
func stalled(w http.ResponseWriter, r *http.Request) {
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
		{"keyed write", silent, key, time.Hour, 10 * time.Second},
		{"keyed write, no end of the body", stalled, key, time.Hour, 10 * time.Second},
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

func TestDialCountsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := upstream.Defaults()
		cfg.URL = "http://a"
		up, err := upstream.New(cfg, upstream.Deps{Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := send(t.Context(), up, "GET", "http://orders/", nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
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

// A burst leaves its connections in the pool; the next burst uses them; Close closes them.
func TestConnectionsAreKeptAndClosed(t *testing.T) {
	const burst = 128
	synctest.Test(t, func(t *testing.T) {
		gate := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(100 * time.Millisecond) }) //nolint:forbidigo // holds all of a burst at once, in fake time
		var live atomic.Int32
		network := testkit.NewNetwork()
		defer network.Close()
		server := &http.Server{Handler: gate, ReadHeaderTimeout: time.Minute, ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				live.Add(1)
			case http.StateClosed:
				live.Add(-1)
			case http.StateActive, http.StateIdle, http.StateHijacked:
			}
		}}
		go func() { _ = server.Serve(network.Listen("a")) }()
		defer func() { _ = server.Close() }()
		up, dialled := open(t, network, "http://a")
		for range 3 {
			for range burst {
				go func() { _, _ = send(t.Context(), up, "GET", "http://orders/", nil) }()
			}
			time.Sleep(time.Second) //nolint:forbidigo // the burst is over, in fake time
		}
		// net/http dials ahead: a call may get another's connection first, and the one too many is closed.
		if n, open := dialled.Load(), live.Load(); n > burst+burst/4 || open != burst {
			t.Errorf("%d connections were made, %d are open, want about and exactly %d", n, open, burst)
		}
		up.Close()
		synctest.Wait()
		if open := live.Load(); open != 0 {
			t.Errorf("%d connections are open after Close", open)
		}
	})
}
