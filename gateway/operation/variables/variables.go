// Package variables coerces the variables of a request to the types that its operation declares (GraphQL, sections 6.1.2 and 3.5 to
// 3.12), @oneOf among them. It makes one pass over the values, and allocates next to nothing where they fit.
package variables

import (
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// Wrong says which value does not fit its type, and why. It does not repeat the value.
type Wrong struct {
	// Path leads to the value: "variable.input.lines[2].quantity".
	Path string
	Text string
}

func (w *Wrong) Error() string { return w.Path + ": " + w.Text }

// in is the problem seen from the value that holds this one.
func (w *Wrong) in(step string) *Wrong {
	if w != nil {
		w.Path = step + w.Path
	}
	return w
}

func wrong(text string) *Wrong { return &Wrong{Text: text} }

// Coerce returns the operation's variables: those of raw that it declares, and defaults. The values of raw are those of JSON, with whole
// numbers as int64; where they change (an object that stands for a list of one, 3.0 for 3) they change in raw too. Scalars of the
// schema's own are left as they are, for their own code to judge, and so is the range of Int. Of an operation that declares none they are nil.
func Coerce(schema *ast.Schema, operation *ast.OperationDefinition, raw map[string]any) (map[string]any, *Wrong) {
	if len(operation.VariableDefinitions) == 0 {
		return nil, nil
	}
	values := make(map[string]any, len(operation.VariableDefinitions))
	c := coercion{schema}
	for _, definition := range operation.VariableDefinitions {
		value, given := raw[definition.Variable]
		if !given && definition.DefaultValue != nil {
			standard, err := definition.DefaultValue.Value(nil)
			if err != nil {
				return nil, wrong("has a default that cannot be read").in("variable." + definition.Variable)
			}
			value, given = standard, true
		}
		if !given {
			if definition.Type.NonNull {
				return nil, wrong("must be given").in("variable." + definition.Variable)
			}
			continue
		}
		coerced, bad := c.value(definition.Type, value)
		if bad != nil {
			return nil, bad.in("variable." + definition.Variable)
		}
		values[definition.Variable] = coerced
	}
	return values, nil
}

type coercion struct {
	schema *ast.Schema
}

func (c coercion) value(t *ast.Type, value any) (any, *Wrong) {
	if value == nil {
		if t.NonNull {
			return nil, wrong("must not be null")
		}
		return nil, nil
	}
	if t.Elem != nil {
		return c.list(t.Elem, value)
	}
	definition := c.schema.Types[t.NamedType]
	switch definition.Kind {
	case ast.InputObject:
		return c.object(definition, value)
	case ast.Enum:
		return enum(definition, value)
	default:
		return scalar(definition, value)
	}
}

// list coerces the items; a value alone stands for a list of one.
func (c coercion) list(of *ast.Type, value any) (any, *Wrong) {
	items, ok := value.([]any)
	if !ok {
		item, bad := c.value(of, value)
		return []any{item}, bad
	}
	for n, item := range items {
		coerced, bad := c.value(of, item)
		if bad != nil {
			return nil, bad.in("[" + strconv.Itoa(n) + "]")
		}
		items[n] = coerced
	}
	return items, nil
}

func (c coercion) object(of *ast.Definition, value any) (any, *Wrong) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, wrong("must be an object of type " + of.Name)
	}
	known := 0
	for _, field := range of.Fields {
		below, given := object[field.Name]
		if !given {
			if field.Type.NonNull && field.DefaultValue == nil {
				return nil, wrong("must be given").in("." + field.Name)
			}
			continue
		}
		known++
		coerced, bad := c.value(field.Type, below)
		if bad != nil {
			return nil, bad.in("." + field.Name)
		}
		if !plain(below) {
			object[field.Name] = coerced
		}
	}
	if known < len(object) {
		return nil, unknown(of, object)
	}
	if of.Directives.ForName("oneOf") != nil && !exactlyOne(object) {
		return nil, wrong("exactly one field must be given, and not be null")
	}
	return object, nil
}

// plain reports whether coercion leaves a value as it is, so that nothing has to be stored.
func plain(value any) bool {
	switch value.(type) {
	case nil, bool:
		return true
	default:
		return false
	}
}

func unknown(of *ast.Definition, object map[string]any) *Wrong {
	for name := range object {
		if of.Fields.ForName(name) == nil {
			return wrong("is no field of " + of.Name).in("." + name)
		}
	}
	return nil
}

// exactlyOne is what @oneOf asks for (section 3.10.1).
func exactlyOne(object map[string]any) bool {
	for _, value := range object {
		return len(object) == 1 && value != nil
	}
	return false
}
