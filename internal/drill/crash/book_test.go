//go:build unix

package crash

import (
	"strings"
	"testing"
)

// told is an answer, and whether it was asked for when there was a verdict already.
type told struct {
	answer

	settled bool
}

func yes(id, total string, replayed bool) answer {
	return answer{kind: confirmed, orderID: id, total: total, replayed: replayed}
}

func no(reason string) answer {
	return answer{kind: cancelled, orderID: "ord_1", reason: reason, replayed: true}
}

// Each promise towards a customer, broken and kept.
func TestTheBookObjects(t *testing.T) {
	first, again := yes("ord_1", "9.00", false), yes("ord_1", "9.00", true)
	waiting := answer{kind: pending, orderID: "ord_1"}
	for name, test := range map[string]struct {
		told []told
		// objects is a part of what the book says; empty where all is well.
		objects string
		// lost: the same with a journal that was lost.
		lost bool
	}{
		"told once":              {told: []told{{first, false}}},
		"told again":             {told: []told{{waiting, false}, {again, false}, {again, true}}},
		"a late pending":         {told: []told{{again, false}, {waiting, false}}},
		"pending after the end":  {told: []told{{again, false}, {waiting, true}}, objects: "and later pending"},
		"first twice":            {told: []told{{first, false}, {first, true}}, objects: "told twice"},
		"another total":          {told: []told{{yes("ord_1", "9.01", false), false}}, objects: "agreed to 9.00"},
		"another order":          {told: []told{{waiting, false}, {yes("ord_2", "9.00", true), false}}, objects: "another order"},
		"no after yes":           {told: []told{{again, false}, {no("NoDriver"), true}}, objects: "and later cancelled"},
		"yes after no":           {told: []told{{no("NoDriver"), false}, {again, true}}, objects: "and later confirmed"},
		"another reason":         {told: []told{{no("NoDriver"), false}, {no("TimedOut"), true}}, objects: "and later cancelled: TimedOut"},
		"charged for nothing":    {told: []told{{answer{kind: cancelled, orderID: "ord_1", charged: true, replayed: true}, false}}, objects: "but charged"},
		"an error of ours":       {told: []told{{answer{kind: refused, reason: "INTERNAL"}, false}}, objects: "INTERNAL"},
		"lost, then first again": {told: []told{{first, false}, {waiting, true}, {first, true}}, lost: true},
		"lost, another reason":   {told: []told{{no("NoDriver"), false}, {no("TimedOut"), true}}, lost: true},
		"lost, no after yes":     {told: []told{{again, false}, {no("TimedOut"), true}}, lost: true, objects: "and later cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			b, e := &book{}, &entry{who: "alice", key: "k", offer: &offer{name: "plain", total: "9.00"}}
			b.open(e)
			if test.lost {
				b.forget()
			}
			for _, a := range test.told {
				b.hear(e, a.answer, a.settled)
			}
			all := strings.Join(e.problems, "; ")
			if (all == "") != (test.objects == "") || !strings.Contains(all, test.objects) {
				t.Errorf("objects %q; want %q", all, test.objects)
			}
		})
	}
}

// Where two releases run, this one cannot tell the end of an order of the next one, and says that it is on its way: whether it was one of
// those is known when all is over.
func TestTheBookKeepsWhatThisReleaseEvades(t *testing.T) {
	waiting := answer{kind: pending, orderID: "ord_1"}
	ofNext := waiting
	ofNext.from = nextRelease
	for name, test := range map[string]struct {
		told           answer
		settled, mixed bool
		evaded         int
		good           bool
	}{
		"on its way":                   {waiting, true, true, 1, true},
		"on its way, before the end":   {waiting, false, true, 0, true},
		"on its way, says the next":    {ofNext, true, true, 0, false},
		"on its way, with one release": {waiting, true, false, 0, false},
		"an action":                    {answer{kind: action, orderID: "ord_1"}, true, true, 0, false},
		"no":                           {no("NoDriver"), true, true, 0, false},
	} {
		b, e := &book{mixed: test.mixed}, &entry{offer: &offer{total: "9.00"}}
		b.hear(e, yes("ord_1", "9.00", false), false)
		b.hear(e, test.told, test.settled)
		if e.evaded != test.evaded || (len(e.problems) == 0) != test.good {
			t.Errorf("%s: evaded %d, problems %v", name, e.evaded, e.problems)
		}
	}
}

func TestNobodyWasAskedWhereAllWasRefused(t *testing.T) {
	for kind, want := range map[kind]bool{notStarted: false, lost: true, pending: true} {
		b, e := &book{}, &entry{offer: &offer{}}
		b.hear(e, answer{kind: kind}, false)
		if e.asked != want {
			t.Errorf("after %q: asked = %v", kind, e.asked)
		}
	}
}

// What customers were told against what the order service holds.
func TestCompare(t *testing.T) {
	is := func(status, total string) held {
		h := held{Status: status}
		h.Total.Amount = total
		return h
	}
	confirmedOne := func() *entry { return &entry{verdict: &answer{kind: confirmed, total: "9.00"}} }
	regretted := func(recalled bool) *entry {
		e := confirmedOne()
		e.regretted, e.recalled = "key", recalled
		return e
	}
	cancelledOne := &entry{verdict: &answer{kind: cancelled}}
	for name, test := range map[string]struct {
		entry *entry
		order held
		there bool
		good  bool
	}{
		"confirmed":                    {confirmedOne(), is("confirmed", "9.00"), true, true},
		"confirmed, on its way":        {confirmedOne(), is("preparing", "9.00"), true, true},
		"confirmed, and cancelled":     {confirmedOne(), is("cancelled", "9.00"), true, false},
		"confirmed, and never there":   {confirmedOne(), held{}, false, false},
		"confirmed at another price":   {confirmedOne(), is("confirmed", "9.01"), true, false},
		"cancelled":                    {cancelledOne, is("cancelled", ""), true, true},
		"cancelled, and never there":   {cancelledOne, held{}, false, true},
		"cancelled, and confirmed":     {cancelledOne, is("confirmed", "9.00"), true, false},
		"called off":                   {regretted(true), is("cancelled", "9.00"), true, true},
		"called off, and confirmed":    {regretted(true), is("confirmed", "9.00"), true, false},
		"called off without an answer": {regretted(false), is("cancelled", "9.00"), true, false},
	} {
		if problem := test.entry.compare(test.order, test.there); (problem == "") != test.good {
			t.Errorf("%s: %q", name, problem)
		}
	}
}

func TestHearRecall(t *testing.T) {
	for name, test := range map[string]struct {
		answer      answer
		final, good bool
	}{
		"called off":        {answer{kind: recalled, orderID: "ord_1", total: "9.00"}, true, true},
		"on its way":        {answer{kind: pending, orderID: "ord_1"}, false, true},
		"lost":              {answer{kind: lost}, false, true},
		"refused":           {answer{kind: refused, reason: "OrderNotFound"}, true, false},
		"another sum":       {answer{kind: recalled, orderID: "ord_1", total: "1.00"}, true, false},
		"of another order":  {answer{kind: recalled, orderID: "ord_2", total: "9.00"}, true, false},
		"nothing, not lost": {answer{kind: notStarted}, false, true},
	} {
		e := &entry{orderID: "ord_1", offer: &offer{total: "9.00"}}
		if final := e.hearRecall(test.answer); final != test.final || (len(e.problems) == 0) != test.good {
			t.Errorf("%s: final %v, problems %v", name, final, e.problems)
		}
	}
}
