package checkout

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/fault"
)

// A service that says when to come back is not asked earlier, within bounds.
func TestRetryAfter(t *testing.T) {
	f := New(Defaults(), Deps{})
	for said, want := range map[time.Duration][2]time.Duration{
		300 * time.Millisecond: {300 * time.Millisecond, 30 * time.Second}, // before the capture, and from there on
		20 * time.Second:       {time.Second, 20 * time.Second},
		time.Hour:              {time.Second, 30 * time.Second},
	} {
		err := &fault.Error{Code: fault.ServiceUnavailable, RetryAfter: said}
		for n, doubt := range []doubt{turns, onward} {
			least := min(said, want[n])
			if got := f.backoffAfter(err, 1, doubt); got < least || got > want[n] {
				t.Errorf("told %v, doubt %d: wait %v; want %v to %v", said, doubt, got, least, want[n])
			}
		}
	}
}

// A process that stops leaves its orders open: it neither turns them nor calls it a doubt, even when the patience is over.
func TestStoppingTurnsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Defaults(), Deps{OnEvent: func(_ context.Context, e Event) { t.Errorf("event %+v", e) }})
		s := &saga{flow: f, state: Started, heard: time.Now(), sent: map[string]*sending{}}
		ctx, cancel := context.WithCancel(t.Context())
		stops := step{from: Started, name: "order", call: func(context.Context, string) error { cancel(); return context.Canceled }, to: Ordered, doubt: turns}
		if err := s.insist(ctx, stops); !errors.Is(err, errStopped) {
			t.Errorf("error = %v; want errStopped", err)
		}
	})
}
