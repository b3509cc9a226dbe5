package resilience

import "time"

// Config says how calls to one service are protected.
type Config struct {
	// Reads bounds what changes nothing [1s, 2s, 2 retries].
	Reads Operation `yaml:"reads"`
	// KeyedWrites bounds writes with an Idempotency-Key. Giving up on one leaves the caller with a question, so it may take longer
	// [5s, 10s, 2 retries, if the service honours keys].
	KeyedWrites Operation `yaml:"keyed_writes"`
	// Writes bounds all others [1s, 2s, 0 retries; there cannot be any].
	Writes Operation `yaml:"writes"`
	// DeadlineHeader is the request header that tells the service how many milliseconds it has, per attempt; empty sends none. The default
	// is Envoy's, because it is documented for plain HTTP with exactly this meaning and is read where a service runs behind a sidecar:
	// RFC 7240's "Prefer: wait" counts whole seconds, grpc-timeout and Connect-Timeout-Ms belong to their protocols
	// [X-Envoy-Expected-Rq-Timeout-Ms].
	DeadlineHeader string `yaml:"deadline_header"`
	// MaxBody bounds an answer's body, in bytes [4 MiB].
	MaxBody int64 `yaml:"max_body"`

	Bulkhead BulkheadConfig `yaml:"bulkhead"`
	Retry    RetryConfig    `yaml:"retry"`
	Hedge    HedgeConfig    `yaml:"hedge"`
	Breaker  BreakerConfig  `yaml:"breaker"`
}

// Operation bounds the calls of one kind.
type Operation struct {
	// AttemptTimeout bounds one exchange with one instance: connect, send, wait, read the body.
	AttemptTimeout time.Duration `yaml:"attempt_timeout"`
	// CallTimeout bounds the call with all its attempts and the waiting between and before them.
	CallTimeout time.Duration `yaml:"call_timeout"`
	// Retries is how many attempts may follow the first.
	Retries int `yaml:"retries"`
}

// BulkheadConfig bounds how many calls there are at once.
type BulkheadConfig struct {
	// Concurrent is how many calls are under way at the same time [256].
	Concurrent int `yaml:"concurrent"`
	// Queue is how many more wait for their turn; the next is refused at once. 0 lets none wait [256].
	Queue int `yaml:"queue"`
}

// RetryConfig says when an attempt is repeated, and how many may be.
type RetryConfig struct {
	// Backoff is the base of the wait before a retry: before the n-th it is random between 0 and Backoff × 2^(n-1) ("full jitter"), at
	// most 1 s [25ms].
	Backoff time.Duration `yaml:"backoff"`
	// Budget is the share of calls, 0 to 1, that retries and hedges may come to in any 10 s [0.2].
	Budget float64 `yaml:"budget"`
	// MinPerSecond is how many retries and hedges are allowed where that share is less, so that a service with few calls has some: 10 times
	// that in any 10 s [2].
	MinPerSecond float64 `yaml:"min_per_second"`
}

// HedgeConfig says when a read gets a second attempt beside the first. It is off while both are 0.
type HedgeConfig struct {
	// Delay is how long the first attempt may take before the second starts [0].
	Delay time.Duration `yaml:"delay"`
	// Quantile, above 0 and below 1, sets the delay to what this share of the recent reads took at most, 0.95 for instance, once 20 have
	// been seen [0].
	Quantile float64 `yaml:"quantile"`
}

func (c HedgeConfig) off() bool { return c.Delay == 0 && c.Quantile == 0 }

// BreakerConfig says when an instance is left alone, and for how long.
type BreakerConfig struct {
	// Window is the time that is looked at [10s].
	Window time.Duration `yaml:"window"`
	// Calls is how many attempts there must be in it before it says anything [20].
	Calls int `yaml:"calls"`
	// Failures is the share of those, above 0 to 1, that failed or were slow, at which the breaker opens [0.5].
	Failures float64 `yaml:"failures"`
	// Slow is the share of its kind's AttemptTimeout, above 0 to 1, from which on an answer is slow. It counts as failed where the other
	// instances have given Calls answers in the window of which at most half as large a share as Failures was slow: when all are slow, none
	// of them is to blame. 1 lets none be slow, for a longer one is out of time [0.8].
	Slow float64 `yaml:"slow"`
	// Open is how long the breaker stays open the first time; each time the probes fail it is twice as long, if other instances have served
	// in the meantime [5s].
	Open time.Duration `yaml:"open"`
	// MaxOpen bounds that [60s].
	MaxOpen time.Duration `yaml:"max_open"`
	// Probes is how many attempts are let through after that. If all succeed, the breaker closes; if one fails, it opens again [3].
	Probes int `yaml:"probes"`
}

// Defaults returns a Config that is complete.
func Defaults() Config {
	return Config{
		Reads:          Operation{AttemptTimeout: time.Second, CallTimeout: 2 * time.Second, Retries: 2},
		KeyedWrites:    Operation{AttemptTimeout: 5 * time.Second, CallTimeout: 10 * time.Second, Retries: 2},
		Writes:         Operation{AttemptTimeout: time.Second, CallTimeout: 2 * time.Second},
		DeadlineHeader: "X-Envoy-Expected-Rq-Timeout-Ms",
		MaxBody:        4 << 20,
		Bulkhead:       BulkheadConfig{Concurrent: 256, Queue: 256},
		Retry:          RetryConfig{Backoff: 25 * time.Millisecond, Budget: 0.2, MinPerSecond: 2},
		Breaker: BreakerConfig{
			Window: 10 * time.Second, Calls: 20, Failures: 0.5, Slow: 0.8,
			Open: 5 * time.Second, MaxOpen: time.Minute, Probes: 3,
		},
	}
}
