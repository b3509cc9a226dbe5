package stage_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/internal/demo/stage"
)

// Keys that are forgotten, or not known at all, let a write run again; an answer of 500 that is saved comes back.
func TestPromisesOfKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		promises := stage.NewPromises()
		var c counter
		h := stage.NewKeys(promises).Once(c.handle)
		put := func(key string) string {
			t.Helper()
			got := serve(h, keyed(t.Context(), "PUT", "/a", key, "x"))
			return http.StatusText(got.Code) + " " + got.Body.String()
		}
		want := func(name, got, want string) {
			t.Helper()
			if got != want {
				t.Errorf("%s: %q; want %q", name, got, want)
			}
		}
		const failure = "Internal Server Error A write that fails.\n"
		want("first", put(`"k"`), "Created run 1 of x")
		time.Sleep(time.Hour) //nolint:forbidigo // fake time
		want("an hour later", put(`"k"`), "Created run 1 of x")

		promises.Set(stage.Kept{KeyTTLMS: 1000})
		want("forgotten", put(`"k"`), "Created run 2 of x")
		time.Sleep(999 * time.Millisecond) //nolint:forbidigo // fake time
		want("almost forgotten", put(`"k"`), "Created run 2 of x")
		time.Sleep(time.Millisecond) //nolint:forbidigo // fake time
		want("forgotten again", put(`"k"`), "Created run 3 of x")

		promises.Set(stage.Kept{KeyTTLMS: 0})
		want("without a key", put(""), "Created run 4 of x")
		want("with one that is not known", put(`"k"`), "Created run 5 of x")

		promises.Set(stage.Kept{KeyTTLMS: -1, FailWrites: 1})
		want("failing", put(`"e"`), failure)
		want("and repeated", put(`"e"`), "Created run 6 of x")
		promises.Set(stage.Kept{KeyTTLMS: -1, FailWrites: 1, ReplaysErrors: true})
		want("failing, saved", put(`"s"`), failure)
		want("and repeated", put(`"s"`), failure)
		want("under another key", put(`"t"`), "Created run 7 of x")
	})
}

func TestPromisesAreChecked(t *testing.T) {
	for member, kept := range map[string]stage.Kept{
		"key_ttl_ms": {KeyTTLMS: -2}, "fail_writes": {FailWrites: 101},
	} {
		if invalid := new(stage.InvalidFault); !errors.As(kept.Check(), &invalid) || invalid.Member != member {
			t.Errorf("%+v: %v; want %s refused", kept, kept.Check(), member)
		}
	}
	if err := stage.KeepAll().Check(); err != nil {
		t.Error(err)
	}
	if got := (*stage.Promises)(nil).Kept(); got != stage.KeepAll() {
		t.Errorf("nobody's promises = %+v; want all kept", got)
	}
}

// A request that is late takes effect when nobody waits for it any more.
func TestLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSet(t, stage.Spread{})
		if _, err := s.faults.Add(stage.Fault{Service: "payments", Kind: stage.Late, Rate: 1, MS: 60_000}); err != nil {
			t.Fatal(err)
		}
		for range 2 { // on two connections, so that net/http repeats neither
			if resp, err := s.client.Get("http://p0/dishes/1"); err == nil {
				_ = resp.Body.Close()
				t.Fatal("an answer came")
			}
		}
		synctest.Wait()
		before := s.effects.Load()
		time.Sleep(time.Minute) //nolint:forbidigo // fake time
		synctest.Wait()
		if after := s.effects.Load(); before != 0 || after < 2 {
			t.Errorf("effects: %d, a minute later %d; want none, then all", before, after)
		}
	})
}
