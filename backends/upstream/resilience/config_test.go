package resilience_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"tiffin/backends/upstream/resilience"
)

func TestDefaultsAreValid(t *testing.T) {
	if problems := resilience.Defaults().Validate(); problems != nil {
		t.Error(problems)
	}
}

func TestValidate(t *testing.T) {
	for want, spoil := range map[string]func(*resilience.Config){
		"reads.attempt_timeout: is not 1ms to 5m0s":          func(c *resilience.Config) { c.Reads.AttemptTimeout = 0 },
		"reads.attempt_timeout: is longer than call_timeout": func(c *resilience.Config) { c.Reads.AttemptTimeout = time.Minute },
		"keyed_writes.call_timeout: is not 1ms to 5m0s":      func(c *resilience.Config) { c.KeyedWrites.CallTimeout = -1 },
		"keyed_writes.retries: is not 0 to 5":                func(c *resilience.Config) { c.KeyedWrites.Retries = 6 },
		"reads.retries: is not 0 to 5":                       func(c *resilience.Config) { c.Reads.Retries = -1 },
		"writes.retries: would do a write twice":             func(c *resilience.Config) { c.Writes.Retries = 1 },
		"deadline_header: is not the name of a header":       func(c *resilience.Config) { c.DeadlineHeader = "X-Time: 1" },
		"max_body: is not 1 to 1073741824":                   func(c *resilience.Config) { c.MaxBody = 0 },
		"bulkhead.concurrent: is not 1 to 100000":            func(c *resilience.Config) { c.Bulkhead.Concurrent = 0 },
		"bulkhead.queue: is not 0 to 100000":                 func(c *resilience.Config) { c.Bulkhead.Queue = -1 },
		"retry.backoff: is not 1ms to 1s":                    func(c *resilience.Config) { c.Retry.Backoff = time.Minute },
		"retry.budget: is not a share from 0 to 1":           func(c *resilience.Config) { c.Retry.Budget = math.NaN() },
		"retry.min_per_second: is not 0 to 1000":             func(c *resilience.Config) { c.Retry.MinPerSecond = math.Inf(1) },
		"hedge.delay: is not 0s to 5m0s":                     func(c *resilience.Config) { c.Hedge.Delay = -1 },
		"hedge.quantile: is neither 0 nor a share below 1":   func(c *resilience.Config) { c.Hedge.Quantile = 1 },
		"hedge.quantile: is set beside delay":                func(c *resilience.Config) { c.Hedge = resilience.HedgeConfig{Delay: 1, Quantile: 0.9} },
		"breaker.window: is not 1s to 10m0s":                 func(c *resilience.Config) { c.Breaker.Window = 0 },
		"breaker.calls: is not 1 to 100000":                  func(c *resilience.Config) { c.Breaker.Calls = 0 },
		"breaker.failures: is not a share above 0":           func(c *resilience.Config) { c.Breaker.Failures = 0 },
		"breaker.slow: is not a share above 0":               func(c *resilience.Config) { c.Breaker.Slow = 1.1 },
		"breaker.open: is longer than max_open":              func(c *resilience.Config) { c.Breaker.Open = 2 * time.Minute },
		"breaker.max_open: is not 1ms to 1h0m0s":             func(c *resilience.Config) { c.Breaker.MaxOpen = 2 * time.Hour },
		"breaker.probes: is not 1 to 100":                    func(c *resilience.Config) { c.Breaker.Probes = 0 },
	} {
		cfg := resilience.Defaults()
		spoil(&cfg)
		problems := cfg.Validate()
		_, err := resilience.New(cfg, resilience.Deps{})
		if len(problems) != 1 || !strings.HasPrefix(problems[0].Error(), want) || problems[0].Remedy == "" || !errors.Is(err, problems[0]) {
			t.Errorf("%v, New: %v, want %q", problems, err, want)
		}
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	if got := len(resilience.Config{}.Validate()); got < 10 {
		t.Errorf("%d problems of an empty Config", got)
	}
}
