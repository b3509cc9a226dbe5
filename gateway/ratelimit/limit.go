package ratelimit

import (
	"math"
	"time"

	"tiffin/fault"
)

// Limit admits Burst at once, and one more each Every.
type Limit struct {
	// Disabled switches the limit off.
	Disabled bool `yaml:"disabled"`
	// Burst is how many are admitted at once by whom has not asked for a while; 1 to 1e9.
	Burst int `yaml:"burst"`
	// Every is how long it takes until one more is admitted. Burst × Every is at most 30 days.
	Every time.Duration `yaml:"every"`
}

const (
	maxBurst  = 1e9
	maxWindow = 30 * 24 * time.Hour
)

// window is how long it takes from nothing to the whole burst.
func (l Limit) window() time.Duration { return time.Duration(l.Burst) * l.Every }

// share is the limit of one gateway of so many.
func (l Limit) share(gateways int) Limit {
	l.Burst = max(1, l.Burst/gateways)
	l.Every *= time.Duration(gateways)
	return l
}

// or is standard where l says nothing, with its gaps filled in where it says something.
func (l Limit) or(standard Limit) Limit {
	if l == (Limit{}) {
		return standard
	}
	if l.Burst == 0 {
		l.Burst = standard.Burst
	}
	if l.Every == 0 {
		l.Every = standard.Every
	}
	return l
}

func (l Limit) validate() []fault.Invalid {
	var problems []fault.Invalid
	if l.Burst < 1 || l.Burst > maxBurst {
		problems = append(problems, fault.Invalid{Path: "burst", Reason: "is not between 1 and 1000000000", Remedy: "say how many are admitted at once, such as 100"})
	}
	if l.Every <= 0 {
		problems = append(problems, fault.Invalid{Path: "every", Reason: "is not above 0", Remedy: "say after how long one more is admitted, such as 20ms"})
	}
	if problems == nil && float64(l.Burst)*float64(l.Every) > float64(maxWindow) {
		problems = append(problems, fault.Invalid{Reason: "takes longer than 30 days to fill up", Remedy: "make burst or every smaller"})
	}
	return problems
}

// Decision is what a limit says about one request.
type Decision struct {
	Allowed bool
	// Remaining is how many more would be admitted now.
	Remaining int
	// RetryAfter is when the same can be admitted; 0 where it was.
	RetryAfter time.Duration
	// ResetAfter is when the whole burst is there again, if nothing is asked for until then.
	ResetAfter time.Duration
}

// next is how long it takes until one more would be admitted than Remaining; 0 where that is the whole burst.
func (l Limit) next(d Decision) time.Duration {
	missing := l.Burst - d.Remaining
	if missing <= 0 {
		return 0
	}
	return min(max(0, d.ResetAfter-time.Duration(missing-1)*l.Every), l.Every)
}

// The state of GCRA is one time, when everything that was admitted will have been paid for (the theoretical arrival time, tat); in
// the past, or 0, where nothing is owed. Times are nanoseconds of one clock.

// take admits n at the time now, or not. n above the burst counts as the burst, so that it can be admitted at all.
func (l Limit) take(tat, now int64, n int) (int64, Decision) {
	every, window := int64(l.Every), int64(l.window())
	tat = max(tat, now)
	after := tat + int64(min(n, l.Burst))*every
	if wait := after - window - now; wait > 0 {
		return tat, Decision{Remaining: int((now + window - tat) / every), RetryAfter: time.Duration(wait), ResetAfter: time.Duration(tat - now)}
	}
	return after, Decision{Allowed: true, Remaining: int((now + window - after) / every), ResetAfter: time.Duration(after - now)}
}

// adjust gives n back, or where n is negative takes as many of them as there are.
func (l Limit) adjust(tat, now int64, n int) int64 {
	n = min(max(n, -l.Burst), l.Burst)
	return max(now, min(max(tat, now)-int64(n)*int64(l.Every), now+int64(l.window())))
}

// seconds is d in whole seconds, rounded up: nobody shall come too early.
func seconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }
