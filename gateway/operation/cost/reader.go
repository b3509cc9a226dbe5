package cost

import (
	"math"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// reader reads directives, and collects what is wrong with them.
type reader struct {
	problems []string
}

func (r *reader) problem(at, text string) { r.problems = append(r.problems, at+": "+text) }

// weight is that of @cost, or the standard.
func (r *reader) weight(at string, directives ast.DirectiveList, standard float64) float64 {
	d := directives.ForName("cost")
	if d == nil {
		return standard
	}
	argument := d.Arguments.ForName("weight")
	if argument == nil {
		r.problem(at, "@cost has no weight")
		return standard
	}
	weight, err := strconv.ParseFloat(argument.Value.Raw, 64)
	if err != nil || math.IsNaN(weight) || math.IsInf(weight, 0) {
		r.problem(at, "the weight of @cost is no number")
		return standard
	}
	return weight
}

// listSize is how long a list can be (section 8).
type listSize struct {
	// assumed is the length where no argument says better; negative for none.
	assumed float64
	// slicing are the arguments that bound the length, by name.
	slicing []string
	// sized are the fields below that the size is meant for; none for the field itself.
	sized []string
	// requireOne says that exactly one of slicing must be given.
	requireOne bool
}

func (r *reader) listSize(at string, f *ast.FieldDefinition, field *fieldModel) *listSize {
	d := f.Directives.ForName("listSize")
	if d == nil {
		return nil
	}
	size := &listSize{
		assumed: -1, slicing: texts(d.Arguments.ForName("slicingArguments")), sized: texts(d.Arguments.ForName("sizedFields")),
		requireOne: true,
	}
	if a := d.Arguments.ForName("assumedSize"); a != nil && a.Value.Kind == ast.IntValue {
		size.assumed, _ = strconv.ParseFloat(a.Value.Raw, 64)
	}
	if a := d.Arguments.ForName("requireOneSlicingArgument"); a != nil {
		size.requireOne = a.Value.Raw == "true"
	}
	r.check(at, f, field, size)
	return size
}

// check holds a @listSize to section 9.2, and takes out what does not fit.
func (r *reader) check(at string, f *ast.FieldDefinition, field *fieldModel, size *listSize) {
	size.slicing = slices.DeleteFunc(size.slicing, func(name string) bool {
		a := f.Arguments.ForName(name)
		if a == nil || a.Type.NamedType != "Int" {
			r.problem(at, "the slicing argument "+name+" is no argument of type Int")
			return true
		}
		return false
	})
	size.sized = slices.DeleteFunc(size.sized, func(name string) bool {
		if field.composite != nil {
			if below := field.composite.Fields.ForName(name); below != nil && below.Type.Elem != nil || field.composite.Kind == ast.Union {
				return false
			}
		}
		r.problem(at, "the sized field "+name+" is no list of what the field returns")
		return true
	})
	if field.lists == 0 && len(size.sized) == 0 {
		r.problem(at, "@listSize is on a field that is no list and has no sized fields")
	}
	if len(size.slicing) == 0 {
		size.requireOne = false
	}
}

// texts reads a list of strings; a string alone stands for a list of one (GraphQL, section 3.11).
func texts(a *ast.Argument) []string {
	if a == nil {
		return nil
	}
	if a.Value.Kind != ast.ListValue {
		return []string{a.Value.Raw}
	}
	list := make([]string, len(a.Value.Children))
	for n, child := range a.Value.Children {
		list[n] = child.Value.Raw
	}
	return list
}

// merge is the size of a field that can be either of two.
func (s *listSize) merge(other *listSize) *listSize {
	switch {
	case s == nil:
		return other
	case other == nil:
		return s
	}
	return &listSize{
		assumed: max(s.assumed, other.assumed), slicing: union(s.slicing, other.slicing), sized: union(s.sized, other.sized),
		requireOne: s.requireOne && other.requireOne,
	}
}

func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, name := range b {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}
