package ratelimit

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// realRedis starts a redis-server on a socket of its own.
func realRedis(t *testing.T) (dial func(context.Context, string, string) (net.Conn, error)) {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is missing: run tools/install.sh")
		}
		t.Skip("redis-server is missing: run tools/install.sh")
	}
	dir, err := os.MkdirTemp("", "redis") //nolint:usetesting // t.TempDir is too long for a socket's path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	server := exec.CommandContext(t.Context(), program, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}
	await(t, dial)
	return dial
}

func await(t *testing.T, dial func(context.Context, string, string) (net.Conn, error)) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if conn, err := dial(t.Context(), "", ""); err == nil {
			_ = conn.Close()
			return
		}
		<-tick.C
	}
	t.Fatal("redis-server does not listen")
}

// Against the real thing: two gateways, many at once, admit the burst and not one more; what is given back can be taken again.
func TestRealRedis(t *testing.T) {
	dial := realRedis(t)
	cfg := Config{Redis: RedisConfig{URL: "redis://here", Prefix: "test:", Gateways: 2}}
	hour := Limit{Burst: 50, Every: time.Hour / 2}
	var gateways [2]*Limiter
	for n := range gateways {
		gateways[n] = NewLimiter(cfg, Deps{Dial: dial, exchange: time.Minute, Away: func(away bool, cause error) { t.Errorf("away: %t: %v", away, cause) }})
		defer func() { _ = gateways[n].Close() }()
	}
	take := func() int {
		var admitted atomic.Int32
		var wg sync.WaitGroup
		for n := range 8 { // fewer than connections, so that none waits long on a busy machine
			wg.Go(func() {
				for range 10 {
					if gateways[n%2].Take(t.Context(), user("alice"), hour, 1).Allowed {
						admitted.Add(1)
					}
				}
			})
		}
		wg.Wait()
		return int(admitted.Load())
	}
	if n := take(); n != 50 {
		t.Errorf("%d were admitted, want 50", n)
	}
	gateways[0].Adjust(t.Context(), user("alice"), hour, 7)
	if n := take(); n != 7 {
		t.Errorf("%d were admitted after 7 were given back", n)
	}
	gateways[1].Adjust(t.Context(), user("bob"), hour, -49)
	if d := gateways[0].Take(t.Context(), user("bob"), hour, 1); !d.Allowed || d.Remaining != 0 {
		t.Errorf("%+v", d)
	}
	gateways[1].Adjust(t.Context(), user("bob"), hour, 50)
	if d := gateways[0].Take(t.Context(), user("bob"), hour, 50); !d.Allowed {
		t.Errorf("%+v", d)
	}
}
