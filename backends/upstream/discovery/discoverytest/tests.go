package discoverytest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/discovery"
)

// Bounds on the requests of an hour with a far side that fails, or that changes nothing.
const (
	leastPerHour = 60
	mostPerHour  = 800
)

func (s Suite) start(t *testing.T, hosts ...string) (*Watch, Far) {
	t.Helper()
	p, far := s.Open(t, Endpoints(hosts...))
	return Start(t, p, s.Real), far
}

func firstSet(t *testing.T, s Suite) {
	w, _ := s.start(t, "10.0.0.2", "10.0.0.1")
	w.Set(Endpoints("10.0.0.1", "10.0.0.2"))
}

func cancel(t *testing.T, s Suite) {
	w, _ := s.start(t, "10.0.0.1")
	w.Set(Endpoints("10.0.0.1"))
	w.Stop()
	if more := w.Drain(); more != nil {
		t.Errorf("reported %v after the end", more)
	}
}

func cancelledBefore(t *testing.T, s Suite) {
	p, _ := s.Open(t, Endpoints("10.0.0.1"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := p.Watch(ctx, func(set []discovery.Endpoint) { t.Errorf("reported %v", set) }, func(err error) { t.Errorf("failed: %v", err) })
	if err != nil {
		t.Errorf("Watch returned %v, want nil", err)
	}
}

func duplicatesAndOrder(t *testing.T, s Suite) {
	w, far := s.start(t, "10.0.0.3", "10.0.0.1", "10.0.0.3", "10.0.0.2", "10.0.0.1")
	w.Set(Endpoints("10.0.0.1", "10.0.0.2", "10.0.0.3"))
	far.Set(Endpoints("10.0.0.2", "10.0.0.3", "10.0.0.1"))
	far.Set(Endpoints("10.0.0.4", "10.0.0.2", "10.0.0.4"))
	w.Recovery(Endpoints("10.0.0.2", "10.0.0.4"))
}

func change(t *testing.T, s Suite) {
	w, far := s.start(t, "10.0.0.1", "10.0.0.2")
	w.Set(Endpoints("10.0.0.1", "10.0.0.2"))
	for _, next := range [][]discovery.Endpoint{
		Endpoints("10.0.0.1", "10.0.0.2", "10.0.0.3"),
		Endpoints("10.0.0.3"),
		Endpoints("10.0.1.1", "10.0.1.2"),
	} {
		far.Set(next)
		w.Set(next)
	}
}

func failure(t *testing.T, s Suite) {
	w, far := s.start(t, "10.0.0.1")
	w.Set(Endpoints("10.0.0.1"))
	far.Fail()
	tellings := 3
	if s.Real {
		tellings = 1 // a file tells of changes; nothing reads it again soon
	}
	for range tellings {
		if err := w.Failure(); err.Error() == "" || errors.Is(err, discovery.ErrEmpty) {
			t.Errorf("failure %v, want one that says why, and not that the answer was empty", err)
		}
	}
	far.Set(Endpoints("10.0.0.2"))
	w.Recovery(Endpoints("10.0.0.2"))
}

func empty(t *testing.T, s Suite) {
	w, far := s.start(t, "10.0.0.1")
	w.Set(Endpoints("10.0.0.1"))
	far.Set(nil)
	if err := w.Failure(); !errors.Is(err, discovery.ErrEmpty) {
		t.Errorf("failure %v, want ErrEmpty", err)
	}
	far.Set(Endpoints("10.0.0.1", "10.0.0.2"))
	w.Recovery(Endpoints("10.0.0.1", "10.0.0.2"))
}

func downAtFirst(t *testing.T, s Suite) {
	p, far := s.Open(t, Endpoints("10.0.0.1"))
	far.Fail()
	w := Start(t, p, s.Real)
	_ = w.Failure()
	far.Set(Endpoints("10.0.0.1"))
	w.Recovery(Endpoints("10.0.0.1"))
}

func sameAgain(t *testing.T, s Suite) {
	w, far := s.start(t, "10.0.0.1")
	w.Set(Endpoints("10.0.0.1"))
	far.Fail()
	_ = w.Failure()
	far.Set(Endpoints("10.0.0.1"))
	w.Recovery(Endpoints("10.0.0.1"))
}

func cancelWhileFailing(t *testing.T, s Suite) {
	w, far := s.start(t, "10.0.0.1")
	w.Set(Endpoints("10.0.0.1"))
	far.Fail()
	_ = w.Failure()
	w.Stop()
}

func unchanged(t *testing.T, s Suite) {
	w, far := s.start(t, "10.0.0.1", "10.0.0.2")
	w.Set(Endpoints("10.0.0.1", "10.0.0.2"))
	hour(t, s, far, 0)
	far.Set(Endpoints("10.0.0.2", "10.0.0.1", "10.0.0.2"))
	hour(t, s, far, 0)
	if more := w.Drain(); more != nil {
		t.Errorf("reported %v, want nothing", more)
	}
}

func busy(t *testing.T, s Suite) {
	for name, spoil := range map[string]func(Far){
		"failing": func(far Far) { far.Fail() },
		"empty":   func(far Far) { far.Set(nil) },
	} {
		w, far := s.start(t, "10.0.0.1")
		w.Set(Endpoints("10.0.0.1"))
		spoil(far)
		least := leastPerHour
		if name == "empty" {
			least = 0 // it may say so by itself when that changes
		}
		hour(t, s, far, least)
		for _, c := range w.Drain() {
			if c.Err == nil {
				t.Errorf("%s: reported %v", name, c.Set)
			}
		}
		far.Set(Endpoints("10.0.0.1"))
		w.Recovery(Endpoints("10.0.0.1"))
		w.Stop()
	}
}

// hour lets an hour pass and counts its requests.
func hour(t *testing.T, s Suite, far Far, least int) {
	t.Helper()
	before := far.Requests()
	<-time.After(time.Hour)
	synctest.Wait()
	if n := far.Requests() - before; n < least || n > mostPerHour*s.PerSession {
		t.Errorf("%d requests in an hour, want %d to %d", n, least, mostPerHour*s.PerSession)
	}
}

func hanging(t *testing.T, s Suite) {
	w, far := s.start(t, "10.0.0.1")
	hanger, ok := far.(Hanger)
	if !ok {
		t.Skip("this far side cannot hang")
	}
	w.Set(Endpoints("10.0.0.1"))
	hanger.Hang()
	_ = w.Failure() // a hanging far side is noticed
	hour(t, s, far, 1)
	w.Stop() // in the middle of a request, or between two

	p, far := s.Open(t, Endpoints("10.0.0.1"))
	far.(Hanger).Hang() //nolint:forcetypeassert // as the one before
	w = Start(t, p, s.Real)
	synctest.Wait()
	w.Stop() // before there was an answer at all
}
