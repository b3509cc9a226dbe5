package journaltest

import (
	"time"

	"tiffin/checkout/journal"
)

func keepingChecks() []check {
	return []check{
		{"a row is shown by its id, open or closed", func(f fixture) {
			r := f.insert(row(1))
			f.shown(r.SagaID, r)
			f.advance(r, journal.Step{State: "CONFIRMED", Result: []byte("yes")})
			f.shown(r.SagaID, f.find(r))
			if _, found, err := f.s.Show(f.ctx(), "saga99"); found || err != nil {
				f.Errorf("Show of an unknown id = %v, %v; want nothing", found, err)
			}
		}},
		{"open rows are listed and counted, the oldest first", func(f fixture) {
			f.counted(journal.Census{})
			f.insert(row(3))
			f.h.Pass(time.Minute)
			f.insert(row(2))
			f.h.Pass(time.Minute)
			f.parked(1, time.Hour)
			closed := f.insert(row(4))
			f.advance(closed, journal.Step{State: "CONFIRMED", Result: []byte("yes")})
			f.listed(10, "saga03", "saga02", "saga01")
			f.listed(2, "saga03", "saga02")
			f.counted(journal.Census{Open: 3, Parked: 1, Late: 1, Oldest: 2 * time.Minute})
		}},
		{"closed rows expire in batches when their time is over; open ones never", func(f fixture) {
			for n := range 5 {
				r := f.insert(row(n))
				if n > 0 {
					f.advance(r, journal.Step{State: "CONFIRMED", Result: []byte("yes")})
				}
			}
			f.h.Pass(24 * time.Hour)
			born := row(5)
			born.Result = []byte("no")
			f.insert(born)
			f.h.Pass(24 * time.Hour)
			f.expired(72*time.Hour, 10, 0)
			f.expired(36*time.Hour, 3, 3)
			f.expired(36*time.Hour, 3, 1)
			f.expired(36*time.Hour, 3, 0)
			f.find(row(0))
			f.find(born)
			f.insert(row(1)) // its key is free again
		}},
		{"a row that was open for long expires by when it was closed", func(f fixture) {
			r := f.insert(row(1))
			f.h.Pass(24 * time.Hour)
			f.advance(r, journal.Step{State: "CONFIRMED", Result: []byte("yes")})
			f.h.Pass(time.Hour)
			f.expired(12*time.Hour, 10, 0)
		}},
	}
}

func durableChecks() []check {
	return []check{
		{"what was acknowledged is there after reopening", func(f fixture) {
			open, parked, closed := f.insert(row(1)), f.parked(2, time.Hour), f.insert(row(3))
			f.advance(open, journal.Step{State: "CAPTURING", Data: []byte("d2")})
			f.advance(closed, journal.Step{State: "CONFIRMED", Result: []byte("yes")})
			want := []journal.Row{f.find(open), f.find(parked), f.find(closed)}
			f.s = f.h.Reopen(f.T, f.s)
			f.equal([]journal.Row{f.find(open), f.find(parked), f.find(closed)}, want, "rows")
			f.bury()
			f.equal(f.ids(f.claim(journal.Claim{Owner: other})), []string{open.SagaID}, "claimed")
		}},
		{"a store that is closed says so", func(f fixture) {
			f.insert(row(1))
			again := f.h.Reopen(f.T, f.s)
			for name, err := range f.everyCall(f.ctx(), f.s) {
				f.unavailable(name, err)
			}
			f.s = again
			f.equal(f.find(row(1)).Epoch, int64(1), "epoch")
		}},
	}
}

func (f fixture) shown(id string, want journal.Row) {
	f.Helper()
	got, found, err := f.s.Show(f.ctx(), id)
	if !found || err != nil {
		f.Fatalf("Show = %v, %v; want the row", found, err)
	}
	f.equal(got, want, "row shown")
}

func (f fixture) listed(limit int, want ...string) {
	f.Helper()
	rows, err := f.s.ListOpen(f.ctx(), limit)
	if err != nil {
		f.Fatalf("ListOpen: %v", err)
	}
	f.equal(f.ids(rows), want, "open rows")
}

// counted allows the clock of a real server to have gone on.
func (f fixture) counted(want journal.Census) {
	f.Helper()
	got, err := f.s.Census(f.ctx(), 90*time.Second)
	if err != nil {
		f.Fatalf("Census: %v", err)
	}
	if late := got.Oldest - want.Oldest; late > 0 && late < 10*time.Second {
		got.Oldest = want.Oldest
	}
	f.equal(got, want, "census")
}

func (f fixture) expired(age time.Duration, limit, want int) {
	f.Helper()
	got, err := f.s.Expire(f.ctx(), age, limit)
	if err != nil {
		f.Fatalf("Expire: %v", err)
	}
	f.equal(got, want, "rows expired")
}
