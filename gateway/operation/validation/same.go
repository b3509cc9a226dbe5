package validation

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// sameArguments compares the arguments of one field, of which the schema has few, in any order.
func (o *overlap) sameArguments(a, b ast.ArgumentList) bool {
	if len(a) != len(b) {
		return false
	}
	for _, argument := range a {
		other := b.ForName(argument.Name)
		if other == nil || !o.sameValue(argument.Value, other.Value) {
			return false
		}
	}
	return true
}

// sameValue compares values as they are written: an object's fields in any order.
func (o *overlap) sameValue(a, b *ast.Value) bool {
	o.steps++
	if a.Kind != b.Kind || a.Raw != b.Raw || len(a.Children) != len(b.Children) {
		return false
	}
	left, right := a.Children, b.Children
	if a.Kind == ast.ObjectValue {
		left, right = byName(left), byName(right)
	}
	for n, child := range left {
		if o.done() || child.Name != right[n].Name || !o.sameValue(child.Value, right[n].Value) {
			return false
		}
	}
	return true
}

func byName(children ast.ChildValueList) ast.ChildValueList {
	sorted := slices.Clone(children)
	slices.SortStableFunc(sorted, func(a, b *ast.ChildValue) int { return strings.Compare(a.Name, b.Name) })
	return sorted
}
