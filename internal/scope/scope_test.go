package scope_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"tiffin/internal/scope"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type key struct{}

// pair is a context with Scopes above it, and its like from package context alone: the model.
type pair struct {
	ours, model context.Context
	end, cancel func()
}

// newPair is of a kind, under p; lasts is how long it may be.
func newPair(kind string, p pair, lasts time.Duration) pair {
	switch kind {
	case "scope":
		s := &scope.Scope{}
		s.Begin(p.ours)
		model, cancel := context.WithCancel(p.model)
		return pair{s, model, func() { s.End(context.Canceled) }, cancel}
	case "timeout":
		ours := scope.WithTimeout(p.ours, lasts)
		model, cancel := context.WithTimeout(p.model, lasts)
		return pair{ours, model, ours.End, cancel}
	case "cancel":
		ours, end := context.WithCancel(p.ours)
		model, cancel := context.WithCancel(p.model)
		return pair{ours, model, end, cancel}
	case "value":
		return pair{context.WithValue(p.ours, key{}, lasts), context.WithValue(p.model, key{}, lasts), func() {}, func() {}}
	}
	return pair{context.WithoutCancel(p.ours), context.WithoutCancel(p.model), func() {}, func() {}}
}

func (p pair) alike() bool {
	ours, may := p.ours.Deadline()
	model, also := p.model.Deadline()
	return errors.Is(p.ours.Err(), p.model.Err()) && (p.ours.Err() == nil) == (p.model.Err() == nil) && isDone(p.ours) == isDone(p.model) &&
		ours.Equal(model) && may == also && p.ours.Value(key{}) == p.model.Value(key{})
}

// Any tree of contexts with Scopes in it ends like one of package context, whatever ends first.
func TestScopesEndLikeContexts(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			tree := []pair{{t.Context(), t.Context(), func() {}, func() {}}}
			var course []string
			for range rapid.IntRange(1, 40).Draw(r, "steps") {
				at := rapid.IntRange(0, len(tree)-1).Draw(r, "at")
				lasts := time.Duration(rapid.IntRange(0, 20).Draw(r, "lasts")) * time.Second
				switch what := rapid.SampledFrom([]string{"scope", "scope", "timeout", "cancel", "value", "without", "end", "time"}).Draw(r, "what"); what {
				case "end":
					tree[at].end()
					tree[at].cancel()
					course = append(course, fmt.Sprintf("%d ends", at))
				case "time":
					<-time.After(lasts/4 + time.Millisecond) // at no instant at which something ends
					course = append(course, fmt.Sprint(lasts/4))
				default:
					course = append(course, fmt.Sprintf("%d: %s under %d for %v", len(tree), what, at, lasts))
					tree = append(tree, newPair(what, tree[at], lasts))
				}
				synctest.Wait()
				for n, p := range tree {
					if !p.alike() {
						t.Fatalf("%d: %v, want %v, after %q", n, p.ours.Err(), p.model.Err(), course)
					}
				}
			}
			for _, p := range tree {
				p.end()
				p.cancel()
			}
		})
	})
}

func isDone(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

// Those who wait for a Scope to end are woken, and told why; so are those who wait for what was made of it. None needs a goroutine.
func TestThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		top := scope.WithTimeout(t.Context(), time.Second)
		defer top.End()
		before := runtime.NumGoroutine()
		short, below := &scope.Scope{}, &scope.Scope{}
		short.Begin(context.WithValue(top, key{}, "value"))
		below.Begin(short)
		made, cancel := context.WithCancelCause(below)
		defer cancel(nil)
		if extra := runtime.NumGoroutine() - before; extra > 0 {
			t.Errorf("%d goroutines follow them", extra)
		}
		start := time.Now()
		<-made.Done()
		for name, ctx := range map[string]context.Context{"the top": top, "between": short, "below": below, "made": made} {
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) || !errors.Is(context.Cause(ctx), context.DeadlineExceeded) || !isDone(ctx) {
				t.Errorf("%s: %v, because %v", name, ctx.Err(), context.Cause(ctx))
			}
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("after %v", took)
		}
		if got := below.Value(key{}); got != "value" {
			t.Errorf("the value is %v", got)
		}
	})
}

// What package context makes of one that lasts ends with it, at once and without a goroutine, also where there are values between; of a Scope it
// does where the values follow it.
func TestValuesBetween(t *testing.T) {
	top := scope.WithTimeout(t.Context(), time.Hour)
	s := &scope.Scope{}
	s.Begin(context.WithValue(top, key{}, 1))
	var made []context.Context
	before := runtime.NumGoroutine()
	for n := range 20 {
		for _, between := range []context.Context{context.WithValue(top, key{}, n), scope.Following(s, context.WithValue(s, key{}, n))} {
			ctx, cancel := context.WithTimeout(between, time.Hour)
			defer cancel()
			if ctx.Value(key{}) != n {
				t.Error("the value is lost")
			}
			made = append(made, ctx)
		}
	}
	if extra := runtime.NumGoroutine() - before; extra > 0 {
		t.Errorf("%d goroutines follow", extra)
	}
	top.End()
	for n, ctx := range made {
		if !errors.Is(ctx.Err(), context.Canceled) {
			t.Errorf("%d: %v", n, ctx.Err())
		}
	}
}

