package health

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"tiffin/fault"
)

// Config says how the health of instances is known.
type Config struct {
	Active  ActiveConfig  `yaml:"active"`
	Passive PassiveConfig `yaml:"passive"`
}

// ActiveConfig says what instances are asked, and how often.
type ActiveConfig struct {
	// Path is asked with GET on each instance, such as /healthz; a status of 2xx is good. It is the whole path: the service's base path is
	// not put in front. Empty turns active checks off [""].
	Path string `yaml:"path"`
	// Interval is the time from one check of an instance to the next, give or take a fifth [10s].
	Interval time.Duration `yaml:"interval"`
	// Timeout bounds a check: connect, ask, wait for the status [1s].
	Timeout time.Duration `yaml:"timeout"`
	// UnhealthyAfter is how many bad checks in a row take an instance out [3].
	UnhealthyAfter int `yaml:"unhealthy_after"`
	// HealthyAfter is how many good checks in a row bring it back [1].
	HealthyAfter int `yaml:"healthy_after"`
}

// PassiveConfig says when the traffic itself takes an instance out.
type PassiveConfig struct {
	// Disabled turns passive ejection off [false].
	Disabled bool `yaml:"disabled"`
	// Consecutive failures eject an instance; 0 turns this rule off [5].
	Consecutive int `yaml:"consecutive"`
	// Window is the period over which failure rates are compared, in whole seconds [10s].
	Window time.Duration `yaml:"window"`
	// MinCalls is how many calls the instance, and all others together, need within a window to be compared [20].
	MinCalls int `yaml:"min_calls"`
	// Excess is how far, 0 to 1, a failure rate lies above that of the others together where it ejects; 1 turns this rule off. With 0.3
	// an instance with 35 % failures is out if the others have 4 %, and stays if they have 10 % [0.3].
	Excess float64 `yaml:"excess"`
	// Ejection is how long the first ejection lasts, the second twice as long, the third three times. Each such period without an
	// ejection takes one back [30s].
	Ejection time.Duration `yaml:"ejection"`
	// MaxEjection bounds its growth [5m].
	MaxEjection time.Duration `yaml:"max_ejection"`
	// MaxShare of the instances, 0 to 1, may be unhealthy by an ejection [0.5].
	MaxShare float64 `yaml:"max_share"`
}

// Defaults returns a Config that is complete: passive ejection is on; active checks need a path.
func Defaults() Config {
	return Config{
		Active: ActiveConfig{Interval: 10 * time.Second, Timeout: time.Second, UnhealthyAfter: 3, HealthyAfter: 1},
		Passive: PassiveConfig{
			Consecutive: 5, Window: 10 * time.Second, MinCalls: 20, Excess: 0.3,
			Ejection: 30 * time.Second, MaxEjection: 5 * time.Minute, MaxShare: 0.5,
		},
	}
}

// Bounds of what can be configured.
const (
	minInterval  = 100 * time.Millisecond
	maxThreshold = 1000
)

// Validate reports every problem; none where [NewChecker] and [NewOutliers] accept the parts.
func (c Config) Validate() []fault.Invalid {
	return append(fault.Under("active", c.Active.Validate()), fault.Under("passive", c.Passive.Validate())...)
}

// Validate reports every problem.
func (c ActiveConfig) Validate() []fault.Invalid {
	var p problems
	p.report(!isPath(c.Path), "path", "is not a path", `write one such as "/healthz"`)
	p.atLeast("interval", c.Interval, minInterval)
	p.report(c.Timeout <= 0 || c.Timeout > c.Interval, "timeout", "is not between 0 and interval", `write one such as "1s"`)
	p.count("unhealthy_after", c.UnhealthyAfter, 1)
	p.count("healthy_after", c.HealthyAfter, 1)
	return p
}

// Validate reports every problem.
func (c PassiveConfig) Validate() []fault.Invalid {
	var p problems
	p.count("consecutive", c.Consecutive, 0)
	p.atLeast("window", c.Window, sweepInterval)
	p.report(c.MinCalls < 1, "min_calls", "is less than 1", "write a number such as 20")
	p.report(!(c.Excess > 0 && c.Excess <= 1), "excess", "is not above 0 and at most 1", "write one such as 0.3")
	p.atLeast("ejection", c.Ejection, minInterval)
	p.report(c.MaxEjection < c.Ejection, "max_ejection", "is shorter than ejection", `write one such as "5m"`)
	p.report(!(c.MaxShare >= 0 && c.MaxShare <= 1), "max_share", "is not a share from 0 to 1", "write one such as 0.5")
	return p
}

// isPath accepts an absolute path with an optional query, and "" for none.
func isPath(text string) bool {
	if text == "" {
		return true
	}
	u, err := url.ParseRequestURI(text)
	return err == nil && u.Host == "" && strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "//")
}

// problems gathers what is wrong.
type problems []fault.Invalid

func (p *problems) report(wrong bool, path, reason, remedy string) {
	if wrong {
		*p = append(*p, fault.Invalid{Path: path, Reason: reason, Remedy: remedy})
	}
}

func (p *problems) atLeast(path string, value, least time.Duration) {
	p.report(value < least, path, fmt.Sprintf("is shorter than %s", least), `write one such as "10s"`)
}

func (p *problems) count(path string, value, least int) {
	p.report(value < least || value > maxThreshold, path, fmt.Sprintf("is not %d to %d", least, maxThreshold), "write a small number such as 5")
}
