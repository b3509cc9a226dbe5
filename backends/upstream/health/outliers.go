package health

import (
	"context"
	"sync"
	"time"

	"tiffin/backends/upstream/balance"
)

// OutliersDeps are the collaborators of Outliers. The hooks may be nil; they are called one at a time.
type OutliersDeps struct {
	Set *balance.Set
	// Ejected is told each ejection, by the goroutine of the attempt that caused it or of Run.
	Ejected func(Ejection)
	// Returned is told, within a second, that an ejection has ended.
	Returned func(addr string)
}

// Ejection is an instance taken out.
type Ejection struct {
	Addr   string
	Reason Reason
	// For is how long it lasts, Times how many there were lately, with this one.
	For   time.Duration
	Times int
}

// Reason is why an instance was ejected.
type Reason string

// The reasons.
const (
	Consecutive Reason = "consecutive failures"
	FailureRate Reason = "failure rate"
)

// Outliers ejects instances whose attempts fail again and again, or far more often than the others'. It is safe for concurrent use.
type Outliers struct {
	cfg  PassiveConfig
	deps OutliersDeps

	mu      sync.Mutex // held on failures and once in a second, never on a success
	records map[*balance.Instance]*record
}

// NewOutliers returns Outliers, or all of [PassiveConfig.Validate]'s problems in one error.
func NewOutliers(cfg PassiveConfig, deps OutliersDeps) (*Outliers, error) {
	if err := join(cfg.Validate()); err != nil {
		return nil, err
	}
	if deps.Ejected == nil {
		deps.Ejected = func(Ejection) {}
	}
	if deps.Returned == nil {
		deps.Returned = func(string) {}
	}
	return &Outliers{cfg: cfg, deps: deps, records: map[*balance.Instance]*record{}}, nil
}

// Observe is told how each attempt ended, after the instance's Tally has it; it is the hook of [balance.PositionDeps]. Cancelled
// attempts and successes cost nothing here.
func (o *Outliers) Observe(instance *balance.Instance, outcome balance.Outcome) {
	if o.cfg.Disabled || outcome != balance.Failure || o.cfg.Consecutive == 0 || instance.Tally().Streak < o.cfg.Consecutive {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.eject(instance, Consecutive)
}

// sweepInterval is how exactly the end of an ejection is told; the balancer itself is exact.
const sweepInterval = time.Second

// Run compares failure rates and tells the end of ejections until ctx ends. It is called once.
func (o *Outliers) Run(ctx context.Context) {
	if o.cfg.Disabled {
		return
	}
	// One ticker for both: two that fire in one instant, in one select, are more than Go's race detector bears in a synctest bubble
	// (golang.org/issue/78156).
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	window := int(o.cfg.Window / sweepInterval)
	for tick := 1; ; tick++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		o.sweep()
		if tick%window == 0 {
			o.compare()
		}
	}
}

// eject takes the instance out if that is allowed. The caller holds mu.
func (o *Outliers) eject(instance *balance.Instance, reason Reason) {
	r := o.record(instance)
	now := time.Now()
	times := r.lately(now, o.cfg.Ejection) + 1
	period := min(o.cfg.Ejection*time.Duration(times), o.cfg.MaxEjection)
	if !o.deps.Set.Eject(instance, period, o.cfg.MaxShare) {
		return
	}
	instance.Forgive()
	r.times, r.until, r.out = times, now.Add(period), true
	o.deps.Ejected(Ejection{Addr: instance.Addr(), Reason: reason, For: period, Times: times})
}

// sweep tells whose ejection has ended and forgets who has left.
func (o *Outliers) sweep() {
	o.mu.Lock()
	defer o.mu.Unlock()
	instances := o.deps.Set.Instances()
	records := make(map[*balance.Instance]*record, len(instances))
	for _, instance := range instances {
		r := o.record(instance)
		records[instance] = r
		if r.out && !time.Now().Before(r.until) {
			r.out = false
			o.deps.Returned(instance.Addr())
		}
	}
	o.records = records
}

func (o *Outliers) record(instance *balance.Instance) *record {
	r := o.records[instance]
	if r == nil {
		r = &record{}
		o.records[instance] = r
	}
	return r
}

// record is what is remembered of one instance.
type record struct {
	times int
	// until is when the last ejection ends; out says that this was not told yet.
	until time.Time
	out   bool
	// tally is that of the last window's end.
	tally balance.Tally
}

// lately is how many ejections still count: one less for each period that has passed since the last ended.
func (r *record) lately(now time.Time, period time.Duration) int {
	passed := max(now.Sub(r.until), 0) / period
	return max(r.times-int(min(passed, maxThreshold)), 0)
}
