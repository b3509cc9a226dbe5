package journaltest

import (
	"errors"
	"time"

	"tiffin/checkout/journal"
)

func insertChecks() []check {
	return []check{
		{"a new row comes back whole, at epoch 1", func(f fixture) {
			before := f.h.Now()
			stored := f.insert(row(1))
			if stored.Created.Before(before.Add(-time.Minute)) || !stored.Updated.Equal(stored.Created) {
				f.Errorf("Created %v, Updated %v; want both the store's now", stored.Created, stored.Updated)
			}
			want := row(1)
			want.Epoch, want.Created, want.Updated = 1, stored.Created, stored.Updated
			f.equal(stored, want, "inserted row")
			f.equal(f.find(want), want, "row found")
		}},
		{"an unknown row is not found", func(f fixture) {
			f.insert(row(1))
			for _, r := range []journal.Row{{Scope: "x", Kind: "PLACE", Key: "key-1"}, {Scope: row(1).Scope, Kind: "CANCEL", Key: "key-1"}, {Scope: row(1).Scope, Kind: "PLACE", Key: "key-2"}} {
				if _, found, err := f.s.Find(f.ctx(), r.Scope, r.Kind, r.Key); found || err != nil {
					f.Errorf("Find(%q, %q, %q) = %v, %v; want nothing", r.Scope, r.Kind, r.Key, found, err)
				}
			}
		}},
		{"the first of two equal rows wins", func(f fixture) {
			first := f.insert(row(1))
			second := row(1)
			second.Owner, second.Fingerprint = other, "v1:def"
			got, inserted, err := f.s.Insert(f.ctx(), second)
			if err != nil || inserted {
				f.Fatalf("second Insert = %v, %v; want the existing row", inserted, err)
			}
			f.equal(got, first, "existing row")
		}},
		{"a key is one scope's and one kind's", func(f fixture) {
			f.insert(row(1))
			for n, change := range []func(*journal.Row){func(r *journal.Row) { r.Scope = "x" }, func(r *journal.Row) { r.Kind = "CANCEL" }} {
				other := row(1)
				other.SagaID = row(10 + n).SagaID
				change(&other)
				f.equal(f.insert(other).SagaID, other.SagaID, "row of the same key")
			}
			again := row(1)
			again.SagaID = "saga99"
			got, inserted, err := f.s.Insert(f.ctx(), again)
			f.equal([]any{got.SagaID, inserted, err}, []any{row(1).SagaID, false, error(nil)}, "row of another id with the same scope, kind and key")
		}},
		{"of many inserts at once one wins", func(f fixture) {
			won := together(20, func(int) bool {
				_, inserted, err := f.s.Insert(f.ctx(), row(1))
				return inserted && err == nil
			})
			f.equal(won, 1, "inserts that won")
		}},
	}
}

func valueChecks() []check {
	return []check{
		{"a row inserted with its result is closed, without its request", func(f fixture) {
			r := row(1)
			r.Result = []byte("no")
			f.insert(r)
			got := f.find(r)
			if !got.Closed() || len(got.Request) != 0 || string(got.Result) != "no" {
				f.Errorf("row = %+v; want it closed and its request erased", got)
			}
			f.fenced(f.s.Advance(f.ctx(), r.SagaID, 1, next(r, journal.Step{State: "X"})))
		}},
		{"an empty result is a result", func(f fixture) {
			r := f.insert(row(1))
			f.advance(r, journal.Step{State: "CONFIRMED", Result: []byte{}})
			if got := f.find(r); !got.Closed() {
				f.Errorf("row = %+v; want it closed", got)
			}
		}},
		{"a row may be inserted parked", func(f fixture) {
			r := row(1)
			r.Due = f.h.Now().Add(time.Minute).UTC().Truncate(time.Microsecond)
			f.equal(f.insert(r).Due.Equal(r.Due), true, "Due kept")
			f.equal(f.find(r).Parked(), true, "parked")
		}},
		{"what a caller does with its bytes does not reach the store", func(f fixture) {
			r := row(1)
			f.insert(r)
			r.Request[0], r.Data[0] = 'X', 'X'
			f.find(r).Data[0] = 'Y'
			f.equal(string(f.find(r).Request)+string(f.find(r).Data), "request\x00\xff"+`{"n":1}`, "bytes")
		}},
	}
}

func advanceChecks() []check {
	return []check{
		{"an advance changes state and data, keeps the rest", func(f fixture) {
			r := f.insert(row(1))
			f.h.Pass(time.Second)
			f.advance(r, journal.Step{State: "AUTHORIZED", Data: []byte("d2")})
			got := f.find(r)
			if !got.Updated.After(r.Updated) {
				f.Errorf("Updated = %v; want later than %v", got.Updated, r.Updated)
			}
			r.State, r.Data, r.Updated, r.Writes = "AUTHORIZED", []byte("d2"), got.Updated, 1
			f.equal(got, r, "row")
		}},
		{"a result closes the row and erases its request", func(f fixture) {
			r := f.insert(row(1))
			f.advance(r, journal.Step{State: "CONFIRMED", Data: []byte("d"), Result: []byte("yes")})
			got := f.find(r)
			if !got.Closed() || len(got.Request) != 0 || got.State != "CONFIRMED" || string(got.Result) != "yes" || got.Fingerprint != r.Fingerprint {
				f.Errorf("row = %+v; want it closed with its result and fingerprint, and without its request", got)
			}
		}},
		{"a closed row never changes", func(f fixture) {
			r := f.insert(row(1))
			f.advance(r, journal.Step{State: "CONFIRMED", Result: []byte("yes")})
			before := f.find(r)
			f.h.Pass(time.Hour)
			f.fenced(f.s.Advance(f.ctx(), r.SagaID, r.Epoch, next(before, journal.Step{State: "CANCELLED", Result: []byte("no")})))
			_, err := f.s.Take(f.ctx(), r.SagaID, r.Epoch, other)
			f.fenced(err)
			f.equal(len(f.claim(journal.Claim{Owner: other})), 0, "closed rows claimed")
			f.equal(f.find(r), before, "row")
		}},
		{"an advance under another epoch, or of no row, is fenced", func(f fixture) {
			r := f.insert(row(1))
			f.fenced(f.s.Advance(f.ctx(), r.SagaID, r.Epoch+1, next(r, journal.Step{State: "X"})))
			f.fenced(f.s.Advance(f.ctx(), r.SagaID, r.Epoch-1, next(r, journal.Step{State: "X"})))
			f.fenced(f.s.Advance(f.ctx(), "saga99", r.Epoch, next(r, journal.Step{State: "X"})))
			f.equal(f.find(r), r, "row")
		}},
	}
}

func (f fixture) fenced(err error) {
	f.Helper()
	if !errors.Is(err, journal.ErrFenced) {
		f.Errorf("error = %v; want ErrFenced", err)
	}
}
