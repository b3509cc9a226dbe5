package shed

import (
	"math"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// short is an admission that is told how late goroutines are.
func short(cfg Config, late *atomic.Int64) *Admission {
	cfg.Adaptive.Target = 20 * time.Millisecond
	a := NewAdmission(cfg)
	a.room.late = func() time.Duration { return time.Duration(late.Load()) }
	return a
}

// pass is what time brings: an operation that comes and goes.
func (a *Admission) pass(t *testing.T) {
	t.Helper()
	sleep(lookEvery)
	if leave, refused := a.Enter(t.Context(), Query); refused == nil {
		leave()
	}
}

// While goroutines are late there is less and less room, but never none; when they no longer are it grows back to what it was.
func TestRoomFollowsLateness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var late atomic.Int64
		late.Store(int64(time.Second))
		a := short(Config{Concurrent: 100, Adaptive: AdaptiveConfig{Least: 10}}, &late)
		var leaves []func()
		for range 100 {
			leave, refused := a.Enter(t.Context(), Query)
			if refused != nil {
				t.Fatal(refused)
			}
			leaves = append(leaves, leave)
		}
		sleep(lookEvery)
		leaves[0]()
		if a.room.places != 89 {
			t.Errorf("%d places after a look, want a tenth less than the 99 that run", a.room.places)
		}
		for _, leave := range leaves[1:] {
			leave()
		}
		for range 50 {
			a.pass(t)
		}
		if a.room.places != 10 {
			t.Errorf("%d places, want the least", a.room.places)
		}
		late.Store(int64(20 * time.Millisecond))
		a.pass(t)
		if a.room.places != 11 {
			t.Errorf("%d places, want one more", a.room.places)
		}
		for range 100 {
			a.pass(t)
		}
		if a.room.places != 100 {
			t.Errorf("%d places, want all again", a.room.places)
		}
	})
}

// Between two looks nothing changes, however many come and go.
func TestRoomLooksNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var late atomic.Int64
		late.Store(int64(time.Second))
		a := short(Config{Concurrent: 100}, &late)
		for range 1000 {
			leave, _ := a.Enter(t.Context(), Query)
			leave()
		}
		if a.room.places != 100 {
			t.Errorf("%d places", a.room.places)
		}
	})
}

// Who waits because the room has become small goes on when it has grown, the highest priority first, and before who comes later.
func TestWhoWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var late atomic.Int64
		late.Store(int64(time.Second))
		a := short(Config{Concurrent: 2, MaxWait: time.Minute, Adaptive: AdaptiveConfig{Least: 1}}, &late)
		first, _ := a.Enter(t.Context(), Query)
		second, _ := a.Enter(t.Context(), Query)
		sleep(lookEvery)
		second() // one place is left, and taken
		if a.room.places != 1 {
			t.Fatalf("%d places", a.room.places)
		}
		var mu sync.Mutex
		var order []Priority
		var work sync.WaitGroup
		for _, p := range []Priority{Introspection, Query, Critical} {
			work.Go(func() {
				leave, refused := a.Enter(t.Context(), p)
				if refused != nil {
					t.Error(refused)
					return
				}
				mu.Lock()
				order = append(order, p)
				mu.Unlock()
				leave()
			})
			synctest.Wait()
		}
		late.Store(0)
		first()
		work.Wait()
		if len(order) != 3 || order[0] != Critical || order[2] != Introspection {
			t.Errorf("%v", order)
		}
	})
}

// A place that comes with the room's growth is not for who happens to ask then.
func TestNewRoomIsForWhoWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var late atomic.Int64
		late.Store(int64(time.Second))
		a := short(Config{Concurrent: 2, MaxWait: time.Minute, Adaptive: AdaptiveConfig{Least: 1}}, &late)
		long, _ := a.Enter(t.Context(), Query)
		sleep(lookEvery)
		var work sync.WaitGroup
		in := make(chan string, 2)
		for _, who := range []string{"waited", "came later"} {
			work.Go(func() {
				leave, refused := a.Enter(t.Context(), Query)
				if refused != nil {
					t.Error(refused)
					return
				}
				in <- who
				sleep(time.Second)
				leave()
			})
			synctest.Wait()
			late.Store(0)
			sleep(lookEvery)
		}
		if first := <-in; first != "waited" {
			t.Errorf("%s was first", first)
		}
		work.Wait()
		long()
	})
}

// Whatever happens, no more run than there ever may, and in the end nobody has been forgotten.
func TestRoomIsKept(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cfg := Config{
			Concurrent: rapid.IntRange(1, 20).Draw(rt, "concurrent"), Queue: 100, MaxWait: time.Minute,
			Adaptive: AdaptiveConfig{Least: rapid.IntRange(1, 30).Draw(rt, "least")},
		}
		lates := rapid.SliceOfN(rapid.SampledFrom([]time.Duration{0, time.Second}), 1, 30).Draw(rt, "lates")
		synctest.Test(t, func(t *testing.T) {
			var late atomic.Int64
			a := short(cfg, &late)
			var mu sync.Mutex
			running, done := 0, 0
			var work sync.WaitGroup
			for _, next := range lates {
				late.Store(int64(next))
				for range 3 {
					work.Go(func() {
						leave, refused := a.Enter(t.Context(), Query)
						if refused != nil {
							t.Error(refused)
							return
						}
						mu.Lock()
						if running++; running > cfg.Concurrent {
							t.Errorf("%d run, %d may", running, cfg.Concurrent)
						}
						mu.Unlock()
						sleep(250 * time.Millisecond)
						mu.Lock()
						running--
						done++
						mu.Unlock()
						leave()
					})
				}
				sleep(lookEvery)
			}
			work.Wait()
			if done != 3*len(lates) || a.running != 0 {
				t.Errorf("%d of %d were done, %d run", done, 3*len(lates), a.running)
			}
		})
	})
}

func TestNinth(t *testing.T) {
	h := &metrics.Float64Histogram{Counts: []uint64{0, 90, 9, 2}, Buckets: []float64{0, 0.001, 0.002, 0.004, math.Inf(1)}}
	for _, c := range []struct {
		before []uint64
		want   time.Duration
	}{
		{[]uint64{0, 0, 0, 0}, 4 * time.Millisecond},
		{[]uint64{0, 0, 9, 2}, 2 * time.Millisecond},
		{[]uint64{0, 90, 9, 0}, 4 * time.Millisecond}, // the last bucket has no end
		{[]uint64{0, 90, 9, 2}, 0},
	} {
		if got := ninth(h, c.before); got != c.want {
			t.Errorf("after %v: %v, want %v", c.before, got, c.want)
		}
	}
}

// More goroutines than processors wait for them, and that is seen.
func TestSchedulerLatency(t *testing.T) {
	late := schedulerLatency()
	late()
	var work sync.WaitGroup
	for range 50 * runtime.GOMAXPROCS(0) {
		work.Go(func() {
			for range 20 {
				runtime.Gosched()
			}
		})
	}
	work.Wait()
	if late() <= 0 {
		t.Error("nobody waited")
	}
}

func TestAdaptiveConfig(t *testing.T) {
	got := Config{Adaptive: AdaptiveConfig{Target: -1, Least: -1}}.Validate()
	var paths []string
	for _, problem := range got {
		paths = append(paths, problem.Path)
	}
	if len(paths) != 2 || paths[0] != "adaptive.least" || paths[1] != "adaptive.target" {
		t.Errorf("%v", got)
	}
}
