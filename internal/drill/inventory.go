package drill

import (
	"context"
	"time"
)

// The instances of inventory that fail, and how much longer the slow one takes.
const (
	dead, slow = 0, 1
	slowMS     = 500
)

// step is a part of a drill: something happens, time passes, and then pages are asked for.
type step struct {
	name   string
	before func() error
	rest   time.Duration
	each   int // pages, for each of atOnce users
	judge  func(stage)
}

// Inventory has one instance of three down and one slow, and then both back. No page fails, few requests are made twice, nearly none go
// to the slow instance once it is known, and in the end each instance has its third.
func Inventory(ctx context.Context, w World) (Report, error) {
	const service = "inventory"
	var r Report
	one, two := dead, slow
	fail := func() error {
		return w.breaks(ctx, fault{service, &one, "down", 0}, fault{service, &two, "latency", slowMS})
	}
	mend := func() error { return w.mend(ctx) }
	w.Books.Turn()
	for _, next := range []step{
		{"warm", nothing, 0, 2, anything},
		{"trouble begins", fail, 0, 4, anything},
		{"trouble", nothing, 0, 4, r.sparesTheSlow},
		{"both are back", mend, 42 * time.Second, 1, anything}, // an ejection lasts 30 s and a slow start 10 s
		{"in the end", nothing, 0, 2, r.sharesAlike},
	} {
		if err := w.take(ctx, service, &r, next); err != nil {
			return r, err
		}
	}
	return r, nil
}

func nothing() error { return nil }

func anything(stage) {}

func (r *Report) sparesTheSlow(s stage) {
	r.promise(s.Share(slow) < maxSlowShare, "the slow instance got %.3f of the attempts", s.Share(slow))
}

func (r *Report) sharesAlike(s stage) {
	for instance := range s.Attempts {
		share := s.Share(instance)
		r.promise(share > third-tolerance && share < third+tolerance, "in the end instance %d got %.3f of the attempts", instance, share)
	}
}

// take takes a step and judges what holds for all of them.
func (w World) take(ctx context.Context, service string, r *Report, next step) error {
	if err := next.before(); err != nil {
		return err
	}
	if err := await(ctx, time.NewTimer(next.rest)); err != nil {
		return err
	}
	s, err := w.stage(ctx, service, load{1, atOnce, next.each})
	if err != nil {
		return err
	}
	r.add(next.name, s)
	r.promise(float64(s.Sum()) <= maxRatio*float64(s.Calls), "%s: %d attempts for %d calls", next.name, s.Sum(), s.Calls)
	next.judge(s)
	return nil
}
