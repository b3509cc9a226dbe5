package balance

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const second = time.Second

func TestLatency(t *testing.T) {
	type step struct {
		at, took time.Duration
	}
	tests := []struct {
		name  string
		steps []step
		at    time.Duration
		want  time.Duration
	}{
		{"nothing known", nil, 0, 0},
		{"one", []step{{second, 5 * time.Millisecond}}, second, 5 * time.Millisecond},
		{"a longer one counts at once", []step{{second, 5 * time.Millisecond}, {second, second}}, second, second},
		{"a shorter one by age", []step{{0, 90 * time.Millisecond}, {second, 10 * time.Millisecond}}, second, 50 * time.Millisecond},
		{"a shorter one of the same millisecond not", []step{{0, 90 * time.Millisecond}, {time.Microsecond, time.Millisecond}}, 0, 90 * time.Millisecond},
		{"an older one not", []step{{second, 90 * time.Millisecond}, {0, time.Millisecond}}, second, 90 * time.Millisecond},
		{"fades", []step{{0, 80 * time.Millisecond}}, 3 * second, 10 * time.Millisecond},
		{"to the floor", []step{{0, 80 * time.Millisecond}}, time.Hour, latencyFloor},
		{"none is shorter than the floor", []step{{0, 0}}, 0, latencyFloor},
		{"or longer than it can hold", []step{{0, time.Hour}}, 0, maxUnits * latencyUnit},
		{"after years", []step{{20 * 365 * 24 * time.Hour, second}}, 20*365*24*time.Hour + second, second / 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var l latency
			for _, s := range tt.steps {
				l.observe(s.at, s.took, second)
			}
			if got := l.at(tt.at, second); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func TestFade(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		age := time.Duration(rapid.Int64Range(0, int64(100*second)).Draw(t, "age"))
		got, exact := fade(age, second), math.Exp2(-age.Seconds())
		if got < exact*0.999 && age < 63*second || got > exact*1.062 {
			t.Errorf("%g, want about %g", got, exact)
		}
		if later := fade(age+rapid.SampledFrom([]time.Duration{1, second / 3, second}).Draw(t, "more"), second); later > got {
			t.Errorf("grows from %g to %g", got, later)
		}
	})
	if fade(-second, second) != 1 {
		t.Error("a time before the measurement")
	}
}

// What an outcome costs: how the load of an instance is seen after it.
func TestOutcomes(t *testing.T) {
	const known = 20 * time.Millisecond
	tests := []struct {
		name    string
		outcome Outcome
		took    time.Duration
		want    time.Duration
		tally   Tally
	}{
		{"success", Success, 40 * time.Millisecond, 40 * time.Millisecond, Tally{Calls: 1}},
		{"a quick failure is dear", Failure, 0, 60 * time.Millisecond, Tally{Calls: 1, Failures: 1, Streak: 4}},
		{"a slow failure is what it took", Failure, second, second, Tally{Calls: 1, Failures: 1, Streak: 4}},
		{"what was not sent is dear, but no failure", NotSent, 0, 60 * time.Millisecond, Tally{Streak: 3}},
		{"a quick cancel says nothing", Cancelled, 0, known, Tally{Streak: 3}},
		{"a late cancel says how long at least", Cancelled, second, second, Tally{Streak: 3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i := &Instance{addr: "a"}
			i.latency.observe(0, known, second)
			i.streak.Store(3)
			i.inFlight.Add(2)
			i.done(tt.outcome, time.Millisecond, tt.took, second)
			if got := i.latency.last(); got != tt.want {
				t.Errorf("latency %s, want %s", got, tt.want)
			}
			if got := i.Tally(); got != tt.tally || i.InFlight() != 1 {
				t.Errorf("%+v, %d in flight, want %+v, 1", got, i.InFlight(), tt.tally)
			}
		})
	}
	i := &Instance{}
	for range 100 {
		i.done(Failure, 0, 0, second)
	}
	if got := i.latency.last(); got != maxPenalty {
		t.Errorf("after a streak: %s, want %s", got, maxPenalty)
	}
}
