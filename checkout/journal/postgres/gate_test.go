package postgres

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
)

// A server that is away is tried again after pauses that grow up to a bound; one that is back is not made to wait for.
func TestTheGateBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(time.Second)
		refused := func() bool { return errors.Is(g.before(t.Context(), nil), errBackingOff) }
		fail := func() {
			for range 10 { // attempts at the same time
				g.TraceConnectEnd(t.Context(), pgx.TraceConnectEndData{Err: errors.New("no")})
			}
		}
		if refused() {
			t.Error("refused before any failure")
		}
		for n, milliseconds := range []int{50, 100, 200, 400, 800, 1000, 1000, 1000} {
			most := time.Duration(milliseconds) * time.Millisecond
			fail()
			if !refused() {
				t.Errorf("failure %d: not refused", n)
			}
			<-time.After(most/2 - time.Millisecond)
			if !refused() {
				t.Errorf("failure %d: let through after less than %v", n, most/2)
			}
			<-time.After(most/2 + 2*time.Millisecond)
			if refused() {
				t.Errorf("failure %d: refused after %v", n, most)
			}
		}
		fail()
		g.TraceConnectEnd(t.Context(), pgx.TraceConnectEndData{})
		if refused() {
			t.Error("refused after a success")
		}
	})
}
