package health

import (
	"cmp"
	"slices"

	"tiffin/backends/upstream/balance"
)

// sample is an instance's calls and failures within one window.
type sample struct {
	instance        *balance.Instance
	calls, failures float64
}

// compare ends a window: it ejects whose failure rate lies far above that of the others together.
func (o *Outliers) compare() {
	o.mu.Lock()
	defer o.mu.Unlock()
	samples := o.samples()
	for _, s := range outlying(samples, o.cfg) {
		o.eject(s.instance, FailureRate)
	}
}

// samples are the differences of the tallies since the last window. The caller holds mu.
func (o *Outliers) samples() []sample {
	var out []sample
	for _, instance := range o.deps.Set.Instances() {
		r := o.record(instance)
		now := instance.Tally()
		out = append(out, sample{instance, float64(now.Calls - r.tally.Calls), float64(now.Failures - r.tally.Failures)})
		r.tally = now
	}
	return out
}

// outlying returns the samples whose failure rate exceeds that of all others together by more than cfg.Excess, where both have enough
// calls to tell; the worst first, since not all of them may be ejected. An instance is compared with the others alone: with a few
// instances it would shift a mean of all towards itself.
func outlying(samples []sample, cfg PassiveConfig) []sample {
	var all sample
	for _, s := range samples {
		all.calls += s.calls
		all.failures += s.failures
	}
	least := float64(cfg.MinCalls)
	var out []sample
	for _, s := range samples {
		others := sample{calls: all.calls - s.calls, failures: all.failures - s.failures}
		if s.calls >= least && others.calls >= least && s.rate()-others.rate() > cfg.Excess {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b sample) int { return cmp.Compare(b.rate(), a.rate()) })
	return out
}

func (s sample) rate() float64 { return s.failures / s.calls }
