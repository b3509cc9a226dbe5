package ratelimit

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestGCRA(t *testing.T) {
	placing := Limit{Burst: 3, Every: 6 * time.Second}
	cases := []struct {
		name  string
		tat   time.Duration // owed at the time 0
		n     int
		after time.Duration
		want  Decision
	}{
		{"never seen", -time.Hour, 1, 6 * time.Second, Decision{true, 2, 0, 6 * time.Second}},
		{"one spent", 6 * time.Second, 1, 12 * time.Second, Decision{true, 1, 0, 12 * time.Second}},
		{"the last one", 12 * time.Second, 1, 18 * time.Second, Decision{true, 0, 0, 18 * time.Second}},
		{"just not", 12*time.Second + 1, 1, 12*time.Second + 1, Decision{false, 0, 1, 12*time.Second + 1}},
		{"all spent", 18 * time.Second, 1, 18 * time.Second, Decision{false, 0, 6 * time.Second, 18 * time.Second}},
		{"two where one is left", 12 * time.Second, 2, 12 * time.Second, Decision{false, 1, 6 * time.Second, 12 * time.Second}},
		{"all at once", 0, 3, 18 * time.Second, Decision{true, 0, 0, 18 * time.Second}},
		{"more than there can be", 0, 100, 18 * time.Second, Decision{true, 0, 0, 18 * time.Second}},
		{"none", 0, 0, 0, Decision{true, 3, 0, 0}},
	}
	for _, c := range cases {
		const epoch = int64(time.Hour)
		tat, got := placing.take(epoch+int64(c.tat), epoch, c.n)
		if got != c.want || tat-epoch != int64(c.after) {
			t.Errorf("%s: %+v, tat %v; want %+v, tat %v", c.name, got, time.Duration(tat-epoch), c.want, c.after)
		}
	}
}

func TestAdjust(t *testing.T) {
	limit := Limit{Burst: 3, Every: time.Second}
	for _, c := range []struct {
		name      string
		owed      time.Duration
		n         int
		owedAfter time.Duration
	}{
		{"one back", 2 * time.Second, 1, time.Second},
		{"more back than was taken", time.Second, 5, 0},
		{"nothing to give back", -time.Minute, 1, 0},
		{"one more", time.Second, -1, 2 * time.Second},
		{"more than there is", 2 * time.Second, -100, 3 * time.Second},
		{"no overflow", 0, -1 << 62, 3 * time.Second},
	} {
		const now = int64(time.Hour)
		if got := limit.adjust(now+int64(c.owed), now, c.n) - now; got != int64(c.owedAfter) {
			t.Errorf("%s: owes %v, want %v", c.name, time.Duration(got), c.owedAfter)
		}
	}
}

func drawLimit(t *rapid.T) Limit {
	return Limit{Burst: rapid.IntRange(1, 50).Draw(t, "burst"), Every: time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(t, "every"))}
}

// Whatever is asked for and when: in any span of time no more is admitted than the burst and one for each Every of the span; what is
// said to remain is what is then admitted; who comes again when told to is admitted; nothing is ever negative.
func TestNeverMoreThanBurstAndRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := drawLimit(t)
		type event struct {
			at int64
			n  int
		}
		var admitted []event
		var tat, now int64
		for range rapid.IntRange(1, 60).Draw(t, "requests") {
			now += rapid.Int64Range(0, 3*int64(limit.Every)).Draw(t, "pause")
			n := rapid.IntRange(1, limit.Burst).Draw(t, "n")
			before := tat
			after, d := limit.take(tat, now, n)
			tat = after
			if d.Remaining < 0 || d.Remaining > limit.Burst || d.RetryAfter < 0 || d.ResetAfter < 0 || d.Allowed != (d.RetryAfter == 0) {
				t.Fatalf("%+v", d)
			}
			next := limit.next(d)
			if _, more := limit.take(tat, now+int64(next), min(d.Remaining+1, limit.Burst)); !more.Allowed || (next == 0) != (d.Remaining == limit.Burst) {
				t.Fatalf("%d remain, and one more after %v: %+v", d.Remaining, next, more)
			}
			if _, early := limit.take(tat, now+int64(next)-1, d.Remaining+1); early.Allowed && next > 0 {
				t.Fatalf("%d remain for %v, and one more is admitted before", d.Remaining, next)
			}
			if !d.Allowed {
				if d.RetryAfter < next {
					t.Fatalf("told to come after %v, although there are no more until %v", d.RetryAfter, next)
				}
				if _, again := limit.take(tat, now+int64(d.RetryAfter), n); !again.Allowed || tat != max(before, now) {
					t.Fatalf("told to come after %v, then %+v", d.RetryAfter, again)
				}
				if _, early := limit.take(tat, now+int64(d.RetryAfter)-1, n); early.Allowed {
					t.Fatalf("told to come after %v, but it could have come before", d.RetryAfter)
				}
				continue
			}
			admitted = append(admitted, event{now, n})
			if _, rest := limit.take(tat, now, d.Remaining); !rest.Allowed {
				t.Fatalf("%d remain, and are refused", d.Remaining)
			}
			if d.Remaining < limit.Burst {
				if _, more := limit.take(tat, now, d.Remaining+1); more.Allowed {
					t.Fatalf("%d remain, and one more is admitted", d.Remaining)
				}
			}
		}
		for from := range admitted {
			total := 0
			for _, e := range admitted[from:] {
				total += e.n
				span := e.at - admitted[from].at
				if most := int64(limit.Burst) + span/int64(limit.Every); int64(total) > most {
					t.Fatalf("%d admitted within %v, want %d at most", total, time.Duration(span), most)
				}
			}
		}
	})
}

// Giving back makes room for what was taken, and for no more.
func TestGivingBackUndoesTaking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := drawLimit(t)
		now := int64(time.Hour)
		tat := now + rapid.Int64Range(0, int64(limit.window())).Draw(t, "owed")
		n := rapid.IntRange(1, limit.Burst).Draw(t, "n")
		if taken, d := limit.take(tat, now, n); d.Allowed && limit.adjust(taken, now, n) != tat {
			t.Fatalf("owed %d, then %d", tat-now, limit.adjust(taken, now, n)-now)
		}
		after := limit.adjust(tat, now, rapid.Int().Draw(t, "any")) - now
		if after < 0 || after > int64(limit.window()) {
			t.Fatalf("owes %d", after)
		}
	})
}

func TestShareOfSeveralGateways(t *testing.T) {
	limit := Limit{Burst: 10, Every: 6 * time.Second}
	for gateways, want := range map[int]Limit{
		1: limit, 4: {Burst: 2, Every: 24 * time.Second}, 100: {Burst: 1, Every: 10 * time.Minute},
	} {
		if got := limit.share(gateways); got != want {
			t.Errorf("of %d: %+v, want %+v", gateways, got, want)
		}
	}
}
