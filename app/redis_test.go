package app_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tiffin/app"
	"tiffin/internal/demo"
	"tiffin/internal/kv/redistest"
)

// realWorld starts the program over real sockets in front of the simulated services. The configuration has room for a machine that is busy with
// other tests: what is judged here is Redis, not time.
func realWorld(t *testing.T, redis string, dial func(ctx context.Context, network, address string) (net.Conn, error)) *world {
	t.Helper()
	w := &world{host: "gateway", log: &bytes.Buffer{}, ended: make(chan error, 1)}
	for base := 27300; ; base += 100 {
		var err error
		if w.Demo, err = demo.New(demo.Config{BasePort: base}); err != nil {
			t.Fatal(err)
		}
		if err = w.Start(t.Context()); err == nil {
			break
		}
		if base > 28300 {
			t.Fatal(err)
		}
	}
	t.Cleanup(w.Close)
	const patient = "resilience: {reads: {attempt_timeout: 30s, call_timeout: 50s}, breaker: {slow: 1}}"
	config := strings.NewReplacer("gateway:80", "127.0.0.1:0", "admin:80", "127.0.0.1:0", "{url: \"http", "{"+patient+", url: \"http").Replace(w.config())
	config += fmt.Sprintf(`
cache: {redis: %[1]q}
edge: {operation: {deadline: 55s}, rate_limit: {user: {burst: 1000000, every: 1ms}, cost: {burst: 100000000, every: 1us}, address: {burst: 1000000, every: 1ms}, redis: {url: %[1]q}}}
`, redis)
	cfg, err := app.Parse("test.yaml", []byte(config))
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan app.Addresses, 1)
	program, err := app.New(cfg, app.Deps{Log: w.log, Version: "test", OnReady: func(at app.Addresses) { ready <- at }, Dial: dial})
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	w.end = end
	go func() { w.ended <- program.Run(ctx) }()
	at := <-ready
	w.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		address = strings.NewReplacer("gateway:80", at.Listen, "admin:80", at.Admin).Replace(address)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}}
	t.Cleanup(w.client.CloseIdleConnections)
	return w
}

// metric is the value of a metric without labels.
func (w *world) metric(t *testing.T, name string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://admin/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "localhost" // on a real loopback address it answers to nothing else
	response, err := w.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("there is no metric %s", name)
	}
	return string(found[1])
}

// holds asks a Redis whether it has keys of a pattern.
func holds(address, pattern string) bool {
	conn, err := net.Dial("tcp", strings.TrimPrefix(address, "redis://"))
	if err != nil {
		return false
	}
	defer conn.Close()
	_, _ = fmt.Fprintf(conn, "KEYS %s\r\n", pattern)
	line, _ := bufio.NewReader(conn).ReadString('\n')
	return strings.HasPrefix(line, "*") && line != "*0\r\n"
}

// eventually polls, for it watches another process.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); <-tick.C {
		if done() {
			return
		}
	}
	t.Fatalf("not within a minute: %s", what)
}

// A real Redis, on which the cache and the rate limits are, is killed under load and comes back: no request fails, there is one dial a second
// at the most while it is away, for both together, counted; and then both use it again.
func TestRedisStopsUnderLoad(t *testing.T) {
	redis := redistest.Start(t)
	var off atomic.Bool
	var dials, dialsOff, asked, failed atomic.Int64
	w := realWorld(t, redis.URL(), func(ctx context.Context, network, address string) (net.Conn, error) {
		if "redis://"+address == redis.URL() {
			dials.Add(1)
			if off.Load() {
				dialsOff.Add(1)
			}
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	})
	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	for n := range 8 {
		load.Go(func() {
			for i := n; ctx.Err() == nil; i++ {
				query := orderPage
				if i%2 == 0 {
					query = fmt.Sprintf(`{ restaurant(id: "res_00%d") { name menu { sections { items { name stock } } } } }`, 1+i/2%5)
				}
				page := w.ask(t, "alice", query, nil)
				if asked.Add(1); page.Status != http.StatusOK || len(page.Errors) > 0 {
					if failed.Add(1) < 5 {
						t.Errorf("%d %v", page.Status, page.Errors)
					}
				}
			}
		})
	}
	used := func() bool { return holds(redis.URL(), "rate:*") && holds(redis.URL(), "tiffin:v:*") }
	eventually(t, "Redis is used", func() bool { return asked.Load() > 50 && used() })
	redis.Stop()
	eventually(t, "its absence is noticed", func() bool { return w.metric(t, "tiffin_redis_away") == "1" })
	off.Store(true)
	before, stopped := asked.Load(), time.Now()
	eventually(t, "the outage is over", func() bool {
		return time.Since(stopped) > 2*time.Second && asked.Load() > before+20 && dialsOff.Load() > 0
	})
	took, counted := time.Since(stopped), dialsOff.Load()
	during := asked.Load() - before
	off.Store(false)
	redis.Start()
	eventually(t, "Redis is used again", func() bool { return w.metric(t, "tiffin_redis_away") == "0" && used() })
	stop()
	load.Wait()
	if counted > int64(took/time.Second)+1 {
		t.Errorf("%d dials in %v", counted, took)
	}
	eventually(t, "the metric has all dials", func() bool { return w.metric(t, "tiffin_redis_dials_total") == fmt.Sprint(dials.Load()) })
	t.Logf("%d pages, %d failed; %d of them in the %v without Redis, with %d dials", asked.Load(), failed.Load(), during, took.Round(time.Millisecond), counted)
	w.end()
	if err := <-w.ended; err != nil {
		t.Error("Run:", err)
	}
}
