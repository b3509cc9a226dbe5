package shed

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"tiffin/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func sleep(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // fake time, in bubbles only

// One more than the cap is refused at once, and a place that was left is free again, also after a panic.
func TestDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		door := Door(Config{MaxRequests: 3}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/panic" {
				panic(http.ErrAbortHandler)
			}
			<-release
		}))
		ask := func(path string) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			door.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
			return w
		}
		for range 5 {
			func() {
				defer func() { _ = recover() }()
				ask("/panic")
			}()
		}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { ask("/") })
		}
		synctest.Wait()
		for range 5 {
			if w := ask("/"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || w.Header().Get("Connection") != "close" {
				t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
			}
		}
		close(release)
		wg.Wait()
		if w := ask("/"); w.Code != http.StatusOK {
			t.Errorf("%d after everybody left", w.Code)
		}
	})
}

// A place goes to the highest priority first, and within it to whoever came first.
func TestPriority(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAdmission(Config{Concurrent: 1})
		leave, _ := a.Enter(t.Context(), Introspection)
		var order []Priority
		var wg sync.WaitGroup
		for _, p := range []Priority{Introspection, Query, Mutation, Critical, Query, Critical} {
			wg.Go(func() {
				leave, refused := a.Enter(t.Context(), p)
				if refused != nil {
					t.Error(refused)
					return
				}
				order = append(order, p) // only one runs at a time
				leave()
			})
			synctest.Wait()
		}
		leave()
		wg.Wait()
		if want := []Priority{Critical, Critical, Mutation, Query, Query, Introspection}; !slices.Equal(order, want) {
			t.Errorf("%v, want %v", order, want)
		}
	})
}

// A queue is bounded for each priority by itself: a flood of queries keeps no order out.
func TestQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAdmission(Config{Concurrent: 1, Queue: 2, MaxWait: time.Second})
		leave, _ := a.Enter(t.Context(), Query)
		var refused, admitted atomic.Int32
		var wg sync.WaitGroup
		enter := func(p Priority) {
			wg.Go(func() {
				leave, no := a.Enter(t.Context(), p)
				if no != nil {
					refused.Add(1)
					return
				}
				admitted.Add(1)
				leave()
			})
		}
		for range 10 {
			enter(Query)
		}
		synctest.Wait()
		if n := refused.Load(); n != 8 {
			t.Errorf("%d queries were refused at once, want 8", n)
		}
		enter(Critical)
		synctest.Wait()
		if n := refused.Load(); n != 8 {
			t.Error("an order was refused for queries that wait")
		}
		leave()
		wg.Wait()
		if n := admitted.Load(); n != 3 {
			t.Errorf("%d were admitted, want 3", n)
		}
	})
}

// Nobody waits longer than MaxWait, or than the client does; the place of one who gave up is not lost.
func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAdmission(Config{Concurrent: 1, MaxWait: time.Second})
		leave, _ := a.Enter(t.Context(), Query)
		start := time.Now()
		_, refused := a.Enter(t.Context(), Critical)
		if took := time.Since(start); refused == nil || took != time.Second {
			t.Errorf("%v after %v", refused, took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		start = time.Now()
		if _, refused := a.Enter(ctx, Critical); refused == nil || time.Since(start) != time.Millisecond {
			t.Errorf("%v after %v", refused, time.Since(start))
		}
		leave()
		for range 3 {
			leave, refused := a.Enter(t.Context(), Query)
			if refused != nil {
				t.Fatal(refused)
			}
			leave()
		}
		if a.running != 0 {
			t.Errorf("%d are running", a.running)
		}
	})
}

// The hint is spread, retryable, and never below the configured time.
func TestHintIsSpread(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 100 {
		f := Config{RetryAfter: time.Second}.overloaded()
		if f.Code != fault.Overloaded || !f.Retryable || f.RetryAfter < time.Second || f.RetryAfter >= 3*time.Second {
			t.Fatalf("%+v", f)
		}
		seen[f.RetryAfter] = true
	}
	if len(seen) < 50 {
		t.Errorf("%d different hints of 100", len(seen))
	}
}

// Whoever comes, waits, leaves or gives up in whatever order: never more run than may, and in the end everybody has left.
func TestAdmissionNeverExceedsItsBound(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		concurrent, queue := rapid.IntRange(1, 4).Draw(r, "concurrent"), rapid.IntRange(1, 3).Draw(r, "queue")
		type visit struct {
			comes, stays, patience int
			priority               Priority
		}
		visits := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) visit {
			n := rapid.IntRange(0, 30)
			return visit{n.Draw(r, "comes"), n.Draw(r, "stays"), n.Draw(r, "patience"), Priority(rapid.IntRange(0, priorities-1).Draw(r, "priority"))}
		}), 1, 30).Draw(r, "visits")
		synctest.Test(t, func(t *testing.T) {
			a := NewAdmission(Config{Concurrent: concurrent, Queue: queue, MaxWait: 10 * time.Millisecond})
			var running, most atomic.Int32
			var wg sync.WaitGroup
			for _, v := range visits {
				wg.Go(func() {
					sleep(time.Duration(v.comes) * time.Millisecond)
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(v.patience)*time.Millisecond)
					defer cancel()
					leave, refused := a.Enter(ctx, v.priority)
					if refused != nil {
						return
					}
					for n := running.Add(1); ; {
						if m := most.Load(); n <= m || most.CompareAndSwap(m, n) {
							break
						}
					}
					sleep(time.Duration(v.stays) * time.Millisecond)
					running.Add(-1)
					leave()
				})
			}
			wg.Wait()
			if n := most.Load(); int(n) > concurrent {
				t.Errorf("%d ran at once, want %d at most", n, concurrent)
			}
			if a.running != 0 || a.waiting[Critical].Len()+a.waiting[Mutation].Len()+a.waiting[Query].Len()+a.waiting[Introspection].Len() != 0 {
				t.Errorf("%d run, some wait", a.running)
			}
		})
	})
}

func TestValidate(t *testing.T) {
	for path, cfg := range map[string]Config{
		"max_requests": {MaxRequests: -1}, "concurrent": {Concurrent: 1 << 30}, "queue": {Queue: -1},
		"max_wait": {MaxWait: -1}, "retry_after": {RetryAfter: time.Hour},
	} {
		if problems := cfg.Validate(); len(problems) != 1 || problems[0].Path != path || problems[0].Remedy == "" {
			t.Errorf("%v, want %s", problems, path)
		}
	}
	if problems := (Config{}).Validate(); len(problems) != 0 {
		t.Error(problems)
	}
}
