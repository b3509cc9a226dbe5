package resilience_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"pgregory.net/rapid"

	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/resilience"
)

// far is what an attempt ends at: the far side answers after takes, unless its context ends before.
func far(takes time.Duration) http.RoundTripper {
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		select {
		case <-time.After(takes):
			return &http.Response{StatusCode: 204, Body: http.NoBody}, nil
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	})
}

// course is one of many attempts that are under way at a time: when it begins, and what may end it, from then on.
type course struct {
	kind                      int // of kinds
	begins                    time.Duration
	answered, left, exhausted time.Duration
}

// drawCourse makes no two things end an attempt at one instant.
func drawCourse(r *rapid.T) course {
	tens := func(most int, name string) time.Duration {
		return time.Duration(rapid.IntRange(0, most/10).Draw(r, name)) * 10 * time.Millisecond
	}
	return course{
		kind: rapid.IntRange(0, len(kinds)-1).Draw(r, "kind"), begins: tens(3000, "begins"),
		answered: tens(7000, "answered") + time.Millisecond, left: tens(7000, "left") + 2*time.Millisecond,
		exhausted: tens(7000, "exhausted") + 3*time.Millisecond,
	}
}

// ends is how long the attempt lasts, and what comes of it.
func (c course) ends() (after time.Duration, err error) {
	after = []time.Duration{time.Second, 5 * time.Second, time.Second}[c.kind]
	err = context.DeadlineExceeded
	if c.exhausted < after {
		after = c.exhausted
	}
	if c.left < after {
		after, err = c.left, context.Canceled
	}
	if c.answered < after {
		after, err = c.answered, nil
	}
	return after, err
}

func (c course) run(t *testing.T, policies *resilience.Policies) {
	t.Helper()
	wait(c.begins)
	ctx, cancel := context.WithTimeout(t.Context(), c.exhausted)
	defer cancel()
	defer time.AfterFunc(c.left, cancel).Stop()
	start := time.Now()
	res, err := call.Start(call.Config{}, policies.Attempt(far(c.answered))).RoundTrip(request(ctx, kinds[c.kind].method, kinds[c.kind].key, ""))
	after, want := c.ends()
	if took := time.Since(start); took != after || !errors.Is(err, want) || (want == nil) != (res != nil) {
		t.Errorf("%+v: %v after %v, want %v after %v", c, err, took, want, after)
	}
}

// Attempts of all kinds, which begin and end at different times, end each in its own: to the instant, unless it is over before, or the caller
// leaves, or has less time.
func TestEachAttemptEndsInTime(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		courses := rapid.SliceOfN(rapid.Custom(drawCourse), 1, 60).Draw(r, "courses")
		synctest.Test(t, func(t *testing.T) {
			policies, err := resilience.New(resilience.Defaults(), resilience.Deps{})
			if err != nil {
				t.Fatal(err)
			}
			var attempts sync.WaitGroup
			for _, c := range courses {
				attempts.Go(func() { c.run(t, policies) })
			}
			attempts.Wait()
		})
	})
}

// Between the pick of its instance and its own beginning an attempt may wait for a processor. Its time runs all the same, and what was due first
// ends first.
func TestAttemptsThatWereKeptWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		policies, err := resilience.New(resilience.Defaults(), resilience.Deps{})
		if err != nil {
			t.Fatal(err)
		}
		attempt := policies.Attempt(far(time.Hour))
		start := time.Now()
		lasts := func(kept, limit time.Duration) {
			c := &call.Call{}
			c.Limit(start.Add(limit))
			one := &call.Attempt{Began: start.Add(-kept)}
			_, err := attempt.Do(call.Trip{Call: c, Context: t.Context(), Request: request(t.Context(), "GET", "", ""), Attempt: one})
			if took := time.Since(one.Began); one.Took != took {
				t.Errorf("it says that it took %v, want %v", one.Took, took)
			}
			if took, want := time.Since(start), min(time.Second-kept, limit); took != want || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("kept for %v: %v after %v, want %v", kept, err, took, want)
			}
		}
		var group sync.WaitGroup
		for _, ms := range []int{100, 0, 700, 300, 300, 900, 800} {
			kept := time.Duration(ms) * time.Millisecond
			group.Go(func() { lasts(kept, time.Minute) })
			synctest.Wait()
			group.Go(func() { lasts(kept, 50*time.Millisecond) })
		}
		group.Wait()
	})
}

