package operation

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"tiffin/fault"
)

// conditions are the variables that @skip and @include go by, of those that can be null: a default lets a variable whose type can be null
// stand where null cannot (specification, section 5.8.5). A null that is given in spite of it is nobody's fault but the client's, and the
// executor would panic.
type conditions []string

// conditionsOf finds them, in a valid document.
func conditionsOf(operation *ast.OperationDefinition) conditions {
	if !slices.ContainsFunc(operation.VariableDefinitions, nullable) {
		return nil
	}
	var found conditions
	seen := map[string]bool{}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, selection := range set {
			switch it := selection.(type) {
			case *ast.Field:
				found = found.add(operation, it.Directives)
				walk(it.SelectionSet)
			case *ast.InlineFragment:
				found = found.add(operation, it.Directives)
				walk(it.SelectionSet)
			case *ast.FragmentSpread:
				found = found.add(operation, it.Directives)
				if !seen[it.Name] {
					seen[it.Name] = true
					walk(it.Definition.SelectionSet)
				}
			}
		}
	}
	walk(operation.SelectionSet)
	return found
}

func nullable(v *ast.VariableDefinition) bool { return !v.Type.NonNull }

func (c conditions) add(operation *ast.OperationDefinition, directives ast.DirectiveList) conditions {
	for _, d := range directives {
		if d.Name != "skip" && d.Name != "include" {
			continue
		}
		value := d.Arguments.ForName("if").Value
		if value.Kind != ast.Variable || slices.Contains(c, value.Raw) {
			continue
		}
		if v := operation.VariableDefinitions.ForName(value.Raw); v != nil && nullable(v) {
			c = append(c, value.Raw)
		}
	}
	return c
}

// check says which of them is null.
func (c conditions) check(values map[string]any) []problem {
	for _, name := range c {
		if _, ok := values[name].(bool); !ok {
			return []problem{{code: fault.BadUserInput, text: "variable." + name + ": must not be null, for @skip or @include goes by it"}}
		}
	}
	return nil
}
