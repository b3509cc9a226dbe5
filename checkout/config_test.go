package checkout

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestDefaultsAreValid(t *testing.T) {
	if problems := Defaults().Validate(); len(problems) > 0 {
		t.Errorf("problems = %v", problems)
	}
}

func TestValidate(t *testing.T) {
	for path, edit := range map[string]func(c *Config){
		"min_confidence":  func(c *Config) { c.MinConfidence = math.NaN() },
		"reply_within":    func(c *Config) { c.ReplyWithin = 0 },
		"pending_retry":   func(c *Config) { c.PendingRetry = 2 * time.Minute },
		"forward_budget":  func(c *Config) { c.ForwardBudget = -time.Second },
		"call_timeout":    func(c *Config) { c.CallTimeout = time.Hour },
		"backoff_base":    func(c *Config) { c.BackoffBase = 0 },
		"backoff_forward": func(c *Config) { c.BackoffForward = c.BackoffBase / 2 },
		"backoff_max":     func(c *Config) { c.BackoffMax = c.BackoffForward / 2 },
		"action_expiry":   func(c *Config) { c.ActionExpiry = time.Second },
		"sweep_every":     func(c *Config) { c.SweepEvery = 0 },
		"max_running":     func(c *Config) { c.MaxRunning = 0 },
		"secrets[0].key":  func(c *Config) { c.Secrets = []Secret{{"a", "short"}} },
		"secrets[0].id":   func(c *Config) { c.Secrets = []Secret{{"a:b", strings.Repeat("k", 32)}} },
		"secrets[1].id": func(c *Config) {
			c.Secrets = []Secret{{"a", strings.Repeat("k", 32)}, {"a", strings.Repeat("l", 32)}}
		},
	} {
		c := Defaults()
		edit(&c)
		problems := c.Validate()
		if len(problems) != 1 || problems[0].Path != path || problems[0].Remedy == "" {
			t.Errorf("%s: problems = %v; want this one, with a remedy", path, problems)
		}
	}
}

// The waits double up to their bound, and never overflow.
func TestBackoff(t *testing.T) {
	f := New(Defaults(), Deps{})
	for attempt, most := range map[int]time.Duration{1: 100 * time.Millisecond, 3: 400 * time.Millisecond, 20: time.Second, 1 << 30: time.Second} {
		longest := time.Duration(0)
		for range 1000 {
			longest = max(longest, f.backoff(attempt, time.Second))
		}
		if longest > most || longest < most/2 {
			t.Errorf("attempt %d: the longest of 1000 waits = %v; want just below %v", attempt, longest, most)
		}
	}
}
