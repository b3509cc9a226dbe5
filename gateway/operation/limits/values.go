package limits

import "tiffin/fault"

// values is what values amount to.
type values struct {
	bytes, depth, list int
}

// Values measures the variables of a request as they came: nil, bool, numbers, string, []any and map[string]any, bounded in depth by
// whoever decoded them. Their list is as long as the variables are.
func (c Config) Values(variables map[string]any) []Exceeded {
	if len(variables) == 0 {
		return nil
	}
	var found values
	found.object(variables, 0) // the object of all variables is not one of them
	var list []Exceeded
	list = c.VariablesBytes.check(list, fault.MaxVariables, "Variables too long, in bytes", found.bytes)
	list = c.ValueDepth.check(list, fault.MaxValueDepth, "Variables nested too deep", found.depth)
	return c.ListLength.check(list, fault.MaxListLength, "List too long", found.list)
}

// scalar is how long a number, a bool or null is taken to be.
const scalar = 8

func (v *values) value(value any, depth int) {
	switch it := value.(type) {
	case string:
		v.bytes += len(it) + 3 // quotes and comma
	case map[string]any:
		v.depth = max(v.depth, depth)
		v.object(it, depth)
	case []any:
		v.depth, v.list = max(v.depth, depth), max(v.list, len(it))
		v.bytes += 3
		for _, child := range it {
			v.value(child, depth+1)
		}
	default:
		v.bytes += scalar
	}
}

func (v *values) object(object map[string]any, depth int) {
	v.bytes += 3
	for name, child := range object {
		v.bytes += len(name) + 3
		v.value(child, depth+1)
	}
}
