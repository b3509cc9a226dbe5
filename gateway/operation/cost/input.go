package cost

import "github.com/vektah/gqlparser/v2/ast"

// inputs weighs what stands in arguments.
type inputs struct {
	schema *ast.Schema
	fields map[*ast.FieldDefinition]float64
}

// literal is the cost of the input fields that a value of the document uses, and the variables in it, whose values count too.
func (i inputs) literal(v *ast.Value) (cost float64, variables []string) {
	switch v.Kind {
	case ast.Variable:
		return 0, []string{v.Raw}
	case ast.ListValue, ast.ObjectValue:
		for _, child := range v.Children {
			if v.Kind == ast.ObjectValue && v.Definition != nil {
				cost += i.fields[v.Definition.Fields.ForName(child.Name)]
			}
			below, more := i.literal(child.Value)
			cost, variables = cost+below, append(variables, more...)
		}
	default:
	}
	return cost, variables
}

// value is the cost of the input fields that a variable's value uses.
func (i inputs) value(t *ast.Type, value any) float64 {
	of := i.schema.Types[t.Name()]
	if of == nil || of.Kind != ast.InputObject {
		return 0
	}
	return i.object(of, value)
}

func (i inputs) object(of *ast.Definition, value any) float64 {
	cost := 0.0
	switch it := value.(type) {
	case []any:
		for _, item := range it {
			cost += i.object(of, item)
		}
	case map[string]any:
		for _, f := range of.Fields {
			if below, given := it[f.Name]; given {
				cost += i.fields[f] + i.value(f.Type, below)
			}
		}
	}
	return cost
}
