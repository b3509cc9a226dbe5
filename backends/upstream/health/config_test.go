package health

import (
	"math"
	"strings"
	"testing"

	"tiffin/backends/upstream/call"
)

func TestConfig(t *testing.T) {
	for want, spoil := range map[string]func(*Config){
		"":                                     func(c *Config) { c.Active.Path = "/healthz?deep=1" },
		"active.path: is not a path; write":    func(c *Config) { c.Active.Path = "healthz" },
		"active.path: is not":                  func(c *Config) { c.Active.Path = "//elsewhere/x" },
		"active.path: is":                      func(c *Config) { c.Active.Path = "http://elsewhere/x" },
		"active.timeout: is not between 0 and": func(c *Config) { c.Active.Timeout = c.Active.Interval + 1 },
		"active.timeout: is not between 0":     func(c *Config) { c.Active.Timeout = 0 },
		"active.interval: is shorter than 100": func(c *Config) { c.Active.Interval, c.Active.Timeout = 1, 1 },
		"active.unhealthy_after: is not 1 to":  func(c *Config) { c.Active.UnhealthyAfter = 0 },
		"active.healthy_after: is not 1 to":    func(c *Config) { c.Active.HealthyAfter = 1001 },
		"passive.consecutive: is not 0 to":     func(c *Config) { c.Passive.Consecutive = -1 },
		"passive.window: is shorter than":      func(c *Config) { c.Passive.Window = 0 },
		"passive.min_calls: is less than 1":    func(c *Config) { c.Passive.MinCalls = 0 },
		"passive.excess: is not above 0":       func(c *Config) { c.Passive.Excess = math.NaN() },
		"passive.ejection: is shorter than":    func(c *Config) { c.Passive.Ejection = 0 },
		"passive.max_ejection: is shorter":     func(c *Config) { c.Passive.MaxEjection = 1 },
		"passive.max_share: is not a share":    func(c *Config) { c.Passive.MaxShare = 1.1 },
	} {
		cfg := Defaults()
		spoil(&cfg)
		problems := cfg.Validate()
		_, active := NewChecker(cfg.Active, call.Target{Scheme: "http"}, CheckerDeps{})
		_, passive := NewOutliers(cfg.Passive, OutliersDeps{})
		if want == "" {
			if len(problems) > 0 || active != nil || passive != nil {
				t.Errorf("%v, %v, %v", problems, active, passive)
			}
			continue
		}
		if len(problems) != 1 || !strings.HasPrefix(problems[0].Error(), want) || (active == nil) == (passive == nil) {
			t.Errorf("%v, %v, %v, want %q", problems, active, passive, want)
		}
	}
}
