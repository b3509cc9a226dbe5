package operation

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"tiffin/fault"
	"tiffin/gateway/operation/cost"
	"tiffin/gateway/operation/limits"
	"tiffin/identity"
	"tiffin/telemetry"
)

// of is the budget of the caller of ctx.
func (c CostConfig) of(ctx context.Context) int {
	caller, known := identity.From(ctx)
	if !known {
		return c.Budget
	}
	budget := max(c.Budget, c.Authenticated)
	for _, k := range c.Classes {
		if k.Class == caller.Class {
			budget = k.Budget
		}
	}
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

// knownKey is where an operation's context has what Prepare found out about it.
const knownKey = "operation"

// known is that: its function of cost and what its fields ask of the caller, with the estimate for its variables.
type known struct {
	*prepared

	estimate cost.Estimate
	// keep remembers the document by its hash; nil where there is nothing to do.
	keep func()
}

// knownOf is nil of an operation from elsewhere.
func knownOf(op *graphql.OperationContext) *known {
	k, _ := op.Stats.GetExtension(knownKey).(*known)
	return k
}

// Estimate is the estimated cost of an operation that Prepare returned.
func Estimate(op *graphql.OperationContext) int {
	k := knownOf(op)
	if k == nil {
		return 0
	}
	return k.estimate.Total()
}

// Document is the hash of the document that an operation which Prepare returned is in, by telemetry.Hash.
func Document(op *graphql.OperationContext) string {
	k := knownOf(op)
	if k == nil {
		return telemetry.Hash(op.RawQuery)
	}
	return k.hash
}

// Cost is what an operation that Prepare returned cost, by its response; false where nobody asks for it: see CostConfig.
func (p *Pipeline) Cost(op *graphql.OperationContext, resp *graphql.Response) (Cost, bool) {
	k := knownOf(op)
	if k == nil || !p.cfg.Cost.counts() {
		return Cost{}, false
	}
	actual, ok := k.cost.Actual(op.Variables, resp.Data)
	if !ok {
		actual = k.estimate.Cost
	}
	return Cost{Estimated: k.estimate.Total(), Actual: actual.Total(), Shown: p.cfg.Cost.Headers}, true
}