// Values that are of something else follow nothing.
func TestFollowingAnother(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := &scope.Scope{}
	s.Begin(t.Context())
	defer s.End(context.Canceled)
	if got := scope.Following(s, ctx); got != ctx {
		t.Errorf("%v", got)
	}
	if got := scope.Following(t.Context(), ctx); got != ctx {
		t.Errorf("%v", got)
	}
}

func TestTimeouts(t *testing.T) {
	for name, tt := range map[string]struct{ parent, own, want time.Duration }{
		"own": {time.Hour, time.Second, time.Second}, "the parent's": {time.Second, time.Hour, time.Second},
		"none left": {time.Hour, 0, 0}, "less than none": {time.Hour, -time.Second, -time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				parent, cancel := context.WithTimeout(t.Context(), tt.parent)
				defer cancel()
				ctx := scope.WithTimeout(parent, tt.own)
				defer ctx.End()
				if until, ok := ctx.Deadline(); !ok || until.Sub(start) != tt.want {
					t.Errorf("it ends after %v", until.Sub(start))
				}
				if tt.want <= 0 && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
					t.Errorf("at once: %v", ctx.Err())
				}
				<-ctx.Done()
				if took := time.Since(start); took != max(tt.want, 0) || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
					t.Errorf("%v after %v", ctx.Err(), took)
				}
			})
		})
	}
}

// Its end by whoever made it is final.
func TestTimeoutsThatAreNotNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := scope.WithTimeout(t.Context(), time.Second)
		ctx.End()
		<-time.After(time.Minute)
		if !errors.Is(ctx.Err(), context.Canceled) {
			t.Error(ctx.Err())
		}
	})
}

func TestAfterFunc(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scope.Scope{}
		s.Begin(t.Context())
		var called, never int
		stopped := s.AfterFunc(func() { never++ })
		stop := s.AfterFunc(func() { called++ })
		if !stopped() || stopped() {
			t.Error("it is stopped once")
		}
		s.End(context.Canceled)
		if stop() || called != 1 || never != 0 {
			t.Errorf("called %d and %d times", called, never)
		}
		var mu sync.Mutex // who asks may hold what the function needs, when it is over already
		mu.Lock()
		stop = s.AfterFunc(func() { mu.Lock(); called++; mu.Unlock() })
		mu.Unlock()
		synctest.Wait()
		if stop() || called != 2 {
			t.Errorf("called %d times", called)
		}
	})
}

// What is over is forgotten by what it was made of, wherever it stood among the others.
func TestWhatIsOverIsForgotten(t *testing.T) {
	lasting := scope.WithTimeout(t.Context(), time.Hour)
	defer lasting.End()
	plain, cancel := context.WithCancel(t.Context())
	defer cancel()
	var all []*scope.Scope
	var over []weak.Pointer[[64]byte]
	for n := range 30 {
		for _, parent := range []context.Context{lasting, plain} {
			value := new([64]byte)
			s := &scope.Scope{}
			s.Begin(context.WithValue(parent, key{}, value))
			if n%3 > 0 {
				over = append(over, weak.Make(value))
				s.End(context.Canceled)
			} else {
				all = append(all, s)
			}
		}
	}
	runtime.GC()
	for _, value := range over {
		if value.Value() != nil {
			t.Error("one that is over is still held")
		}
	}
	for n := range all { // from both ends to the middle
		all[(n*7)%len(all)].End(context.Canceled)
	}
}

// Many begin and end while what they are made of ends: nobody is forgotten.
func TestManyAtOnce(t *testing.T) {
	for range 50 {
		top := &scope.Scope{}
		top.Begin(t.Context())
		var group sync.WaitGroup
		for n := range 8 {
			group.Go(func() {
				for range 20 {
					s := &scope.Scope{}
					s.Begin(top)
					made, cancel := context.WithCancel(s)
					if n%2 == 0 {
						<-made.Done()
					}
					s.End(context.Canceled)
					<-made.Done()
					cancel()
				}
			})
		}
		runtime.Gosched()
		top.End(context.DeadlineExceeded)
		group.Wait()
	}
}

// Beginning and ending under another Scope needs no memory beyond the Scope's own.
func TestAllocations(t *testing.T) {
	top := scope.WithTimeout(t.Context(), time.Hour)
	defer top.End()
	if got := testing.AllocsPerRun(1000, func() {
		s := &scope.Scope{}
		s.Begin(top)
		s.End(context.Canceled)
	}); got > 1 {
		t.Errorf("%v allocations, want the Scope alone", got)
	}
}
