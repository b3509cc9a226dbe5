package resilience

import (
	"fmt"
	"strings"
	"time"

	"tiffin/fault"
)

// Bounds of what can be configured.
const (
	maxTimeout    = 5 * time.Minute
	maxRetries    = 5
	maxConcurrent = 100_000
	maxMaxBody    = 1 << 30
	minWindow     = time.Second
	maxWindow     = 10 * time.Minute
	maxOpen       = time.Hour
	maxProbes     = 100
	maxCalls      = 100_000
)

// problems collects what is wrong.
type problems []fault.Invalid

func (p *problems) unless(ok bool, path, reason, remedy string) {
	if !ok {
		*p = append(*p, fault.Invalid{Path: path, Reason: reason, Remedy: remedy})
	}
}

// within wants a number, or a duration, from low to high.
func within[T int | int64 | time.Duration](p *problems, path string, value, low, high T) {
	p.unless(value >= low && value <= high, path, fmt.Sprintf("is not %v to %v", low, high), "write a value between")
}

// share wants a number from low to 1; not-a-number is none.
func (p *problems) share(path string, value float64, zero bool) {
	if zero {
		p.unless(value >= 0 && value <= 1, path, "is not a share from 0 to 1", "write one such as 0.2")
		return
	}
	p.unless(value > 0 && value <= 1, path, "is not a share above 0, up to 1", "write one such as 0.5")
}

// notInName is narrower than a token (RFC 9110, section 5.6.2): names of other letters are mistakes.
func notInName(r rune) bool {
	return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// Validate reports every problem; none where [New] accepts the Config.
func (c Config) Validate() []fault.Invalid {
	var p problems
	p = append(p, fault.Under("reads", c.Reads.validate())...)
	p = append(p, fault.Under("keyed_writes", c.KeyedWrites.validate())...)
	p = append(p, fault.Under("writes", c.Writes.validate())...)
	p.unless(c.Writes.Retries <= 0, "writes.retries", "would do a write twice that has no key", "leave it out; keyed writes may have retries")
	p.unless(!strings.ContainsFunc(c.DeadlineHeader, notInName), "deadline_header",
		"is not the name of a header", `write one such as "X-Request-Timeout-Ms", or "" to send none`)
	within(&p, "max_body", c.MaxBody, 1, maxMaxBody)
	p = append(p, fault.Under("bulkhead", c.Bulkhead.validate())...)
	p = append(p, fault.Under("retry", c.Retry.validate())...)
	p = append(p, fault.Under("hedge", c.Hedge.validate())...)
	return append(p, fault.Under("breaker", c.Breaker.validate())...)
}

func (o Operation) validate() []fault.Invalid {
	var p problems
	within(&p, "attempt_timeout", o.AttemptTimeout, time.Millisecond, maxTimeout)
	within(&p, "call_timeout", o.CallTimeout, time.Millisecond, maxTimeout)
	p.unless(o.AttemptTimeout <= o.CallTimeout || o.CallTimeout <= 0, "attempt_timeout",
		"is longer than call_timeout, which would cut every attempt short", "shorten it, or lengthen call_timeout")
	within(&p, "retries", o.Retries, 0, maxRetries)
	return p
}

func (c BulkheadConfig) validate() []fault.Invalid {
	var p problems
	within(&p, "concurrent", c.Concurrent, 1, maxConcurrent)
	within(&p, "queue", c.Queue, 0, maxConcurrent)
	return p
}

func (c RetryConfig) validate() []fault.Invalid {
	var p problems
	within(&p, "backoff", c.Backoff, time.Millisecond, maxBackoff)
	p.share("budget", c.Budget, true)
	p.unless(c.MinPerSecond >= 0 && c.MinPerSecond <= 1000, "min_per_second", "is not 0 to 1000", "write one such as 2")
	return p
}

func (c HedgeConfig) validate() []fault.Invalid {
	var p problems
	within(&p, "delay", c.Delay, 0, maxTimeout)
	p.unless(c.Quantile >= 0 && c.Quantile < 1, "quantile", "is neither 0 nor a share below 1", "write one such as 0.95")
	p.unless(c.Delay == 0 || c.Quantile == 0, "quantile", "is set beside delay, and both say when to hedge", "keep one of them")
	return p
}

func (c BreakerConfig) validate() []fault.Invalid {
	var p problems
	within(&p, "window", c.Window, minWindow, maxWindow)
	within(&p, "calls", c.Calls, 1, maxCalls)
	p.share("failures", c.Failures, false)
	p.share("slow", c.Slow, false)
	within(&p, "open", c.Open, time.Millisecond, maxOpen)
	within(&p, "max_open", c.MaxOpen, time.Millisecond, maxOpen)
	p.unless(c.Open <= c.MaxOpen, "open", "is longer than max_open", "shorten it, or lengthen max_open")
	within(&p, "probes", c.Probes, 1, maxProbes)
	return p
}
