package journaltest

import (
	"fmt"
	"time"

	"tiffin/checkout/journal"
)

// next is the step as the write that comes after what the row carries.
func next(r journal.Row, step journal.Step) journal.Step {
	step.Write = r.Writes + 1
	return step
}

// told makes a write that is to land.
func (f fixture) told(r journal.Row, step journal.Step) {
	f.Helper()
	if err := f.s.Advance(f.ctx(), r.SagaID, r.Epoch, step); err != nil {
		f.Fatalf("write %d: %v", step.Write, err)
	}
}

// The writes of an order that goes well.
const first, second, third = 1, 2, 3

func threeWrites() (authorized, capturing, confirmed journal.Step) {
	return journal.Step{Write: first, State: "AUTHORIZED", Data: []byte("a")},
		journal.Step{Write: second, State: "CAPTURING", Data: []byte("b")},
		journal.Step{Write: third, State: "CONFIRMED", Data: []byte("c"), Result: []byte("yes")}
}

func repeatChecks() []check {
	authorized, capturing, confirmed := threeWrites()
	return []check{
		{"a write that arrives once more after a newer one changes nothing", func(f fixture) {
			r := f.insert(row(1))
			f.told(r, authorized)
			f.told(r, capturing)
			before := f.find(r)
			f.h.Pass(time.Second)
			f.fenced(f.s.Advance(f.ctx(), r.SagaID, r.Epoch, authorized))
			f.equal(f.find(r), before, "row")
			f.told(r, confirmed)
			before = f.find(r)
			f.fenced(f.s.Advance(f.ctx(), r.SagaID, r.Epoch, authorized))
			f.fenced(f.s.Advance(f.ctx(), r.SagaID, r.Epoch, capturing))
			f.equal(f.find(r), before, "closed row")
		}},
		{"the last write is known when it is repeated, and changes nothing", func(f fixture) {
			r := f.insert(row(1))
			waiting := journal.Step{Write: second, State: "WAITING", Due: f.h.Now().Add(time.Minute)}
			for _, step := range []journal.Step{authorized, waiting, confirmed} {
				f.told(r, step)
				before := f.find(r)
				f.equal(before.Writes, step.Write, "writes")
				f.h.Pass(time.Second)
				f.told(r, step)
				f.equal(f.find(r), before, "row after the repeat of "+step.State)
			}
		}},
		{"another write of the same number is none that was repeated", func(f fixture) {
			r := f.insert(row(1))
			f.told(r, authorized)
			before := f.find(r)
			for what, change := range map[string]func(*journal.Step){
				"state": func(s *journal.Step) { s.State = "RESERVED" }, "data": func(s *journal.Step) { s.Data = []byte("z") },
				"due": func(s *journal.Step) { s.Due = f.h.Now() }, "result": func(s *journal.Step) { s.Result = []byte{} },
			} {
				step := authorized
				change(&step)
				if f.fenced(f.s.Advance(f.ctx(), r.SagaID, r.Epoch, step)); f.Failed() {
					f.Fatalf("with another %s", what)
				}
			}
			f.equal(f.find(r), before, "row")
		}},
	}
}

func numberChecks() []check {
	authorized, capturing, _ := threeWrites()
	return []check{
		{"a write that leaves one out does not land", func(f fixture) {
			r := f.insert(row(1))
			f.fenced(f.s.Advance(f.ctx(), r.SagaID, r.Epoch, capturing))
			f.fenced(f.s.Advance(f.ctx(), r.SagaID, r.Epoch, journal.Step{State: "X"}))
			f.equal(f.find(r), r, "row")
		}},
		{"a write that says the same again is one of its own", func(f fixture) {
			r := f.insert(row(1))
			f.told(r, authorized)
			again := authorized
			again.Write = third
			f.fenced(f.s.Advance(f.ctx(), r.SagaID, r.Epoch, again))
			again.Write = second
			f.told(r, again)
			f.equal(f.find(r).Writes, again.Write, "writes")
			f.fenced(f.s.Advance(f.ctx(), r.SagaID, r.Epoch, authorized))
		}},
		{"writes are numbered on when the row changes hands, and a repeat from before is fenced", func(f fixture) {
			r := f.insert(row(1))
			f.told(r, authorized)
			f.bury()
			rows := f.claim(journal.Claim{Owner: other})
			f.equal(f.ids(rows), []string{r.SagaID}, "claimed")
			f.equal(rows[0].Writes, authorized.Write, "writes")
			f.fenced(f.s.Advance(f.ctx(), r.SagaID, r.Epoch, authorized))
			f.fenced(f.s.Advance(f.ctx(), r.SagaID, r.Epoch, capturing))
			f.told(rows[0], capturing)
			f.fenced(f.s.Advance(f.ctx(), r.SagaID, r.Epoch, capturing))
		}},
		{"of many writes of one number one lands", func(f fixture) {
			r := f.insert(row(1))
			won := together(20, func(n int) bool {
				step := authorized
				step.Data = fmt.Append(nil, n)
				return f.s.Advance(f.ctx(), r.SagaID, r.Epoch, step) == nil
			})
			f.equal(won, 1, "writes that landed")
			f.equal(f.find(r).Writes, int64(1), "writes")
		}},
	}
}
