package link

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// sleep lets fake time pass.
func sleep(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // fake time, in bubbles only

func TestPresenceLetsOneThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPresence(nil, time.Second)
		for range tolerated {
			if !p.allow() {
				t.Fatal("refused while it is there")
			}
			p.report(errors.New("no answer"))
		}
		var allowed []bool
		for range 2 {
			sleep(p.probe - 1)
			allowed = append(allowed, p.allow())
			sleep(1)
			allowed = append(allowed, p.allow(), p.allow())
		}
		if want := []bool{false, true, false, false, true, false}; !slices.Equal(allowed, want) {
			t.Errorf("%v, want %v", allowed, want)
		}
		p.report(nil)
		if p.away() || !p.allow() || !p.allow() {
			t.Error("it answered, and is away")
		}
	})
}

// Once a dial has failed there is one a second and no more, also where an answer of before comes late and says that Redis is there.
func TestALateAnswerDoesNotDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dials int
		p := newPresence(func(context.Context, string, string) (net.Conn, error) { dials++; return nil, errors.New("refused") }, time.Second)
		var told []bool
		p.told = append(p.told, func(away bool, _ error) { told = append(told, away) })
		for range 30 {
			_, _ = p.dial(t.Context(), "tcp", "redis:6379")
			p.report(nil)
			sleep(100 * time.Millisecond)
		}
		if dials != 3 {
			t.Errorf("%d dials in 3 s", dials)
		}
		if len(told) != 6 || !told[0] || told[1] {
			t.Errorf("told %v", told)
		}
	})
}
