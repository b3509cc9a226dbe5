package balance

// duel draws two candidates by weight and compares them: the power of two choices. The comparison is one-sided. The first keeps the
// attempt unless the second has less load, so under equal load the shares are exactly the weights.
//
// M. Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, IEEE TPDS 12(10), 2001.
type duel struct {
	lottery    lottery
	contenders []contender
	judge      judge
}

// contender is a candidate in a duel.
type contender struct {
	*Instance
	// strain is what one attempt in flight means to it: 1 at the mean weight, 2 at half of that.
	strain float64
}

// judge returns the probability with which first keeps the attempt against second.
type judge interface {
	keeps(first, second contender, attempt Attempt) float64
}

func newDuel(candidates []Candidate, env env, judge judge) *duel {
	total := 0.0
	for _, c := range candidates {
		total += c.Weight
	}
	d := &duel{lottery: newLottery(candidates, env.rand), judge: judge}
	for _, c := range candidates {
		d.contenders = append(d.contenders, contender{c.Instance, total / float64(len(candidates)) / c.Weight})
	}
	return d
}

// redraws bounds how often the lottery is asked before the candidates are gone through in order.
const redraws = 8

// none is the index of no candidate.
const none = -1

func (d *duel) Pick(attempt Attempt) *Instance {
	first := d.draw(attempt, none)
	if first == none {
		return nil
	}
	second := d.draw(attempt, first)
	if second == none {
		return d.contenders[first].Instance
	}
	keeps := d.judge.keeps(d.contenders[first], d.contenders[second], attempt)
	if keeps < 1 && d.lottery.rand.chance() >= keeps {
		return d.contenders[second].Instance
	}
	return d.contenders[first].Instance
}

// draw returns a candidate that was not tried and is not the excluded one; none if there is none.
func (d *duel) draw(attempt Attempt, excluded int) int {
	if len(d.contenders) == 1 && excluded == 0 {
		return none
	}
	for range redraws {
		if n := d.lottery.draw(); d.eligible(n, attempt, excluded) {
			return n
		}
	}
	return d.next(attempt, excluded)
}

// next is draw without luck: the first eligible one from a random start.
func (d *duel) next(attempt Attempt, excluded int) int {
	start := d.lottery.draw()
	for k := range d.contenders {
		if n := (start + k) % len(d.contenders); d.eligible(n, attempt, excluded) {
			return n
		}
	}
	return none
}

func (d *duel) eligible(n int, attempt Attempt, excluded int) bool {
	return n != excluded && !attempt.tried(d.contenders[n].Instance)
}
