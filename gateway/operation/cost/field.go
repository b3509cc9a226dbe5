package cost

import (
	"math"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// field compiles a field of an object of type parent, whose size may come from outer.
func (c *compiler) field(it *ast.Field, parent *ast.Definition, outer *sizing, when []condition) *field {
	c.f.nodes++
	if it.Name == "__schema" || it.Name == "__type" {
		return &field{when: when, weight: introspection, size: size{times: 1}}
	}
	model := c.fields[it.Definition]
	if model == nil { // __typename
		return &field{when: when}
	}
	f := &field{when: when, each: model.each}
	f.weight, f.weighed = c.weigh(it, model)
	below := c.size(f, it, parent, model, outer)
	if model.composite != nil {
		f.below = c.set(it.SelectionSet, model.composite, below)
	}
	return f
}

// weigh is the field's weight with its arguments' and directives' (section 5.3.2.2), and the variables that add to it.
func (c *compiler) weigh(it *ast.Field, model *fieldModel) (weight float64, weighed []int) {
	weight = model.weight
	arguments := func(given ast.ArgumentList, defined ast.ArgumentDefinitionList) {
		for _, a := range given {
			definition := defined.ForName(a.Name)
			weight += c.arguments[definition]
			below, variables := c.inputs.literal(a.Value)
			weight += below
			for _, name := range variables {
				weighed = c.variable(weighed, name)
			}
		}
	}
	arguments(it.Arguments, it.Definition.Arguments)
	for _, d := range it.Directives {
		if d.Definition != nil {
			arguments(d.Arguments, d.Definition.Arguments)
		}
	}
	return weight, weighed
}

// variable adds the variable's place in Function.weighed, if its values weigh anything.
func (c *compiler) variable(list []int, name string) []int {
	if place, known := c.weighed[name]; known {
		return append(list, place)
	}
	definition := c.operation.VariableDefinitions.ForName(name)
	if definition == nil || c.schema.Types[definition.Type.Name()].Kind != ast.InputObject {
		return list
	}
	c.weighed[name] = len(c.f.weighed)
	c.f.weighed = append(c.f.weighed, definition)
	return append(list, c.weighed[name])
}

// size sets how many values the field has, and returns what it says about the fields below it.
func (c *compiler) size(f *field, it *ast.Field, parent *ast.Definition, model *fieldModel, outer *sizing) *sizing {
	f.size = size{times: 1, fallback: 1}
	own := c.sizeOf(it, parent, model.size)
	switch {
	case model.lists == 0:
	case outer != nil && outer.has(it.Name):
		f.size = outer.size
	case model.size != nil && len(model.size.sized) == 0:
		f.size = own
	default:
		f.size = size{times: c.listSize}
	}
	if model.lists > 1 {
		f.size.times *= math.Pow(c.listSize, float64(model.lists-1))
	}
	if model.size != nil && len(model.size.sized) > 0 {
		return &sizing{model.size, own}
	}
	return nil
}

func (s *sizing) has(name string) bool { return slices.Contains(s.sized, name) }

// sizeOf is the length that a field's @listSize and arguments make.
func (c *compiler) sizeOf(it *ast.Field, parent *ast.Definition, from *listSize) size {
	if from == nil {
		return size{}
	}
	s := size{times: 1, fallback: from.assumed}
	if s.fallback < 0 {
		s.fallback = c.listSize
	}
	for _, name := range from.slicing {
		s.slices = append(s.slices, sliceOf(it, name))
	}
	c.f.slices = append(c.f.slices, s.slices...)
	if from.requireOne {
		c.f.choices = append(c.f.choices, choice{parent.Name + "." + it.Name, s.slices})
	}
	if len(s.slices) == 0 {
		s.times = s.fallback
	}
	return s
}

// sliceOf is a slicing argument as it is given to a field.
func sliceOf(it *ast.Field, name string) slice {
	var s slice
	definition := it.Definition.Arguments.ForName(name)
	if definition != nil && definition.DefaultValue != nil {
		s.fallback, s.standard = literal(definition.DefaultValue)
	}
	a := it.Arguments.ForName(name)
	switch {
	case a == nil:
	case a.Value.Kind == ast.Variable:
		s.variable = a.Value.Raw
	default:
		s.constant, s.given = literal(a.Value)
		s.standard = false // null is no length, and the default does not stand in for it
	}
	return s
}

func literal(v *ast.Value) (float64, bool) {
	if v.Kind != ast.IntValue {
		return 0, false
	}
	n, err := strconv.ParseFloat(v.Raw, 64)
	return n, err == nil
}
