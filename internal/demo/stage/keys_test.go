package stage_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/internal/demo/stage"
)

// counter is a write that says how often it ran.
type counter struct{ runs atomic.Int64 }

func (c *counter) handle(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // in memory
	w.Header().Set("Location", "/here")
	w.WriteHeader(http.StatusCreated)
	_, _ = fmt.Fprintf(w, "run %d of %s", c.runs.Add(1), body) // a recorder takes all
}

func keyed(ctx context.Context, method, path, key, body string) *http.Request {
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	return r
}

func TestOnceReplaysTheSameRequest(t *testing.T) {
	var c counter
	h := stage.NewKeys(nil).Once(c.handle)
	first := serve(h, keyed(t.Context(), "PUT", "/a", `"k"`, "x"))
	again := serve(h, keyed(t.Context(), "PUT", "/a", `"k"`, "x"))
	if first.Body.String() != "run 1 of x" || again.Body.String() != first.Body.String() || again.Code != http.StatusCreated {
		t.Errorf("%d %q, then %d %q", first.Code, first.Body, again.Code, again.Body)
	}
	if again.Header().Get("Location") != "/here" {
		t.Error("the replay lost a header")
	}
	if first.Header().Get("Idempotent-Replayed") != "" || again.Header().Get("Idempotent-Replayed") != "true" {
		t.Error("only the replay says that it is one")
	}
	if other := serve(h, keyed(t.Context(), "PUT", "/a", `"k2"`, "x")); other.Body.String() != "run 2 of x" {
		t.Errorf("another key: %q", other.Body)
	}
}

func TestOnceRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, method, path, key, body string
		status                        int
		code                          string
	}{
		{"no key", "PUT", "/a", "", "x", 400, "idempotency_key_missing"},
		{"a token", "PUT", "/a", "k", "x", 400, "idempotency_key_invalid"},
		{"empty", "PUT", "/a", `""`, "x", 400, "idempotency_key_invalid"},
		{"open", "PUT", "/a", `"k`, "x", 400, "idempotency_key_invalid"},
		{"more after it", "PUT", "/a", `"k";p=1`, "x", 400, "idempotency_key_invalid"},
		{"bad escape", "PUT", "/a", `"k\n"`, "x", 400, "idempotency_key_invalid"},
		{"escape at the end", "PUT", "/a", `"k\`, "x", 400, "idempotency_key_invalid"},
		{"no ASCII", "PUT", "/a", `"é"`, "x", 400, "idempotency_key_invalid"},
		{"longest", "PUT", "/a", `"` + strings.Repeat("k", 255) + `"`, "x", 201, ""},
		{"too long", "PUT", "/a", `"` + strings.Repeat("k", 256) + `"`, "x", 400, "idempotency_key_invalid"},
		{"escaped, the same key", "PUT", "/a", `"\\used"`, "x", 201, ""},
		{"other body", "PUT", "/a", `"used"`, "y", 422, "idempotency_key_reused"},
		{"other path", "PUT", "/b", `"used"`, "x", 422, "idempotency_key_reused"},
		{"other method", "POST", "/a", `"used"`, "x", 422, "idempotency_key_reused"},
		{"body too large", "PUT", "/a", `"big"`, strings.Repeat("x", stage.MaxBody+1), 413, "body_too_large"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var c counter
			h := stage.NewKeys(nil).Once(c.handle)
			serve(h, keyed(t.Context(), "PUT", "/a", `"used"`, "x"))
			checkCode(t, serve(h, keyed(t.Context(), tc.method, tc.path, tc.key, tc.body)), tc.status, tc.code)
		})
	}
}

func TestOnceRefusesTwoKeys(t *testing.T) {
	var c counter
	r := keyed(t.Context(), "PUT", "/a", `"k"`, "x")
	r.Header.Add("Idempotency-Key", `"l"`)
	checkCode(t, serve(stage.NewKeys(nil).Once(c.handle), r), 400, "idempotency_key_invalid")
}

func TestOnceSavesNoFailure(t *testing.T) {
	for _, status := range []int{500, 503, 599} {
		runs := 0
		h := stage.NewKeys(nil).Once(func(w http.ResponseWriter, _ *http.Request) { runs++; w.WriteHeader(status) })
		for range 2 {
			serve(h, keyed(t.Context(), "PUT", "/a", `"k"`, ""))
		}
		if runs != 2 {
			t.Errorf("%d: %d runs, want 2", status, runs)
		}
	}
	runs := 0
	h := stage.NewKeys(nil).Once(func(w http.ResponseWriter, _ *http.Request) { runs++; w.WriteHeader(409) })
	for range 2 {
		serve(h, keyed(t.Context(), "PUT", "/a", `"k"`, ""))
	}
	if runs != 1 {
		t.Errorf("a refusal ran %d times, want 1", runs)
	}
}

func TestOnceForgetsAPanic(t *testing.T) {
	runs := 0
	h := stage.NewKeys(nil).Once(func(w http.ResponseWriter, _ *http.Request) {
		if runs++; runs == 1 {
			panic("first")
		}
		w.WriteHeader(http.StatusCreated)
	})
	func() {
		defer func() { _ = recover() }() // net/http does this
		serve(h, keyed(t.Context(), "PUT", "/a", `"k"`, ""))
	}()
	checkCode(t, serve(h, keyed(t.Context(), "PUT", "/a", `"k"`, "")), http.StatusCreated, "")
}

func TestOnceRunsOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c counter
		h := stage.NewKeys(nil).Once(func(w http.ResponseWriter, r *http.Request) {
			_ = stage.Pause(r.Context(), time.Second) // never ends early: see TestOnceFinishes
			c.handle(w, r)
		})
		start := time.Now()
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { checkCode(t, serve(h, keyed(t.Context(), "PUT", "/a", `"k"`, "x")), http.StatusCreated, "") })
		}
		all.Wait()
		if runs, took := c.runs.Load(), time.Since(start); runs != 1 || took != time.Second {
			t.Errorf("%d runs in %v, want 1 in 1s", runs, took)
		}
	})
}

func TestOnceFinishesWhatItBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c counter
		h := stage.NewKeys(nil).Once(func(w http.ResponseWriter, r *http.Request) {
			if stage.Pause(r.Context(), time.Second) == nil {
				c.handle(w, r)
			}
		})
		gone, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		serve(h, keyed(gone, "PUT", "/a", `"k"`, "x"))
		if got := serve(h, keyed(t.Context(), "PUT", "/a", `"k"`, "x")).Body.String(); got != "run 1 of x" {
			t.Errorf("after the client of the first had left: %q", got)
		}
	})
}

func TestKeysAreBounded(t *testing.T) {
	var c counter
	h := stage.NewBoundedKeys(2).Once(c.handle)
	for _, key := range []string{"1", "2", "3", "3", "2", "1"} {
		serve(h, keyed(t.Context(), "PUT", "/a", `"`+key+`"`, ""))
	}
	if got := c.runs.Load(); got != 4 {
		t.Errorf("%d runs, want 4: only the oldest key was forgotten", got)
	}
}
