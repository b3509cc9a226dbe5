package checkout

import (
	"fmt"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/checkout/journal/journaltest"
	"tiffin/checkout/journal/sqlite"
)

// load lets so many clients place orders, with keys that begin alike, until the total is reached.
func (w *world) load(in PlaceOrderInput, keys string, clients, total int) {
	w.Helper()
	var group sync.WaitGroup
	next := make(chan int)
	for range clients {
		group.Go(func() {
			for n := range next {
				in := in
				in.IdempotencyKey = fmt.Sprint(keys, n)
				if got, ok := w.place(in).(*OrderConfirmed); !ok {
					w.Errorf("result = %+v; want it confirmed", got)
				}
			}
		})
	}
	for n := range total {
		next <- n
	}
	close(next)
	group.Wait()
}

// cost is what an order takes.
type cost struct{ latency, cpu time.Duration }

// cpuTime is what this process has computed for so far: not what a database server has.
func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func (w *world) measure(in PlaceOrderInput, clients, total int) cost {
	w.Helper()
	cpu, began := cpuTime(w), time.Now()
	w.load(in, "measured", clients, total)
	return cost{time.Since(began) * time.Duration(clients) / time.Duration(total), (cpuTime(w) - cpu) / time.Duration(total)}
}

// BenchmarkPlace is an order over the simulated services, all in this process, with each kind of journal. "+latency" and "+cpu" are what the journal adds to the
// same order with the journal in memory, which is measured first; "decisions/commit" is with 2 ms added to each commit.
func BenchmarkPlace(b *testing.B) {
	for _, clients := range []int{1, 32} {
		var memory cost
		for _, s := range stores() {
			b.Run(fmt.Sprintf("clients=%d/journal=%s", clients, s.name), func(b *testing.B) {
				w := newWorld(b)
				driver, _ := s.open(b)
				w.keepIn(sealed(b, w.cfg.Secrets, driver))
				in := w.quoted()
				w.load(in, "first", clients, clients) // connections are made
				b.ResetTimer()
				got := w.measure(in, clients, b.N)
				if s.name == "memory" {
					memory = got
				}
				b.ReportMetric(float64(got.latency.Microseconds()), "latency-µs")
				b.ReportMetric(float64(got.cpu.Microseconds()), "cpu-µs")
				b.ReportMetric(float64((got.latency - memory.latency).Microseconds()), "+latency-µs")
				b.ReportMetric(float64((got.cpu - memory.cpu).Microseconds()), "+cpu-µs")
				if err := w.flow.Close(b.Context()); err != nil {
					b.Error(err)
				}
			})
		}
	}
}

// With 2 ms added to each commit, 32 clients share them: what is decided while the disk is busy is committed together.
func TestOrdersShareCommits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const clients, orders = 32, 320
		w := newWorld(t)
		disk := &journaltest.Disk{Delay: 2 * time.Millisecond}
		driver, _ := openSQLiteWith(t, sqlite.Deps{Wrap: disk.Wrap})
		w.keepIn(sealed(t, w.cfg.Secrets, driver))
		in := w.quoted()
		before := disk.Commits()
		w.load(in, "key", clients, orders)
		decisions := 0
		for _, line := range w.log.read() {
			if len(line) > 8 && line[:8] == "journal " {
				decisions++
			}
		}
		commits := disk.Commits() - before
		t.Logf("%d decisions of %d orders in %d commits: %.1f each", decisions, orders, commits, float64(decisions)/float64(commits))
		if decisions < 4*orders || float64(decisions) < 4*float64(commits) {
			t.Errorf("%d decisions of %d orders in %d commits; want 4 of each order, and at least 4 in each commit", decisions, orders, commits)
		}
		if err := w.flow.Close(t.Context()); err != nil {
			t.Error(err)
		}
		w.audit(0)
	})
}
