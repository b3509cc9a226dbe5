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
	everybody *ruleSet
	classes   map[string]*ruleSet
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
	q := &Quota{limiter: deps.Limiter, estimate: deps.Estimate, replays: deps.Replays, roots: roots(deps.Schema), everybody: &ruleSet{}, classes: map[string]*ruleSet{}}
	if cfg.Disabled {
		return q
	}
	q.everybody = newRuleSet(cfg, q.roots)
	for name := range cfg.Classes {
		q.classes[name] = newRuleSet(cfg.in(name), q.roots)
	}
	return q
}

func newRuleSet(cfg Config, roots map[ast.Operation]string) *ruleSet {
	s := &ruleSet{
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
func (q *Quota) of(ctx context.Context) *ruleSet {
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

// Admission is an operation that was admitted.
type Admission struct {
	quota *Quota
	op    *graphql.OperationContext
	rules *ruleSet
	// fields are those of the operation that have rules; charges what it was admitted by, in room as long as there are few.
	fields  counts
	charges []charge
	room    [4]charge
	// replay is whether the operation only repeats what was answered before, as soon as somebody has asked.
	replay struct{ asked, is bool }
}

// Admit counts an operation whose caller may have it, and says in the answer's header what is left; or refuses it, counting nothing but
// that a replay was looked for. Settle is to be called once, where it is admitted.
func (q *Quota) Admit(ctx context.Context, op *graphql.OperationContext, answer http.Header) (*Admission, *fault.Error) {
	rules := q.of(ctx)
	a := &Admission{quota: q, op: op, rules: rules, fields: rules.fields.of(op, q.roots[op.Operation.Operation])}
	a.charge(ctx)
	for n := range a.charges {
		c := &a.charges[n]
		c.decision = q.limiter.Take(ctx, c.key, c.rule.limit, c.n)
		if !c.decision.Allowed && !(c.sparesReplays && a.isReplay(ctx)) {
			tell(answer, a.charges[:n+1]...)
			a.giveBack(ctx, a.charges[:n])
			return nil, refused(c.decision, "Too many requests: the limit "+c.rule.name+" is used up.")
		}
	}
	tell(answer, a.charges...)
	return a, nil
}

// charge finds what the operation has to be admitted by, the widest first.
func (a *Admission) charge(ctx context.Context) {
	caller := callerOf(ctx)
	a.charges = a.room[:0]
	a.add(a.rules.user, caller, 1, false)
	if p, known := identity.From(ctx); known && p.ClientID != "" {
		a.add(a.rules.client, Caller{Issuer: p.Issuer, Subject: p.ClientID}, 1, false)
	}
	a.add(a.rules.operations[a.op.OperationName], caller, 1, true)
	for n, r := range a.fields.rules {
		a.add(r, caller, a.fields.times[n], true)
	}
	if a.quota.estimate != nil && a.rules.cost != nil {
		a.add(a.rules.cost, caller, a.quota.estimate(a.op), false)
	}
}

func (a *Admission) add(r *rule, who Caller, n int, sparesReplays bool) {
	if r != nil && n > 0 {
		a.charges = append(a.charges, charge{rule: r, key: Key{r.name, who}, n: n, sparesReplays: sparesReplays})
	}
}

// Settle is told what became of the operation, and gives back what was not used. An answer says of itself that it was given before, not of
// each of its fields: only where the one field was all that was asked for is it known which. What was let through as a replay and was none
// is charged as far as there is room.
func (a *Admission) Settle(ctx context.Context, o Outcome) {
	if !o.Executed {
		a.replay.asked = false // nothing of it counts
		a.giveBack(ctx, a.charges)
		return
	}
	replayed := a.fields.single() && o.Header.Get(ReplayedHeader) == "true"
	limiter := a.quota.limiter
	for n := range a.charges {
		switch c := &a.charges[n]; {
		case c.rule == a.rules.cost && o.Measured:
			limiter.Adjust(ctx, c.key, c.rule.limit, min(c.n, c.rule.limit.Burst)-o.Cost)
		case c.sparesReplays && replayed && c.decision.Allowed:
			limiter.Adjust(ctx, c.key, c.rule.limit, c.n)
			c.decision.Remaining++
			tell(o.Header, a.charges...)
		case c.sparesReplays && !replayed && !c.decision.Allowed:
			limiter.Adjust(ctx, c.key, c.rule.limit, -c.n)
		}
	}
}

// giveBack returns what was taken; where a replay was looked for, the count of what was asked stays.
func (a *Admission) giveBack(ctx context.Context, charges []charge) {
	for _, c := range charges {
		if c.decision.Allowed && (c.sparesReplays || !a.replay.asked) {
			a.quota.limiter.Adjust(ctx, c.key, c.rule.limit, c.n)
		}
	}
}
