package journaltest

import (
	"context"
	"errors"
	"iter"
	"time"

	"tiffin/checkout/journal"
)

// pairs is how many requests arrive twice at once.
const pairs = 1000

func troubleChecks() []check {
	return []check{
		{"of each of 1000 concurrent duplicate pairs one is inserted, and both see it", func(f fixture) {
			rows := make([]journal.Row, 2*pairs)
			won := together(2*pairs, func(i int) bool {
				r := row(i / 2)
				r.Owner = []string{me, other}[i%2]
				stored, inserted, err := f.s.Insert(f.ctx(), r)
				if err != nil {
					f.Errorf("Insert: %v", err)
				}
				rows[i] = stored
				return inserted
			})
			f.equal(won, pairs, "rows inserted")
			for n := range pairs {
				f.equal(rows[2*n], rows[2*n+1], "the second of a pair")
			}
		}},
		{"a caller who has given up gets no answer, and nothing is written", func(f fixture) {
			parked := f.parked(1, time.Minute)
			ctx, cancel := context.WithCancel(f.ctx())
			cancel()
			for name, err := range f.everyCall(ctx, f.s) {
				f.unavailable(name, err)
			}
			f.equal(f.find(parked), parked, "row")
			_, found, err := f.s.Find(f.ctx(), row(2).Scope, row(2).Kind, row(2).Key)
			f.equal([]any{found, err}, []any{false, error(nil)}, "row that was not inserted")
		}},
		{"where answers get lost, asking again is safe", func(f fixture) {
			lossy := &Lossy{Store: f.s}
			again := func(fn func() error) error {
				f.Helper()
				lossy.Losing.Store(true)
				f.unavailable("the lost answer", fn())
				lossy.Losing.Store(false)
				return fn()
			}
			var stored journal.Row
			f.equal(again(func() (err error) { stored, _, err = lossy.Insert(f.ctx(), row(1)); return err }), error(nil), "Insert")
			f.equal([]any{stored.Owner, stored.Epoch}, []any{me, int64(1)}, "owner and epoch")

			step := journal.Step{Write: 1, State: "WAITING", Data: []byte("d"), Due: f.h.Now().Add(time.Minute)}
			f.equal(again(func() error { return lossy.Advance(f.ctx(), stored.SagaID, 1, step) }), error(nil), "Advance")
			f.equal(f.find(stored).State, "WAITING", "state")

			f.fenced(again(func() error { _, err := lossy.Take(f.ctx(), stored.SagaID, 1, other); return err }))
			f.equal(f.find(stored).Epoch, int64(2), "epoch after Take")

			f.h.Pass(time.Minute)
			claim := journal.Claim{Owner: other, Version: 1, Limit: 10, Idle: 10 * time.Second}
			f.equal(again(func() error { _, err := lossy.Claim(f.ctx(), claim); return err }), error(nil), "Claim")
			f.h.Pass(time.Minute)
			f.equal(f.claim(claim)[0].Epoch, int64(4), "epoch of the row whose claim was lost")

			step = journal.Step{Write: 2, State: "CONFIRMED", Data: []byte("d"), Result: []byte("yes")}
			f.equal(again(func() error { return lossy.Advance(f.ctx(), stored.SagaID, 4, step) }), error(nil), "the Advance that closes the row")
			f.equal(string(f.find(stored).Result), "yes", "result")
		}},
	}
}

// everyCall makes each call of a store once, and yields its name and its error.
func (f fixture) everyCall(ctx context.Context, s journal.Store) iter.Seq2[string, error] {
	r := row(2)
	return func(yield func(string, error) bool) {
		_, _, err := s.Insert(ctx, r)
		_ = yield("Insert", err)
		_, _, err = s.Find(ctx, r.Scope, r.Kind, r.Key)
		_ = yield("Find", err)
		_ = yield("Advance", s.Advance(ctx, row(1).SagaID, 1, journal.Step{Write: 1, State: "X"}))
		_, err = s.Take(ctx, row(1).SagaID, 1, other)
		_ = yield("Take", err)
		_, err = s.Claim(ctx, journal.Claim{Owner: other, Version: 1, Limit: 10})
		_ = yield("Claim", err)
	}
}

func (f fixture) unavailable(what string, err error) {
	f.Helper()
	if !errors.Is(err, journal.ErrUnavailable) {
		f.Errorf("%s: error = %v; want ErrUnavailable", what, err)
	}
}
