package journaltest

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"pgregory.net/rapid"

	"tiffin/checkout/journal"
	"tiffin/checkout/journal/memory"
)

func modelChecks() []check {
	return []check{{"any sequence of calls does the same as in memory", func(f fixture) {
		games := 0
		rapid.Check(f.T, func(t *rapid.T) {
			games++
			game := &game{t: t, f: f, keys: fmt.Sprint("game-", games, "-"), model: memory.New(memory.Config{}, memory.Deps{Now: f.h.Now})}
			game.sweep() // a game that failed left rows behind
			t.Repeat(map[string]func(*rapid.T){
				"insert": game.insert, "advance": game.advance, "take": game.take, "claim": game.claim, "pass": game.pass, "": game.compare,
			})
			game.sweep()
		})
	}}}
}

// game plays the same calls on a store and on the model. Times are such that no comparison is close: sevens against tens.
type game struct {
	t     *rapid.T
	f     fixture
	keys  string // of this game's rows; the store has those of earlier games too, closed
	model *memory.Store
}

const (
	gameSagas = 4
	gameTick  = 7 * time.Second
	gameSpan  = 10 * time.Second
)

func (g *game) id(t *rapid.T) string {
	return g.keys + strconv.Itoa(rapid.IntRange(1, gameSagas).Draw(t, "saga"))
}

func owner(t *rapid.T) string         { return rapid.SampledFrom([]string{me, other}).Draw(t, "owner") }
func epoch(t *rapid.T) int64          { return rapid.Int64Range(1, 4).Draw(t, "epoch") }
func (g *game) pass(*rapid.T)         { g.f.h.Pass(gameTick) }
func (g *game) both() []journal.Store { return []journal.Store{g.f.s, g.model} }

func (g *game) insert(t *rapid.T) {
	r := row(1)
	r.SagaID = g.id(t)
	r.Key, r.Owner, r.Version = r.SagaID, owner(t), rapid.IntRange(1, 2).Draw(t, "version")
	if rapid.IntRange(0, 4).Draw(t, "closed") == 0 {
		r.Result = []byte("no")
	}
	g.same(func(s journal.Store) any {
		stored, inserted, err := s.Insert(g.f.ctx(), r)
		return []any{timeless(stored), inserted, outcome(err)}
	})
}

func (g *game) advance(t *rapid.T) {
	id, epoch := g.id(t), epoch(t)
	there, _, _ := g.model.Show(g.f.ctx(), id)
	step := journal.Step{Write: there.Writes + rapid.SampledFrom([]int64{1, 1, 1, 0, 2}).Draw(t, "write"), State: rapid.SampledFrom([]string{"A", "B"}).Draw(t, "state"), Data: []byte("d")}
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		step.Result = []byte("yes")
	case 1:
		step.Due = g.f.h.Now().Add(gameSpan)
	}
	g.same(func(s journal.Store) any { return outcome(s.Advance(g.f.ctx(), id, epoch, step)) })
}

func (g *game) take(t *rapid.T) {
	id, epoch, owner := g.id(t), epoch(t), owner(t)
	g.same(func(s journal.Store) any {
		r, err := s.Take(g.f.ctx(), id, epoch, owner)
		return []any{timeless(r), outcome(err)}
	})
}

func (g *game) claim(t *rapid.T) {
	claim := journal.Claim{
		Owner: owner(t), Idle: gameSpan, Version: rapid.IntRange(1, 2).Draw(t, "version"), Limit: rapid.IntRange(1, gameSagas).Draw(t, "limit"),
	}
	if rapid.Bool().Draw(t, "driven") {
		claim.Driven = []string{g.id(t)}
	}
	g.same(func(s journal.Store) any {
		rows, err := s.Claim(g.f.ctx(), claim)
		got := []any{outcome(err)}
		for _, r := range rows {
			got = append(got, timeless(r))
		}
		return got
	})
}

func (g *game) compare(*rapid.T) {
	for n := range gameSagas {
		id := g.keys + strconv.Itoa(n+1)
		g.same(func(s journal.Store) any {
			r, found, err := s.Find(g.f.ctx(), row(1).Scope, row(1).Kind, id)
			return []any{timeless(r), found, outcome(err)}
		})
	}
}

// sweep closes what is open, so that the next game finds nothing to claim.
func (g *game) sweep() {
	rows, err := g.f.s.ListOpen(g.f.ctx(), 1000)
	if err != nil {
		g.t.Fatalf("ListOpen: %v", err)
	}
	for _, r := range rows {
		if err := g.f.s.Advance(g.f.ctx(), r.SagaID, r.Epoch, next(r, journal.Step{State: "X", Result: []byte("x")})); err != nil {
			g.t.Fatalf("Advance: %v", err)
		}
	}
}

func (g *game) same(call func(journal.Store) any) {
	g.t.Helper()
	stores := g.both()
	got, want := fmt.Sprintf("%+v", call(stores[0])), fmt.Sprintf("%+v", call(stores[1]))
	if got != want {
		g.t.Fatalf("got %s\nin memory %s", got, want)
	}
}

// timeless is a row without what two clocks need not agree on.
func timeless(r journal.Row) journal.Row {
	r.Created, r.Updated = time.Time{}, time.Time{}
	if !r.Due.IsZero() {
		r.Due = time.Unix(1, 0).UTC()
	}
	return r
}

// outcome is an error's meaning.
func outcome(err error) string {
	switch {
	case err == nil:
		return "done"
	case errors.Is(err, journal.ErrFenced):
		return "fenced"
	default:
		return err.Error()
	}
}
