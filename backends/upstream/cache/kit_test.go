package cache_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tiffin/backends/upstream/cache"
	"tiffin/backends/upstream/call"
	"tiffin/identity"
	"tiffin/internal/kv"
	"tiffin/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shop is a service behind a cache, over HTTP in memory, with bodies read as package resilience does.
type shop struct {
	cache *cache.Cache
	store *kv.Store
	next  http.RoundTripper
	calls atomic.Int32 // that reached the service
	stale []string     // what Deps.Stale was told
}

// open must be called in the bubble that uses it.
func open(t *testing.T, cfg cache.Config, handler http.HandlerFunc) *shop {
	t.Helper()
	store, err := kv.New(kv.Defaults(), kv.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{store: store}
	network := testkit.Start(t, map[string]http.Handler{"shop": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.calls.Add(1)
		handler(w, r)
	})})
	transport := network.Transport()
	t.Cleanup(transport.CloseIdleConnections)
	s.next = whole{transport}
	s.cache = s.over(t, cfg)
	return s
}

// over is another cache over the same store and service.
func (s *shop) over(t *testing.T, cfg cache.Config) *cache.Cache {
	t.Helper()
	cfg.Service = "shop"
	c, err := cache.New(cfg, cache.Deps{
		Next: s.next, Store: s.store, Random: func() float64 { return 0 },
		Stale: func(path string, age time.Duration, because error) {
			s.stale = append(s.stale, fmt.Sprintf("%s %v %t", path, age, because != nil))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// whole reads bodies into memory.
type whole struct{ next http.RoundTripper }

func (w whole) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := w.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// got is an answer as a test compares it.
type got struct {
	status int
	body   string
	did    string // call.Cache.Status
	age    time.Duration
	header http.Header
	err    error
}

// get sends a GET, with headers in pairs.
func (s *shop) get(ctx context.Context, target string, header ...string) got {
	return send(ctx, s.cache, http.MethodGet, target, header...)
}

func send(ctx context.Context, c http.RoundTripper, method, target string, header ...string) got {
	current := &call.Call{}
	req, err := http.NewRequestWithContext(call.With(ctx, current), method, "http://shop"+target, http.NoBody)
	if err != nil {
		return got{err: err}
	}
	for n := 0; n < len(header); n += 2 {
		req.Header.Add(header[n], header[n+1])
	}
	if method != http.MethodGet {
		c = call.Start(call.Config{}, call.Over(c)) // which knows a write
	}
	res, err := c.RoundTrip(req)
	if err != nil {
		return got{err: err, did: current.Cache.Status}
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return got{res.StatusCode, string(body), current.Cache.Status, current.Cache.Age, res.Header, err}
}

// routes is a Config with these routes.
func routes(list ...cache.Route) cache.Config {
	cfg := cache.Defaults()
	cfg.Routes = list
	return cfg
}

// counting answers each request with its number and the header given in pairs.
func counting(header ...string) http.HandlerFunc {
	var n atomic.Int32
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Add(header[i], header[i+1])
		}
		_, _ = fmt.Fprint(w, n.Add(1))
	}
}

func as(ctx context.Context, p *identity.Principal) context.Context {
	return identity.WithPrincipal(ctx, p)
}

// sleep lets fake time pass.
func sleep(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // fake time, in bubbles only
