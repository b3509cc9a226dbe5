package health

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"tiffin/backends/upstream/balance"
	"tiffin/backends/upstream/call"
	"tiffin/fault"
)

// CheckerDeps are the collaborators of a Checker.
type CheckerDeps struct {
	Set *balance.Set
	// Transport carries the checks; see NewTransport. It is not that of the calls: a check that waits for a place in their pool, or finds
	// an old connection there, says nothing of the instance.
	Transport http.RoundTripper
	// Rand is uniform in [0, 1) and safe for concurrent use; it spreads the checks over time.
	Rand func() float64
	// Checked is told when checks take an instance out or bring it back; it may be nil. It is called by several goroutines.
	Checked func(Checked)
}

// Checked is an instance whose state by active checks has changed.
type Checked struct {
	Addr    string
	Healthy bool
	// Err is what the last check found wrong; nil where Healthy.
	Err error
}

// Checker asks each instance of a Set regularly how it is.
type Checker struct {
	cfg    ActiveConfig
	deps   CheckerDeps
	target url.URL
	host   string
}

// NewChecker returns a Checker that speaks to the instances as calls do, whose base path is not for checks; or all of
// [ActiveConfig.Validate]'s problems in one error.
func NewChecker(cfg ActiveConfig, spoken call.Target, deps CheckerDeps) (*Checker, error) {
	if err := join(cfg.Validate()); err != nil {
		return nil, err
	}
	if deps.Checked == nil {
		deps.Checked = func(Checked) {}
	}
	target, err := url.Parse(cfg.Path)
	if err != nil {
		return nil, err
	}
	target.Scheme = spoken.Scheme
	return &Checker{cfg, deps, *target, spoken.Host}, nil
}

func join(problems []fault.Invalid) error {
	errs := make([]error, len(problems))
	for n, p := range problems {
		errs[n] = p
	}
	return errors.Join(errs...)
}

// Run checks the instances until ctx ends, following the Set; then it returns when the checks in flight have. It returns at once where
// no path is configured. It is called once.
func (c *Checker) Run(ctx context.Context) {
	if c.cfg.Path == "" {
		return
	}
	var running sync.WaitGroup
	defer running.Wait()
	watched := map[*balance.Instance]context.CancelFunc{}
	for ctx.Err() == nil {
		news := c.deps.Set.News()
		c.follow(ctx, watched, &running)
		select {
		case <-news:
		case <-ctx.Done():
		}
	}
	for _, stop := range watched {
		stop()
	}
}

// follow starts to watch who is new and stops to watch who has left.
func (c *Checker) follow(ctx context.Context, watched map[*balance.Instance]context.CancelFunc, running *sync.WaitGroup) {
	instances := c.deps.Set.Instances()
	there := make(map[*balance.Instance]bool, len(instances))
	for _, instance := range instances {
		there[instance] = true
		if watched[instance] == nil {
			child, stop := context.WithCancel(ctx)
			watched[instance] = stop
			running.Go(func() { c.watch(child, instance) })
		}
	}
	for instance, stop := range watched {
		if !there[instance] {
			stop()
			delete(watched, instance)
		}
	}
}

// firstWithin is when a new instance is checked first, at the latest: soon, but not all at once.
const firstWithin = time.Second

// watch checks one instance until ctx ends.
func (c *Checker) watch(ctx context.Context, instance *balance.Instance) {
	timer := time.NewTimer(time.Duration(c.deps.Rand() * float64(min(firstWithin, c.cfg.Interval))))
	defer timer.Stop()
	state := state{healthy: true}
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		err := c.check(ctx, instance.Addr())
		if ctx.Err() != nil {
			return
		}
		if state.note(err == nil, c.cfg) && c.deps.Set.SetDown(instance, !state.healthy) {
			c.deps.Checked(Checked{Addr: instance.Addr(), Healthy: state.healthy, Err: err})
		}
		timer.Reset(c.pause())
	}
}

// jitter is the part of the interval by which it varies, so that checks do not fall into step with each other or with the work there.
const jitter = 0.2

func (c *Checker) pause() time.Duration {
	return time.Duration(float64(c.cfg.Interval) * (1 - jitter + 2*jitter*c.deps.Rand()))
}

// state is what the checks of one instance have shown.
type state struct {
	healthy bool
	// against is the number of checks in a row that contradict healthy.
	against int
}

// note takes a check's result and reports whether it changed healthy.
func (s *state) note(good bool, cfg ActiveConfig) bool {
	if good == s.healthy {
		s.against = 0
		return false
	}
	s.against++
	if good && s.against < cfg.HealthyAfter || !good && s.against < cfg.UnhealthyAfter {
		return false
	}
	s.healthy, s.against = good, 0
	return true
}
