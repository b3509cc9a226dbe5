package balance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tiffin/fault"
)

// Config says how attempts are spread over the instances of one service.
type Config struct {
	// Policy is p2c_ewma, round_robin, least_request, weighted or ring_hash [p2c_ewma].
	Policy string `enum:"p2c_ewma,round_robin,least_request,weighted,ring_hash" yaml:"policy"`
	// Zone is where this gateway runs, as discovery names it. Instances there are preferred, until they are too few or more than twice as
	// loaded as the others; empty prefers none [""].
	Zone string `yaml:"zone"`
	// SlowStart is how long an instance that is new or back takes to its full share, from a tenth of it; 0 gives it the full share at
	// once [10s].
	SlowStart time.Duration `yaml:"slow_start"`
	// HalfLife is how fast p2c_ewma forgets: after this time without a measurement a latency counts half [3s].
	HalfLife time.Duration `yaml:"half_life"`
	// PanicThreshold is the share of healthy instances, 0 to 1, below which health is ignored. With 0.3 one of three carries on alone; 0
	// ignores health only when nobody is healthy [0.3].
	PanicThreshold float64 `yaml:"panic_threshold"`
	// HashHeader names the request header that ring_hash keys by; requests without it, or all where it is empty, are keyed by path and
	// query [""].
	HashHeader string `yaml:"hash_header"`
}

// Defaults returns a Config that is complete.
func Defaults() Config {
	return Config{Policy: "p2c_ewma", SlowStart: 10 * time.Second, HalfLife: 3 * time.Second, PanicThreshold: 0.3}
}

// Validate reports every problem; none where [NewSet] accepts the Config.
func (c Config) Validate() []fault.Invalid {
	var problems []fault.Invalid
	report := func(wrong bool, path, reason, remedy string) {
		if wrong {
			problems = append(problems, fault.Invalid{Path: path, Reason: reason, Remedy: remedy})
		}
	}
	known := policies()
	report(known[c.Policy] == nil, "policy", "is not a policy",
		"write one of "+strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	report(c.SlowStart != 0 && (c.SlowStart < minSlowStart || c.SlowStart > maxSlowStart), "slow_start",
		fmt.Sprintf("is neither 0 nor %s to %s", minSlowStart, maxSlowStart), `write one such as "10s"`)
	report(c.HalfLife < minHalfLife, "half_life", fmt.Sprintf("is shorter than %s", minHalfLife), `write one such as "3s"`)
	report(!(c.PanicThreshold >= 0 && c.PanicThreshold <= 1), "panic_threshold", "is not a share from 0 to 1", "write one such as 0.3")
	report(c.HashHeader != "" && c.Policy != "ring_hash", "hash_header", "has no effect with this policy",
		"leave it out, or set policy to ring_hash")
	return problems
}

// Bounds of what can be configured.
const (
	minSlowStart = 100 * time.Millisecond
	maxSlowStart = time.Hour
	minHalfLife  = 10 * time.Millisecond
)
