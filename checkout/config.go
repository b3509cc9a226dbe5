package checkout

import (
	"fmt"
	"time"

	"tiffin/fault"
)

// Config is how patient the checkout is, and how much it takes on. The defaults stand in brackets.
type Config struct {
	// MinConfidence is the least confidence of an address that is good enough to deliver to, 0 to 1 [0.7].
	MinConfidence float64 `yaml:"min_confidence"`
	// ReplyWithin is how long Place and Placement wait for an order that is on its way before they answer OrderPending [8s]. It
	// must be less than the deadline of the operation at the edge.
	ReplyWithin time.Duration `yaml:"reply_within"`
	// PendingRetry is what OrderPending tells the client to wait before it asks again [1s].
	PendingRetry time.Duration `yaml:"pending_retry"`
	// ForwardBudget is how long, over all steps before the capture, an order waits for services that give no definite answer
	// before it is undone [15s].
	ForwardBudget time.Duration `yaml:"forward_budget"`
	// CallTimeout bounds one call to a service [10s]. The client chain has tighter bounds of its own.
	CallTimeout time.Duration `yaml:"call_timeout"`
	// BackoffBase is the wait before the second attempt at the most; it doubles with each attempt, with full jitter [100ms].
	BackoffBase time.Duration `yaml:"backoff_base"`
	// BackoffForward bounds the wait before the capture, when the customer is waiting too, and towards the journal [1s].
	BackoffForward time.Duration `yaml:"backoff_forward"`
	// BackoffMax bounds the wait where giving up is no choice: from the capture on, and when undoing [30s].
	BackoffMax time.Duration `yaml:"backoff_max"`
	// ActionExpiry bounds how long a customer has to do what the bank wants; the bank may allow less [10m].
	ActionExpiry time.Duration `yaml:"action_expiry"`
	// SweepEvery is how often the journal is searched for orders that nobody drives [2.5s].
	SweepEvery time.Duration `yaml:"sweep_every"`
	// ReconcileEvery is how often the order service is asked for unsettled orders that the journal does not know [1h].
	ReconcileEvery time.Duration `yaml:"reconcile_every"`
	// ReconcileAfter is how long such an order must have been left alone: longer than any call can be on its way [15m].
	ReconcileAfter time.Duration `yaml:"reconcile_after"`
	// MaxRunning is how many orders are driven at once; one more is answered with ORDER_NOT_STARTED [256].
	MaxRunning int `yaml:"max_running"`
	// Secrets protect what the journal keeps of requests. The first one is used, all are recognised: to replace one, put the new one in
	// front, and take the old one away when no row of its time is left. Empty means a random one, which is right only for a journal that
	// dies with the process.
	Secrets []Secret `yaml:"secrets"`
	// Promises are what the services declare; they stand with each service.
	Promises PromisesOf `yaml:"-"`
}

// Defaults are safe for a customer who waits and services that answer within a second.
func Defaults() Config {
	return Config{
		MinConfidence:  0.7,
		ReplyWithin:    8 * time.Second,
		PendingRetry:   time.Second,
		ForwardBudget:  15 * time.Second,
		CallTimeout:    10 * time.Second,
		BackoffBase:    100 * time.Millisecond,
		BackoffForward: time.Second,
		BackoffMax:     30 * time.Second,
		ActionExpiry:   10 * time.Minute,
		SweepEvery:     2500 * time.Millisecond,
		ReconcileEvery: time.Hour,
		ReconcileAfter: 15 * time.Minute,
		MaxRunning:     256,
		Promises:       defaultPromisesOf(),
	}
}

// Validate reports all that is wrong.
func (c Config) Validate() []fault.Invalid {
	var problems []fault.Invalid
	refuse := func(path, reason, remedy string) {
		problems = append(problems, fault.Invalid{Path: path, Reason: reason, Remedy: remedy})
	}
	if !(c.MinConfidence >= 0 && c.MinConfidence <= 1) {
		refuse("min_confidence", "is out of range", "give a number from 0 to 1, such as 0.7")
	}
	for _, d := range c.durations() {
		if d.value < d.least || d.value > d.most {
			refuse(d.path, "is out of range", fmt.Sprintf("give a duration from %v to %v", d.least, d.most))
		}
	}
	if c.MaxRunning < 1 || c.MaxRunning > 100_000 {
		refuse("max_running", "is out of range", "give a number from 1 to 100000")
	}
	return append(problems, checkSecrets(c.Secrets)...)
}

type boundedDuration struct {
	path               string
	value, least, most time.Duration
}

func (c Config) durations() []boundedDuration {
	return []boundedDuration{
		{"reply_within", c.ReplyWithin, 100 * time.Millisecond, time.Minute},
		{"pending_retry", c.PendingRetry, 100 * time.Millisecond, time.Minute},
		{"forward_budget", c.ForwardBudget, time.Second, 10 * time.Minute},
		{"call_timeout", c.CallTimeout, 100 * time.Millisecond, 5 * time.Minute},
		{"backoff_base", c.BackoffBase, time.Millisecond, 10 * time.Second},
		{"backoff_forward", c.BackoffForward, c.BackoffBase, time.Minute},
		{"backoff_max", c.BackoffMax, c.BackoffForward, 10 * time.Minute},
		{"action_expiry", c.ActionExpiry, time.Minute, 24 * time.Hour},
		{"sweep_every", c.SweepEvery, 100 * time.Millisecond, time.Minute},
		{"reconcile_every", c.ReconcileEvery, time.Minute, 7 * 24 * time.Hour},
		{"reconcile_after", c.ReconcileAfter, mostInFlight, 24 * time.Hour},
	}
}
