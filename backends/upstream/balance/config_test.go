package balance

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestConfig(t *testing.T) {
	for want, spoil := range map[string]func(*Config){
		"": func(*Config) {},
		"policy: is not a policy; write one of least_request, p2c_ewma, ring_hash, round_robin, weighted": func(c *Config) { c.Policy = "random" },
		"slow_start: is neither 0 nor 100ms to 1h0m0s":                                                    func(c *Config) { c.SlowStart = 1 },
		"slow_start: is neither":                      func(c *Config) { c.SlowStart = 2 * time.Hour },
		"half_life: is shorter than 10ms":             func(c *Config) { c.HalfLife = 0 },
		"panic_threshold: is not a share from 0 to 1": func(c *Config) { c.PanicThreshold = math.NaN() },
		"panic_threshold: is not":                     func(c *Config) { c.PanicThreshold = 1.1 },
		"hash_header: has no effect with this policy; leave it out, or set policy to ring_hash": func(c *Config) { c.HashHeader = "X" },
	} {
		cfg := Defaults()
		spoil(&cfg)
		problems := cfg.Validate()
		_, err := NewSet(cfg, Deps{})
		if want == "" {
			if problems != nil || err != nil {
				t.Errorf("%v, %v", problems, err)
			}
			continue
		}
		if len(problems) != 1 || !strings.HasPrefix(problems[0].Error(), want) || err == nil || err.Error() != problems[0].Error() {
			t.Errorf("%v, %v, want %q", problems, err, want)
		}
	}
	if got := len(Config{SlowStart: -1, PanicThreshold: -1}.Validate()); got != 4 {
		t.Errorf("%d problems at once, want 4", got)
	}
}
