package shed

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Priority is who goes first where not everybody can.
type Priority int

// The priorities, the highest first.
const (
	Critical Priority = iota
	Mutation
	Query
	Introspection

	priorities = iota
)

// Priorities knows the priority of operations.
type Priorities struct {
	critical map[string]bool // by coordinate
}

// NewPriorities makes Priorities of a Config that is valid.
func NewPriorities(cfg Config) *Priorities {
	p := &Priorities{critical: map[string]bool{}}
	for _, coordinate := range cfg.Critical {
		p.critical[coordinate] = true
	}
	return p
}

// Of is an operation's priority: that of its root fields, where one asks for the schema the lowest, else the highest.
func (p *Priorities) Of(op *graphql.OperationContext) Priority {
	priority := Query
	if op.Operation.Operation == ast.Mutation {
		priority = Mutation
	}
	p.look(op.Operation.SelectionSet, op.Variables, &priority)
	return priority
}

// look goes through root fields, also those in fragments, but not those that are left out: who only mentions a critical field, which costs
// neither a scope nor a quota, does not go first. Bounds on the document keep it short.
func (p *Priorities) look(selections ast.SelectionSet, variables map[string]any, priority *Priority) {
	for _, selection := range selections {
		switch s := selection.(type) {
		case *ast.Field:
			if takesPart(s.Directives, variables) {
				p.field(s, priority)
			}
		case *ast.InlineFragment:
			if takesPart(s.Directives, variables) {
				p.look(s.SelectionSet, variables, priority)
			}
		case *ast.FragmentSpread:
			if takesPart(s.Directives, variables) {
				p.look(s.Definition.SelectionSet, variables, priority)
			}
		}
	}
}

// takesPart is false of a selection that @skip or @include leaves out.
func takesPart(directives ast.DirectiveList, variables map[string]any) bool {
	for _, d := range directives {
		if d.Name != "skip" && d.Name != "include" {
			continue
		}
		value := d.Arguments.ForName("if").Value
		condition := value.Raw == "true"
		if value.Kind == ast.Variable {
			condition, _ = variables[value.Raw].(bool)
		}
		if condition != (d.Name == "include") {
			return false
		}
	}
	return true
}

func (p *Priorities) field(f *ast.Field, priority *Priority) {
	switch {
	case f.Name == "__schema" || f.Name == "__type":
		*priority = Introspection
	case *priority != Introspection && f.ObjectDefinition != nil && len(p.critical) > 0 && p.critical[f.ObjectDefinition.Name+"."+f.Name]:
		*priority = Critical
	}
}
