package ratelimit

import (
	"context"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tiffin/fault"
	"tiffin/identity"
)

// ReplayedHeader marks an answer that was given before, for the same idempotency key.
const ReplayedHeader = "Idempotent-Replayed"

// Outcome is what became of an operation that was admitted.
type Outcome struct {
	// Executed is false where somebody else refused it: then nothing of it counts.
	Executed bool
	// Header is the answer's.
	Header http.Header
	// Cost is what it cost in units; Measured says whether that is known.
	Cost     int
	Measured bool
}

// Quota bounds what callers ask for, once the operation is known. It is safe for concurrent use.
type Quota struct {
	limiter   *Limiter
	estimate  func(*graphql.OperationContext) int
	replays   func(ctx context.Context, field string, args map[string]any) bool
	roots     map[ast.Operation]string
	everybody ruleSet
	classes   map[string]ruleSet
}

// ruleSet is what the callers of one class are held to.
type ruleSet struct {
	user, client, cost *rule // nil: no such limit
	operations         map[string]*rule
	fields             fieldRules
}

// QuotaDeps are a Quota's collaborators.
type QuotaDeps struct {
	Limiter *Limiter
	Schema  *ast.Schema
	// Estimate is what an operation will cost in units; nil where nobody knows, so that no cost is charged.
	Estimate func(*graphql.OperationContext) int
	// Replays reports whether a root field, by its coordinate such as Mutation.placeOrder, has answered its caller these arguments before
	// and would only do so again; nil where that is not known beforehand. It is asked at most once for an operation, of its only field, where
	// the limit is used up, and has a second: each time counts as an operation of the caller's, also where that is refused.
	Replays func(ctx context.Context, field string, args map[string]any) bool
}

// NewQuota makes a Quota of a Config that is valid for the schema.
func NewQuota(cfg Config, deps QuotaDeps) *Quota {
	cfg = cfg.WithDefaults()
	q := &Quota{limiter: deps.Limiter, estimate: deps.Estimate, replays: deps.Replays, roots: roots(deps.Schema), classes: map[string]ruleSet{}}
	if cfg.Disabled {
		return q
	}
	q.everybody = newRuleSet(cfg, q.roots)
	for name := range cfg.Classes {
		q.classes[name] = newRuleSet(cfg.in(name), q.roots)
	}
	return q
}

func newRuleSet(cfg Config, roots map[ast.Operation]string) ruleSet {
	s := ruleSet{
		user: enabled("user", cfg.User), client: enabled("client", cfg.Client), cost: enabled("cost", cfg.Cost),
		operations: map[string]*rule{}, fields: fieldRules{},
	}
	if s.cost != nil {
		s.cost.policy += costUnit
	}
	for _, o := range cfg.Operations {
		s.operations[o.Operation] = enabled("operation "+o.Operation, o.Limit)
	}
	for kind, root := range roots {
		s.fields[kind] = map[string]*rule{}
		for _, f := range cfg.Fields {
			if name, ok := fieldOf(root, f.Field); ok && !f.Disabled {
				s.fields[kind][name] = newRule(f.Field, f.Limit)
			}
		}
	}
	return s
}

// of is what the caller of ctx is held to. A class that the configuration does not know is that of everybody.
func (q *Quota) of(ctx context.Context) ruleSet {
	if p, known := identity.From(ctx); known && p.Class != "" {
		if set, found := q.classes[p.Class]; found {
			return set
		}
	}
	return q.everybody
}

func enabled(name string, limit Limit) *rule {
	if limit.Disabled {
		return nil
	}
	return newRule(name, limit)
}

// Admit counts an operation whose caller may have it, and says in the answer's header what is left; or refuses it, counting nothing but
// that a replay was looked for. done, not nil where it is admitted, is to be called once with what became of it.
func (q *Quota) Admit(ctx context.Context, op *graphql.OperationContext, answer http.Header) (done func(Outcome), no *fault.Error) {
	rules := q.of(ctx)
	fields := rules.fields.of(op, q.roots[op.Operation.Operation])
	charges := q.charges(ctx, op, rules, fields)
	replay := replay{quota: q, op: op, fields: &fields}
	for n := range charges {
		c := &charges[n]
		c.decision = q.limiter.Take(ctx, c.key, c.rule.limit, c.n)
		if !c.decision.Allowed && !(c.sparesReplays && replay.known(ctx)) {
			tell(answer, charges[:n+1]...)
			q.giveBack(ctx, charges[:n], replay.asked)
			return nil, refused(c.decision, "Too many requests: the limit "+c.rule.name+" is used up.")
		}
	}
	tell(answer, charges...)
	return func(o Outcome) { q.settle(ctx, charges, rules, fields, o) }, nil
}

// charges are what the operation has to be admitted by, the widest first.
func (q *Quota) charges(ctx context.Context, op *graphql.OperationContext, rules ruleSet, fields counts) []charge {
	caller := callerOf(ctx)
	charges := make([]charge, 0, 4)
	add := func(r *rule, who Caller, n int, sparesReplays bool) {
		if r != nil && n > 0 {
			charges = append(charges, charge{rule: r, key: Key{r.name, who}, n: n, sparesReplays: sparesReplays})
		}
	}
	add(rules.user, caller, 1, false)
	if p, known := identity.From(ctx); known && p.ClientID != "" {
		add(rules.client, Caller{Issuer: p.Issuer, Subject: p.ClientID}, 1, false)
	}
	add(rules.operations[op.OperationName], caller, 1, true)
	for n, r := range fields.rules {
		add(r, caller, fields.times[n], true)
	}
	if q.estimate != nil && rules.cost != nil {
		add(rules.cost, caller, q.estimate(op), false)
	}
	return charges
}

// settle gives back what was not used. An answer says of itself that it was given before, not of each of its fields: only where the one
// field was all that was asked for is it known which. What was let through as a replay and was none is charged as far as there is room.
func (q *Quota) settle(ctx context.Context, charges []charge, rules ruleSet, fields counts, o Outcome) {
	if !o.Executed {
		q.giveBack(ctx, charges, false)
		return
	}
	replayed := fields.single() && o.Header.Get(ReplayedHeader) == "true"
	for n := range charges {
		switch c := &charges[n]; {
		case c.rule == rules.cost && o.Measured:
			q.limiter.Adjust(ctx, c.key, c.rule.limit, min(c.n, c.rule.limit.Burst)-o.Cost)
		case c.sparesReplays && replayed && c.decision.Allowed:
			q.limiter.Adjust(ctx, c.key, c.rule.limit, c.n)
			c.decision.Remaining++
			tell(o.Header, charges...)
		case c.sparesReplays && !replayed && !c.decision.Allowed:
			q.limiter.Adjust(ctx, c.key, c.rule.limit, -c.n)
		}
	}
}

// giveBack returns what was taken; where a replay was looked for, the count of what was asked stays.
func (q *Quota) giveBack(ctx context.Context, charges []charge, lookedUp bool) {
	for _, c := range charges {
		if c.decision.Allowed && (c.sparesReplays || !lookedUp) {
			q.limiter.Adjust(ctx, c.key, c.rule.limit, c.n)
		}
	}
}
