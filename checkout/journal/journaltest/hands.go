package journaltest

import (
	"time"

	"tiffin/checkout/journal"
)

// parked inserts a row and parks it for d.
func (f fixture) parked(n int, d time.Duration) journal.Row {
	f.Helper()
	r := f.insert(row(n))
	f.advance(r, journal.Step{State: "WAITING", Data: r.Data, Due: f.h.Now().Add(d).Truncate(time.Microsecond)})
	r = f.find(r)
	if !r.Parked() {
		f.Fatalf("row = %+v; want it parked", r)
	}
	return r
}

func takeChecks() []check {
	return []check{
		{"a parked row is taken: next epoch, new owner, no due", func(f fixture) {
			r := f.parked(1, time.Minute)
			got, err := f.s.Take(f.ctx(), r.SagaID, r.Epoch, other)
			if err != nil {
				f.Fatalf("Take: %v", err)
			}
			want := r
			want.Owner, want.Epoch, want.Due, want.Updated = other, r.Epoch+1, time.Time{}, got.Updated
			f.equal(got, want, "row taken")
			f.equal(f.find(r), want, "row found")
			f.fenced(f.s.Advance(f.ctx(), r.SagaID, r.Epoch, next(r, journal.Step{State: "X"})))
		}},
		{"a row that somebody drives, or that is unknown, is not taken", func(f fixture) {
			r := f.insert(row(1))
			_, err := f.s.Take(f.ctx(), r.SagaID, r.Epoch, other)
			f.fenced(err)
			_, err = f.s.Take(f.ctx(), "saga99", 1, other)
			f.fenced(err)
		}},
		{"of many takers one wins", func(f fixture) {
			r := f.parked(1, time.Minute)
			won := together(20, func(int) bool {
				_, err := f.s.Take(f.ctx(), r.SagaID, r.Epoch, other)
				return err == nil
			})
			f.equal(won, 1, "takes that won")
		}},
	}
}

func claimChecks() []check {
	return []check{
		{"own rows that no goroutine drives are claimed, and those who held them fenced", func(f fixture) {
			driven, idle := f.insert(row(1)), f.insert(row(2))
			f.h.Pass(time.Minute)
			rows := f.claim(journal.Claim{Owner: me, Driven: []string{driven.SagaID}})
			f.equal(f.ids(rows), []string{idle.SagaID}, "claimed")
			f.equal(rows[0].Epoch, idle.Epoch+1, "epoch")
			f.equal(f.find(idle), rows[0], "row found")
			f.fenced(f.s.Advance(f.ctx(), idle.SagaID, idle.Epoch, next(idle, journal.Step{State: "X"})))
			f.advance(driven, journal.Step{State: "X"})
		}},
		{"own rows that were written a moment ago are not idle", func(f fixture) {
			f.insert(row(1))
			f.equal(len(f.claim(journal.Claim{Owner: me, Idle: 10 * time.Second})), 0, "claimed at once")
			f.h.Pass(11 * time.Second)
			f.equal(len(f.claim(journal.Claim{Owner: me, Idle: 10 * time.Second})), 1, "claimed later")
		}},
		{"the rows of an owner that is gone are claimed", func(f fixture) {
			r := f.insert(row(1))
			f.bury()
			rows := f.claim(journal.Claim{Owner: other})
			f.equal(f.ids(rows), []string{r.SagaID}, "claimed")
			f.equal(rows[0].Owner, other, "owner")
		}},
		{"a parked row is claimed once it is due, whoever parked it", func(f fixture) {
			r := f.parked(1, time.Minute)
			f.bury()
			f.equal(len(f.claim(journal.Claim{Owner: other})), 0, "claimed before it is due")
			f.h.Pass(2 * time.Minute)
			rows := f.claim(journal.Claim{Owner: other})
			f.equal(f.ids(rows), []string{r.SagaID}, "claimed")
			f.equal(rows[0].Parked(), false, "parked")
		}},
		{"rows of a newer version are left to those who know it", func(f fixture) {
			newer := row(1)
			newer.Version = 2
			f.insert(newer)
			f.bury()
			f.equal(len(f.claim(journal.Claim{Owner: other, Version: 1})), 0, "newer rows claimed")
			f.equal(len(f.claim(journal.Claim{Owner: other, Version: 2})), 1, "known rows claimed")
		}},
		{"rows of a version that is forgotten are left to those who know it", func(f fixture) {
			f.insert(row(1))
			f.bury()
			f.equal(len(f.claim(journal.Claim{Owner: other, Version: 3, Oldest: 2})), 0, "older rows claimed")
			f.equal(len(f.claim(journal.Claim{Owner: other, Version: 3, Oldest: 1})), 1, "known rows claimed")
		}},
		{"the oldest come first, as many as asked for", func(f fixture) {
			for n := range 5 {
				f.insert(row(5 - n))
				f.h.Pass(time.Second)
			}
			f.bury()
			f.equal(f.ids(f.claim(journal.Claim{Owner: other, Limit: 2})), []string{"saga05", "saga04"}, "claimed")
		}},
	}
}

