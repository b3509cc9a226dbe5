package cost

import "github.com/vektah/gqlparser/v2/ast"

// introspection is what __schema and __type cost: they are answered from memory, and limits bound how much is asked for.
const introspection = 10

// Compile makes the function of an operation of a valid document. With response, its Actual works.
func (m *Model) Compile(operation *ast.OperationDefinition, response bool) *Function {
	root := m.root(operation.Operation)
	c := &compiler{
		Model: m, f: &Function{model: m, once: m.typeWeight(root)}, operation: operation,
		fragments: map[spread]*selection{}, weighed: map[string]int{},
	}
	c.f.root = c.set(operation.SelectionSet, root, nil)
	if response {
		c.f.shape = c.shapeOf(operation, root)
	}
	return c.f
}

func (m *Model) root(kind ast.Operation) *ast.Definition {
	switch kind {
	case ast.Mutation:
		return m.schema.Mutation
	case ast.Subscription:
		return m.schema.Subscription
	default:
		return m.schema.Query
	}
}

type compiler struct {
	*Model

	f         *Function
	operation *ast.OperationDefinition
	fragments map[spread]*selection
	// weighed are the places of variables in Function.weighed.
	weighed map[string]int
}

// sizing is a field whose list size is meant for fields below it.
type sizing struct {
	*listSize

	size size
}

// spread is a fragment within a set that may be sized from above: the same fragment costs differently in another.
type spread struct {
	name  string
	outer *sizing
}

// set compiles a selection set of an object of type parent.
func (c *compiler) set(set ast.SelectionSet, parent *ast.Definition, outer *sizing) *selection {
	s, before := &selection{}, c.f.nodes
	var conditions []*ast.Definition
	for _, it := range set {
		switch it := it.(type) {
		case *ast.Field:
			if when, ok := conditionsOf(it.Directives); ok {
				s.fields = append(s.fields, c.field(it, parent, outer, when))
			}
		case *ast.InlineFragment:
			if when, ok := conditionsOf(it.Directives); ok {
				to := c.narrowed(parent, it.TypeCondition)
				conditions = c.part(s, conditions, part{when: when, selection: c.set(it.SelectionSet, to, outer)}, parent, to)
			}
		case *ast.FragmentSpread:
			if when, ok := conditionsOf(it.Directives); ok {
				to := c.narrowed(parent, it.Definition.TypeCondition)
				conditions = c.part(s, conditions, part{when: when, selection: c.fragment(it, to, outer)}, parent, to)
			}
		}
	}
	s.types = c.typesOf(parent, conditions)
	if s.fold(); s.constant {
		c.f.nodes = before // those below are forgotten
	}
	c.f.nodes++
	return s
}

func (c *compiler) narrowed(parent *ast.Definition, condition string) *ast.Definition {
	if condition == "" {
		return parent
	}
	return c.schema.Types[condition]
}

func (c *compiler) fragment(it *ast.FragmentSpread, to *ast.Definition, outer *sizing) *selection {
	key := spread{it.Name, outer}
	if s := c.fragments[key]; s != nil {
		return s
	}
	s := c.set(it.Definition.SelectionSet, to, outer)
	if !s.constant {
		c.f.memos++
		s.memo = c.f.memos
	}
	c.fragments[key] = s
	return s
}

// part adds a fragment: to all objects of the set, or to those of some types.
func (c *compiler) part(s *selection, conditions []*ast.Definition, p part, parent, to *ast.Definition) []*ast.Definition {
	if c.covers(to, parent) {
		s.parts = append(s.parts, p)
		return conditions
	}
	s.variants = append(s.variants, p)
	return append(conditions, to)
}

// covers reports whether every object of a type is one of the wide type.
func (c *compiler) covers(wide, of *ast.Definition) bool {
	if wide == of {
		return true
	}
	for _, member := range c.schema.GetPossibleTypes(of) {
		if !c.can(wide, member) {
			return false
		}
	}
	return true
}

// can reports whether an object of the type is one of the wide type.
func (c *compiler) can(wide, object *ast.Definition) bool {
	return wide == object || c.members[wide][object]
}

// typesOf lists, for each type that the parent can be, the variants that are for it.
func (c *compiler) typesOf(parent *ast.Definition, variants []*ast.Definition) [][]int {
	if len(variants) == 0 {
		return nil
	}
	var types [][]int
	for _, member := range c.schema.GetPossibleTypes(parent) {
		var own []int
		for n, to := range variants {
			if c.can(to, member) {
				own = append(own, n)
			}
		}
		if len(own) > 0 {
			types = append(types, own)
		}
	}
	return types
}

// conditionsOf are what @skip and @include ask of variables; false where they leave the selection out for good.
func conditionsOf(directives ast.DirectiveList) ([]condition, bool) {
	var when []condition
	for _, d := range directives {
		if d.Name != "skip" && d.Name != "include" {
			continue
		}
		wanted := d.Name == "include"
		value := d.Arguments.ForName("if").Value
		if value.Kind == ast.Variable {
			when = append(when, condition{value.Raw, wanted})
		} else if (value.Raw == "true") != wanted {
			return nil, false
		}
	}
	return when, true
}
