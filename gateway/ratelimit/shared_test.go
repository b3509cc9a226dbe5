package ratelimit

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// far is a Redis in memory that can be away, and counts the dials. Its clock is the bubble's.
type far struct {
	*miniredis.Miniredis

	refusing atomic.Bool
	whileOff atomic.Int32
	mu       sync.Mutex
	told     []bool
	conns    []net.Conn
}

func newFar(t *testing.T) *far {
	t.Helper()
	f := &far{Miniredis: miniredis.NewMiniRedis()}
	f.ClockTTL(true)
	t.Cleanup(f.Close)
	return f
}

func (f *far) dial(context.Context, string, string) (net.Conn, error) {
	if f.refusing.Load() {
		f.whileOff.Add(1)
		return nil, &net.OpError{Op: "dial", Err: net.ErrClosed}
	}
	conn, err := f.Dial()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.conns = append(f.conns, conn)
	return conn, err
}

// leave cuts the connections, and refuses new ones.
func (f *far) leave() {
	f.refusing.Store(true)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, conn := range f.conns {
		_ = conn.Close()
	}
}

// gateway is the Limiter of one of two gateways.
func (f *far) gateway(t *testing.T) *Limiter {
	t.Helper()
	l := NewLimiter(Config{Redis: RedisConfig{URL: "redis://far:6379", Gateways: 2}}, Deps{Dial: f.dial, Away: func(away bool, _ error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.told = append(f.told, away)
	}})
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func (f *far) changes() []bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]bool{}, f.told...)
}

func closeTo() cmp.Option {
	return cmpopts.AcyclicTransformer("rounded", func(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) })
}

// Two gateways count as one, and say what one alone would.
func TestSharedCountsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFar(t)
		gateways := []*Limiter{f.gateway(t), f.gateway(t)}
		alone := newLocal(100)
		compare := func(n, times int) {
			t.Helper()
			got, want := gateways[n%2].Take(t.Context(), user("alice"), placing, times), alone.take(user("alice"), placing, times)
			if !want.Allowed {
				want.Remaining = got.Remaining // redis_rate says 0 where less than was asked for is left
			}
			if diff := cmp.Diff(want, got, closeTo()); diff != "" {
				t.Errorf("%d: %s", n, diff)
			}
		}
		for n := range 12 {
			compare(n, 1)
		}
		sleep(6*time.Second + time.Millisecond)
		compare(0, 1)
		compare(1, 1)
		sleep(time.Minute)
		compare(0, 4)
		compare(1, 7)
		compare(0, 6)
		compare(1, 100)
		if d := gateways[0].Take(t.Context(), user("bob"), placing, 1); d.Remaining != 9 {
			t.Errorf("bob: %+v", d)
		}
		for _, key := range f.Keys() {
			if !strings.HasPrefix(key, "rate:tiffin:") || strings.Contains(key, "alice") || f.TTL(key) <= 0 {
				t.Errorf("%q lives for %v", key, f.TTL(key))
			}
		}
	})
}

// What was taken can be given back, all of it and no more; what is taken later is bounded by what there is.
func TestSharedAdjust(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, alone := newFar(t).gateway(t), newLocal(100)
		key := user("alice")
		for n, step := range []struct {
			take, adjust int
			pause        time.Duration
		}{
			{1, 1, 0},
			{1, 1, 0},
			{10, 4, 0},
			{4, 0, 0},
			{1, 100, 0},
			{10, 0, time.Second},
			{1, 1, time.Minute},
			{0, -3, 0},
			{7, -5, 0},
			{0, 0, 6 * time.Second},
			{1, 0, 0},
			{0, -100, time.Minute},
			{1, 0, 0},
			{0, -100, 0},
			{1, 0, 3 * time.Second},
		} {
			if step.take > 0 {
				got, want := l.Take(t.Context(), key, placing, step.take), alone.take(key, placing, step.take)
				if diff := cmp.Diff(want, got, closeTo()); diff != "" {
					t.Errorf("step %d: %s", n, diff)
				}
			}
			l.Adjust(t.Context(), key, placing, step.adjust)
			alone.adjust(key, placing, step.adjust)
			sleep(step.pause + time.Millisecond)
		}
	})
}

// While Redis is away each gateway admits its share, nothing waits, there is one dial a second at most, and it is said once.
func TestRedisAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFar(t)
		l := f.gateway(t)
		l.Take(t.Context(), user("alice"), placing, 10)
		f.leave()
		start, admitted := time.Now(), 0
		const outage = 30 * time.Second
		for time.Since(start) < outage {
			begun := time.Now()
			if l.Take(t.Context(), user("bob"), placing, 1).Allowed {
				admitted++
			}
			if took := time.Since(begun); took > 70*time.Millisecond {
				t.Errorf("took %v", took)
			}
			sleep(10 * time.Millisecond)
		}
		if admitted != 5+2 { // half of 10, and one each 12 s
			t.Errorf("%d were admitted, want 7", admitted)
		}
		if n := f.whileOff.Load(); n < 5 || n > int32(outage/time.Second)+1 {
			t.Errorf("%d dials in %v", n, outage)
		}
		l.Adjust(t.Context(), user("bob"), placing, 1)
		if d := l.Take(t.Context(), user("bob"), placing, 1); !d.Allowed {
			t.Errorf("given back while Redis is away: %+v", d)
		}

		f.refusing.Store(false)
		sleep(3 * time.Second)
		for range 2 { // the first finds out
			l.Take(t.Context(), user("carol"), placing, 1)
			sleep(time.Second)
		}
		if d := f.gateway(t).Take(t.Context(), user("carol"), placing, 1); d.Remaining >= 9 {
			t.Errorf("it is back, but not counted in: %+v", d)
		}
		if got := f.changes(); !cmp.Equal(got, []bool{true, false}) {
			t.Errorf("told %v", got)
		}
	})
}

// Redis takes connections and says nothing: few find out, the others do not wait.
func TestRedisHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, there) }()
			t.Cleanup(func() { _ = there.Close() })
			return here, nil
		}
		l := NewLimiter(Config{Redis: RedisConfig{URL: "redis://far"}}, Deps{Dial: silent})
		defer func() { _ = l.Close() }()
		start := time.Now()
		for n := range 100 {
			if !l.Take(t.Context(), user(fmt.Sprint(n)), placing, 1).Allowed {
				t.Errorf("%d was refused", n)
			}
		}
		if took := time.Since(start); took > 3*70*time.Millisecond {
			t.Errorf("100 took %v", took)
		}
	})
}

// A client that leaves says nothing about Redis, and what it asked for is counted.
func TestACancelIsNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFar(t)
		l := f.gateway(t)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for range 10 {
			l.Take(gone, user("alice"), placing, 1)
		}
		if d := f.gateway(t).Take(t.Context(), user("alice"), placing, 1); d.Allowed {
			t.Errorf("%+v", d)
		}
		if got := f.changes(); len(got) != 0 {
			t.Errorf("told %v", got)
		}
	})
}

func TestClosedLimiterCountsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newFar(t).gateway(t)
		for range 2 {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
		if d := l.Take(t.Context(), user("alice"), placing, 1); !d.Allowed || d.Remaining != 4 {
			t.Errorf("%+v", d)
		}
		if err := NewLimiter(Config{}, Deps{}).Close(); err != nil {
			t.Error(err)
		}
	})
}
