package loaders_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/fault"
	"tiffin/resolvers/loaders"
)

// lengths is an edge from words to their lengths; the empty word has none. It records its batches.
type lengths struct {
	mu      sync.Mutex
	batches [][]string
	answer  func(ctx context.Context, keys []string) (map[string]int, error)
}

func (e *lengths) Fetch(ctx context.Context, keys []string) (map[string]int, error) {
	e.mu.Lock()
	sorted := slices.Sorted(slices.Values(keys))
	e.batches = append(e.batches, sorted)
	e.mu.Unlock()
	if e.answer != nil {
		return e.answer(ctx, keys)
	}
	out := map[string]int{}
	for _, key := range keys {
		if key != "" {
			out[key] = len(key)
		}
	}
	return out, nil
}

type loaded struct {
	value int
	err   error
}

// loadAll loads the keys side by side, as gqlgen resolves a list.
func loadAll(ctx context.Context, edge *lengths, keys ...string) []loaded {
	out := make([]loaded, len(keys))
	var wg sync.WaitGroup
	for i, key := range keys {
		wg.Go(func() {
			value, err := loaders.Load(ctx, edge, key)
			out[i] = loaded{value, err}
		})
	}
	wg.Wait()
	return out
}

func inBubble(t *testing.T, test func(t *testing.T, ctx context.Context, edge *lengths)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, loaders.WithSet(t.Context()), &lengths{}) })
}

func TestKeysOfOneLevelAreOneBatch(t *testing.T) {
	inBubble(t, func(t *testing.T, ctx context.Context, edge *lengths) {
		got := loadAll(ctx, edge, "a", "bb", "a", "", "ccc", "bb")
		want := []loaded{{1, nil}, {2, nil}, {1, nil}, {0, nil}, {3, nil}, {2, nil}}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if len(edge.batches) != 1 || !slices.Equal(edge.batches[0], []string{"", "a", "bb", "ccc"}) {
			t.Errorf("batches %q, want one with each key once", edge.batches)
		}
	})
}

func TestAKeyIsFetchedOncePerResponse(t *testing.T) {
	inBubble(t, func(t *testing.T, ctx context.Context, edge *lengths) {
		loadAll(ctx, edge, "a")
		loadAll(ctx, edge, "a", "bb")
		if len(edge.batches) != 2 || !slices.Equal(edge.batches[1], []string{"bb"}) {
			t.Errorf("batches %q", edge.batches)
		}
		loadAll(loaders.WithSet(t.Context()), edge, "a") // another response
		if len(edge.batches) != 3 {
			t.Error("another response shared the fetch")
		}
	})
}

func TestEdgesDoNotMix(t *testing.T) {
	inBubble(t, func(t *testing.T, ctx context.Context, edge *lengths) {
		other := &lengths{answer: func(_ context.Context, keys []string) (map[string]int, error) {
			return map[string]int{keys[0]: -1}, nil
		}}
		if a, b := loadAll(ctx, edge, "a")[0], loadAll(ctx, other, "a")[0]; a.value != 1 || b.value != -1 {
			t.Errorf("%v %v", a, b)
		}
	})
}

func TestAFailureIsEveryKeysAndAPanicIsAFailure(t *testing.T) {
	broken := errors.New("broken")
	answers := map[string]func(context.Context, []string) (map[string]int, error){
		"broken":   func(context.Context, []string) (map[string]int, error) { return nil, broken },
		"panicked": func(context.Context, []string) (map[string]int, error) { panic("oh") },
	}
	for word, answer := range answers {
		t.Run(word, func(t *testing.T) {
			inBubble(t, func(t *testing.T, ctx context.Context, edge *lengths) {
				edge.answer = answer
				for _, got := range loadAll(ctx, edge, "a", "bb") {
					if got.err == nil || !strings.Contains(got.err.Error(), word) {
						t.Errorf("got %v, want an error that says %s", got, word)
					}
				}
			})
		})
	}
}

func TestACallerLeavesWithoutTheOthers(t *testing.T) {
	inBubble(t, func(t *testing.T, ctx context.Context, edge *lengths) {
		edge.answer = func(ctx context.Context, keys []string) (map[string]int, error) {
			select {
			case <-time.After(time.Second):
				return map[string]int{keys[0]: 7}, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		leaving, leave := context.WithCancel(ctx)
		gone := make(chan error)
		go func() { _, err := loaders.Load(leaving, edge, "a"); gone <- err }()
		synctest.Wait()
		staying := make(chan loaded)
		go func() { staying <- loadAll(ctx, edge, "a")[0] }()
		synctest.Wait()
		leave()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("the caller that left: %v", err)
		}
		if got := <-staying; got.value != 7 || got.err != nil {
			t.Errorf("the caller that stayed: %v", got)
		}
	})
}

func TestABatchEndsWithTheResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		response, end := context.WithCancel(t.Context())
		edge := &lengths{answer: func(ctx context.Context, _ []string) (map[string]int, error) {
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}}
		ctx := loaders.WithSet(response)
		gone := make(chan error)
		go func() { _, err := loaders.Load(ctx, edge, "a"); gone <- err }()
		<-time.After(time.Second)
		end()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestManyKeysAreSplit(t *testing.T) {
	inBubble(t, func(t *testing.T, ctx context.Context, edge *lengths) {
		keys := make([]string, 2500)
		for i := range keys {
			keys[i] = fmt.Sprintf("%04d", i)
		}
		for i, got := range loadAll(ctx, edge, keys...) {
			if got.value != 4 || got.err != nil {
				t.Fatalf("%s: %v", keys[i], got)
			}
		}
		if len(edge.batches) != 3 {
			t.Errorf("%d batches, want 3", len(edge.batches))
		}
	})
}

func TestLoadWithoutASetIsAnError(t *testing.T) {
	if _, err := loaders.Load(t.Context(), &lengths{}, "a"); err == nil || !strings.Contains(err.Error(), "WithSet") {
		t.Error(err)
	}
}

func TestAnOlderAnswerIsToldToEachFieldThatShowsIt(t *testing.T) {
	inBubble(t, func(t *testing.T, ctx context.Context, edge *lengths) {
		edge.answer = func(ctx context.Context, _ []string) (map[string]int, error) {
			for _, age := range []time.Duration{time.Second, time.Minute, time.Second} {
				fault.Stale(ctx, age)
			}
			return map[string]int{}, nil
		}
		var told atomic.Int64
		loadAll(fault.WithStaleNote(ctx, func(_ context.Context, age time.Duration) { told.Add(int64(age)) }), edge, "a", "bb", "a")
		if got := time.Duration(told.Load()); got != 3*time.Minute {
			t.Errorf("told ages of %v in all, want three times the oldest", got)
		}
	})
}

// Ages are whole seconds: one of less than a second is told as 0, and is told.
func TestAnAnswerThatIsHardlyOlderIsToldToo(t *testing.T) {
	inBubble(t, func(t *testing.T, ctx context.Context, edge *lengths) {
		edge.answer = func(ctx context.Context, _ []string) (map[string]int, error) {
			fault.Stale(ctx, 0)
			return map[string]int{}, nil
		}
		var told atomic.Int64
		loadAll(fault.WithStaleNote(ctx, func(context.Context, time.Duration) { told.Add(1) }), edge, "a", "bb")
		if got := told.Load(); got != 2 {
			t.Errorf("told %d times, want once for each field", got)
		}
	})
}