func crowdedClaimChecks() []check {
	return []check{
		{"no claim is larger than the bound", func(f fixture) {
			together(journal.MostClaimed+10, func(n int) bool {
				_, inserted, err := f.s.Insert(f.ctx(), row(n))
				return inserted && err == nil
			})
			f.bury()
			f.equal(len(f.claim(journal.Claim{Owner: other, Limit: 1000})), journal.MostClaimed, "claimed first")
			f.equal(len(f.claim(journal.Claim{Owner: other, Driven: all(100), Limit: 1000})), 10, "claimed then")
		}},
		{"of many claims at once each row goes to one", func(f fixture) {
			for n := range 20 {
				f.insert(row(n))
			}
			f.bury()
			claimed := make([][]journal.Row, 10)
			together(len(claimed), func(i int) bool {
				rows, err := f.s.Claim(f.ctx(), journal.Claim{Owner: other, Driven: all(20), Version: 1, Limit: 3})
				claimed[i] = rows
				return err == nil
			})
			seen := map[string]int{}
			for _, rows := range claimed {
				for _, id := range f.ids(rows) {
					seen[id]++
				}
			}
			for id, n := range seen {
				f.equal(n, 1, "claims of "+id)
			}
			f.equal(len(seen), 20, "rows claimed")
		}},
	}
}

func all(n int) []string {
	ids := make([]string, 0, n)
	for i := range n {
		ids = append(ids, row(i).SagaID)
	}
	return ids
}

func leaseChecks() []check {
	beat := func(f fixture, owner string) {
		f.Helper()
		if err := f.s.Beat(f.ctx(), owner, 10*time.Second); err != nil {
			f.Fatalf("Beat: %v", err)
		}
	}
	return []check{
		{"the rows of an owner that beats are left alone", func(f fixture) {
			beat(f, me)
			r := f.insert(row(1))
			f.h.Pass(9 * time.Second)
			f.equal(len(f.claim(journal.Claim{Owner: other})), 0, "claimed within the lease")
			beat(f, me)
			f.h.Pass(9 * time.Second)
			f.equal(len(f.claim(journal.Claim{Owner: other})), 0, "claimed after another beat")
			f.advance(r, journal.Step{State: "X"})
		}},
		{"the rows of an owner that stopped beating are claimed, and it is fenced", func(f fixture) {
			beat(f, me)
			r := f.insert(row(1))
			f.h.Pass(11 * time.Second)
			f.equal(f.ids(f.claim(journal.Claim{Owner: other})), []string{r.SagaID}, "claimed")
			beat(f, me)
			f.fenced(f.s.Advance(f.ctx(), r.SagaID, r.Epoch, next(r, journal.Step{State: "X"})))
		}},
		{"a lease that was given back is gone at once", func(f fixture) {
			beat(f, me)
			r := f.insert(row(1))
			f.bury()
			f.equal(f.ids(f.claim(journal.Claim{Owner: other})), []string{r.SagaID}, "claimed")
		}},
		{"an owner claims only its own idle rows while the other lives", func(f fixture) {
			beat(f, me)
			beat(f, other)
			f.insert(row(1))
			theirs := row(2)
			theirs.Owner = other
			f.insert(theirs)
			f.equal(f.ids(f.claim(journal.Claim{Owner: other})), []string{theirs.SagaID}, "claimed")
		}},
		{"a parked row is claimed when it is due though its owner lives", func(f fixture) {
			beat(f, me)
			r := f.parked(1, 5*time.Second)
			f.h.Pass(6 * time.Second)
			f.equal(f.ids(f.claim(journal.Claim{Owner: other})), []string{r.SagaID}, "claimed")
		}},
	}
}
