package operation

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"tiffin/fault"
	"tiffin/gateway/operation/cost"
	"tiffin/gateway/operation/limits"
	"tiffin/identity"
)

// of is the budget of the caller of ctx.
func (c CostConfig) of(ctx context.Context) int {
	caller, known := identity.From(ctx)
	if !known {
		return c.Budget
	}
	budget := max(c.Budget, c.Authenticated)
	for _, s := range c.Scopes {
		if s.Budget > budget && caller.HasScope(s.Scope) {
			budget = s.Budget
		}
	}
	return budget
}

// afford holds an estimate against what the caller of ctx may ask for.
func (p *Pipeline) afford(ctx context.Context, estimate cost.Estimate) []problem {
	if estimate.Undecided != "" {
		text := "The field " + estimate.Undecided + " needs exactly one of the arguments that say how many."
		return []problem{{code: fault.BadUserInput, text: text}}
	}
	exceeded := p.cfg.Limits.Page(estimate.Page)
	if total, budget := estimate.Total(), p.cfg.Cost.of(ctx); total > budget {
		exceeded = append(exceeded, limits.Exceeded{
			Code: fault.CostTooHigh, What: "Cost too high", Found: total, Allowed: budget, Mode: p.cfg.Cost.Mode,
		})
	}
	p.report(ctx, exceeded)
	return costRefusals(exceeded)
}

// costRefusals say of the cost that it is an estimate.
func costRefusals(exceeded []limits.Exceeded) []problem {
	problems := refusals(exceeded)
	for n, e := range problems {
		if e.code == fault.CostTooHigh {
			last := exceeded[len(exceeded)-1]
			problems[n].text = fmt.Sprintf("Cost too high: estimate %d, budget %d.", last.Found, last.Allowed)
		}
	}
	return problems
}

// Cost is what an operation costs: estimated before, actual by its response.
type Cost struct {
	Estimated, Actual int
	// Shown says that the client is to be told.
	Shown bool
}

// costKey is where an operation's context has its costing.
const costKey = "cost"

// costing is what is known of a prepared operation's cost.
type costing struct {
	function *cost.Function
	estimate cost.Estimate
}

// Estimate is the estimated cost of an operation that Prepare returned.
func Estimate(op *graphql.OperationContext) int {
	c, _ := op.Stats.GetExtension(costKey).(*costing)
	if c == nil {
		return 0
	}
	return c.estimate.Total()
}

// Cost is what an operation that Prepare returned cost, by its response; false where nobody asks for it: see CostConfig.
func (p *Pipeline) Cost(op *graphql.OperationContext, resp *graphql.Response) (Cost, bool) {
	c, _ := op.Stats.GetExtension(costKey).(*costing)
	if c == nil || !p.cfg.Cost.counts() {
		return Cost{}, false
	}
	actual, ok := c.function.Actual(op.Variables, resp.Data)
	if !ok {
		actual = c.estimate.Cost
	}
	return Cost{Estimated: c.estimate.Total(), Actual: actual.Total(), Shown: p.cfg.Cost.Headers}, true
}
