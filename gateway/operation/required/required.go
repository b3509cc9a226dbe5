// Package required gives the schema's @upstream(fallback: ERROR) its force: where such a field is null because of an error, the object
// that encloses it is null, too, as if the field were non-null (specification, section 6.4.4), although null where there is nothing
// remains a value. A generated executor knows nullability only by types, so the answer is mended after it was made; where no error
// touches such a field, and in a schema without one, it is left as it is.
package required

import (
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Enforcer mends answers. It does not change, and is safe for concurrent use.
type Enforcer struct{ needed bool }

// New returns an Enforcer for the schema.
func New(schema *ast.Schema) *Enforcer {
	for _, definition := range schema.Types {
		if slices.ContainsFunc(definition.Fields, isRequired) {
			return &Enforcer{true}
		}
	}
	return &Enforcer{}
}

func isRequired(field *ast.FieldDefinition) bool {
	upstream := field.Directives.ForName("upstream")
	if upstream == nil {
		return false
	}
	fallback := upstream.Arguments.ForName("fallback")
	return fallback != nil && fallback.Value != nil && fallback.Value.Raw == "ERROR"
}

// Enforce mends the answer to an operation. The operation is valid.
func (e *Enforcer) Enforce(op *ast.OperationDefinition, resp *graphql.Response) {
	if !e.needed || op == nil || len(resp.Errors) == 0 || len(resp.Data) == 0 {
		return
	}
	var data *value
	for _, err := range resp.Errors {
		way := follow(op.SelectionSet, err.Path)
		if !way.hasRequired() {
			continue
		}
		if data == nil {
			if data = parse(resp.Data); data == nil {
				return // no JSON: not for us to judge
			}
		}
		way.enforce(data, err.Path)
	}
	if data != nil {
		resp.Data = data.encode()
	}
}

// way is what the schema says of each position along an error's path.
type way []position

type position struct {
	nonNull  bool
	required bool
}

func (w way) hasRequired() bool {
	return slices.ContainsFunc(w, func(p position) bool { return p.required })
}

// enforce looks where along the path the null is that the error left, and if a required field is there sets what encloses it to null.
func (w way) enforce(data *value, path ast.Path) {
	at, found := data.firstNull(path[:len(w)])
	if !found || at == 0 || !w[at-1].required {
		return
	}
	for at--; at > 0 && (w[at-1].nonNull || w[at-1].required); at-- {
	}
	data.clear(path[:at])
}

// follow finds the positions of a path in the selections, as far as they go. Fields of several types may answer to one name; what one of
// them requires is required.
func follow(selections ast.SelectionSet, path ast.Path) way {
	var w way
	var of *ast.Type
	for _, step := range path {
		switch step := step.(type) {
		case ast.PathName:
			fields := named(selections, string(step), nil)
			if len(fields) == 0 {
				return w
			}
			of, selections = fields[0].Definition.Type, nil
			p := position{nonNull: of.NonNull}
			for _, field := range fields {
				p.required = p.required || isRequired(field.Definition)
				selections = append(selections, field.SelectionSet...)
			}
			w = append(w, p)
		case ast.PathIndex:
			if of == nil || of.Elem == nil {
				return w
			}
			of = of.Elem
			w = append(w, position{nonNull: of.NonNull})
		}
	}
	return w
}

// named are the fields that answer to a name, fragments included. A valid document has no cycle among them.
func named(selections ast.SelectionSet, name string, found []*ast.Field) []*ast.Field {
	for _, selection := range selections {
		switch s := selection.(type) {
		case *ast.Field:
			if s.Alias == name && s.Definition != nil {
				found = append(found, s)
			}
		case *ast.InlineFragment:
			found = named(s.SelectionSet, name, found)
		case *ast.FragmentSpread:
			if s.Definition != nil {
				found = named(s.Definition.SelectionSet, name, found)
			}
		}
	}
	return found
}