// The context of an attempt is a context like the library's: it says why it ended and never changes its mind, and what is made of it ends with it
// and needs no goroutine to do so.
func TestAnAttemptsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		policies, err := resilience.New(resilience.Defaults(), resilience.Deps{})
		if err != nil {
			t.Fatal(err)
		}
		for name, leave := range map[string]bool{"its time is up": false, "the caller leaves": true} {
			caller, cancel := context.WithCancel(t.Context())
			if leave {
				time.AfterFunc(500*time.Millisecond, cancel)
			}
			want := context.DeadlineExceeded
			if leave {
				want = context.Canceled
			}
			chain := call.Start(call.Config{}, policies.Attempt(roundTrip(func(req *http.Request) (*http.Response, error) {
				ctx := req.Context()
				if until, ok := ctx.Deadline(); !ok || time.Until(until) != time.Second || ctx.Err() != nil {
					t.Errorf("%s: until %v %v, %v at first", name, until, ok, ctx.Err())
				}
				before := runtime.NumGoroutine()
				made, end := context.WithCancel(ctx)
				defer end()
				if after := runtime.NumGoroutine(); after != before {
					t.Errorf("%s: %d goroutines follow it", name, after-before)
				}
				<-made.Done()
				if !errors.Is(ctx.Err(), want) || !errors.Is(context.Cause(ctx), want) || !errors.Is(context.Cause(made), want) {
					t.Errorf("%s: %v, because %v, want %v", name, ctx.Err(), context.Cause(ctx), want)
				}
				cancel()
				wait(time.Minute)
				if !errors.Is(ctx.Err(), want) {
					t.Errorf("%s: %v in the end, want %v", name, ctx.Err(), want)
				}
				return nil, ctx.Err()
			})))
			_, _ = chain.RoundTrip(request(caller, "GET", "", ""))
			cancel()
		}
	})
}

// What is over is forgotten at once, also between two that last, and while its caller goes on.
func TestEndedAttemptsAreForgotten(t *testing.T) {
	cfg := resilience.Defaults()
	cfg.Reads.AttemptTimeout, cfg.Reads.CallTimeout = 5*time.Minute, 5*time.Minute
	policies, err := resilience.New(cfg, resilience.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	begun, over := make(chan struct{}), make(chan struct{})
	chain := call.Start(call.Config{}, policies.Attempt(roundTrip(func(req *http.Request) (*http.Response, error) {
		if req.Header.Get("Lasts") != "" {
			begun <- struct{}{}
			<-over
		}
		return &http.Response{StatusCode: 204, Body: http.NoBody}, nil
	})))
	var lasting sync.WaitGroup
	defer lasting.Wait()
	defer close(over)
	last := func() {
		req := request(t.Context(), "GET", "", "")
		req.Header.Set("Lasts", "yes")
		lasting.Go(func() { _, _ = chain.RoundTrip(req) })
		<-begun
	}
	caller, cancel := context.WithCancel(t.Context())
	defer cancel()
	hurried, cancel := context.WithTimeout(caller, time.Minute)
	defer cancel()
	once := func(ctx context.Context) weak.Pointer[[64]byte] {
		value := new([64]byte)
		_, _ = chain.RoundTrip(request(context.WithValue(ctx, valueKey{}, value), "GET", "", ""))
		return weak.Make(value)
	}
	var whole, short []weak.Pointer[[64]byte]
	last()
	for range 50 {
		whole, short = append(whole, once(caller)), append(short, once(hurried))
		last()
	}
	runtime.GC()
	// The runtime forgets stopped timers, and what they hold, when there are some of them.
	if whole, short := held(whole), held(short); whole > 0 || short > 25 {
		t.Errorf("%d attempts are still held, and %d with a timer of their own", whole, short)
	}
}

func held(values []weak.Pointer[[64]byte]) int {
	n := 0
	for _, value := range values {
		if value.Value() != nil {
			n++
		}
	}
	return n
}

type valueKey struct{}
