package variables

import (
	"math"

	"github.com/vektah/gqlparser/v2/ast"
)

func enum(of *ast.Definition, value any) (any, *Wrong) {
	if name, ok := value.(string); ok && of.EnumValues.ForName(name) != nil {
		return value, nil
	}
	return nil, wrong("is no " + of.Name)
}

// scalar coerces the scalars of the specification (section 3.5).
func scalar(of *ast.Definition, value any) (any, *Wrong) {
	ok := true
	switch of.Name {
	case "Int":
		value, ok = whole(value)
	case "Float":
		switch value.(type) {
		case int64, float64:
		default:
			ok = false
		}
	case "String":
		_, ok = value.(string)
	case "Boolean":
		_, ok = value.(bool)
	case "ID":
		if _, text := value.(string); !text {
			value, ok = whole(value)
		}
	}
	if !ok {
		return nil, wrong("is no " + of.Name)
	}
	return value, nil
}

// maxExact is the largest whole number that float64 tells from its neighbours.
const maxExact = 1<<53 - 1

// whole reads a whole number, also one with a fraction of zero.
func whole(value any) (any, bool) {
	switch it := value.(type) {
	case int64:
		return value, true
	case float64:
		if it == math.Trunc(it) && math.Abs(it) <= maxExact {
			return int64(it), true
		}
	}
	return nil, false
}
