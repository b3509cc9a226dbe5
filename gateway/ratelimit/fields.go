package ratelimit

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// fieldRules are the rules of root fields, by the operation's kind and the field's name.
type fieldRules map[ast.Operation]map[string]*rule

// counts are how often each field that has a rule is asked for, and how many root fields there are in all.
type counts struct {
	rules []*rule
	times []int
	all   int
	last  graphql.CollectedField
}

// single reports whether a field that has a rule is all that is asked for: last is it, then.
func (c *counts) single() bool { return c.all == 1 && len(c.rules) == 1 }

// of counts an operation's root fields as they are executed: fragments spread out, aliases apart, those that are skipped left out.
func (f fieldRules) of(op *graphql.OperationContext, root string) counts {
	var c counts
	rules := f[op.Operation.Operation]
	if len(rules) == 0 {
		return c
	}
	for _, field := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{root}) {
		c.all, c.last = c.all+1, field
		if rule := rules[field.Name]; rule != nil {
			c.add(rule)
		}
	}
	return c
}

func (c *counts) add(r *rule) {
	for n, known := range c.rules {
		if known == r {
			c.times[n]++
			return
		}
	}
	c.rules, c.times = append(c.rules, r), append(c.times, 1)
}
