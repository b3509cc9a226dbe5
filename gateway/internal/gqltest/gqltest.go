// Package gqltest is a GraphQL server in miniature for the edge's own tests: a graphql.ExecutableSchema that does what gqlgen's
// generated code does with paths, directives, arguments, errors and panics, one field after the other.
package gqltest

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

//go:embed schema.graphql
var source string

// Resolver makes the value of a field: nil, a slice, a map of the fields below it, or something that encodes as JSON. The map of an
// interface's or a union's object has its type as "__typename".
type Resolver func(ctx context.Context, args map[string]any) (any, error)

// Schema is schema.graphql, or another source, with its resolvers. Fields without one are read from the map of their object.
type Schema struct {
	// Source takes the place of schema.graphql; empty for none.
	Source string
	// Resolvers go by "Type.field".
	Resolvers map[string]Resolver
	// Authenticated and RequiresScopes implement the directives; nil for a schema that leaves them to the edge.
	Authenticated  func(ctx context.Context, obj any, next graphql.Resolver) (any, error)
	RequiresScopes func(ctx context.Context, obj any, next graphql.Resolver, scopes [][]string) (any, error)

	parsed *ast.Schema
}

var _ graphql.ExecutableSchema = (*Schema)(nil)

// Schema implements graphql.ExecutableSchema.
func (s *Schema) Schema() *ast.Schema {
	if s.parsed == nil {
		text := source
		if s.Source != "" {
			text = s.Source
		}
		s.parsed = gqlparser.MustLoadSchema(&ast.Source{Name: "schema.graphql", Input: text})
	}
	return s.parsed
}

// Complexity implements graphql.ExecutableSchema.
func (s *Schema) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

// Exec implements graphql.ExecutableSchema.
func (s *Schema) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	root := s.Schema().Query
	if op.Operation.Operation == ast.Mutation {
		root = s.Schema().Mutation
	}
	return func(ctx context.Context) *graphql.Response {
		data, ok := s.object(ctx, root, op.Operation.SelectionSet, nil)
		if !ok {
			data = []byte("null")
		}
		return &graphql.Response{Data: data}
	}
}

// object writes an object's fields; false says that it must be null.
func (s *Schema) object(ctx context.Context, of *ast.Definition, selections ast.SelectionSet, value any) ([]byte, bool) {
	var b bytes.Buffer
	b.WriteByte('{')
	satisfies := []string{of.Name}
	for _, abstract := range s.parsed.GetImplements(of) {
		satisfies = append(satisfies, abstract.Name)
	}
	for n, field := range graphql.CollectFields(graphql.GetOperationContext(ctx), selections, satisfies) {
		data, ok := s.field(ctx, of, field, value)
		if !ok {
			return nil, false
		}
		if n > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", field.Alias, data)
	}
	b.WriteByte('}')
	return b.Bytes(), true
}

func (s *Schema) field(ctx context.Context, of *ast.Definition, field graphql.CollectedField, parent any) ([]byte, bool) {
	if field.Name == "__typename" {
		return []byte(`"` + of.Name + `"`), true
	}
	fc := &graphql.FieldContext{Object: of.Name, Field: field}
	ctx = graphql.WithFieldContext(ctx, fc)
	value, err := s.resolve(ctx, fc, parent)
	if err != nil {
		graphql.AddError(ctx, graphql.AddFieldLocationToError(ctx, err))
		value = nil
	}
	data, ok := s.complete(ctx, field.Definition.Type, field.Selections, value)
	if !ok && field.Definition.Type.NonNull {
		return nil, false
	}
	return data, true
}

// resolve runs the arguments, the directives and the resolver.
func (s *Schema) resolve(ctx context.Context, fc *graphql.FieldContext, parent any) (value any, err error) {
	op := graphql.GetOperationContext(ctx)
	defer func() {
		if r := recover(); r != nil {
			err = op.Recover(ctx, r)
		}
	}()
	args := fc.Field.ArgumentMap(op.Variables)
	if number, given := args["number"]; given && !odd(number) {
		at := graphql.WithPathContext(ctx, graphql.NewPathWithField("number"))
		return nil, graphql.ErrorOnPath(at, errors.New("is not odd")) // before fc.Args, as in generated code
	}
	fc.Args = args
	next := func(ctx context.Context) (any, error) {
		if resolver := s.Resolvers[fc.Object+"."+fc.Field.Name]; resolver != nil {
			return resolver(ctx, args)
		}
		object, _ := parent.(map[string]any)
		return object[fc.Field.Name], nil
	}
	return op.ResolverMiddleware(ctx, s.directives(s.parsed.Types[fc.Object].Fields.ForName(fc.Field.Name), next))
}

func odd(v any) bool {
	n, ok := v.(int64)
	return ok && n%2 == 1
}

// directives wraps as generated code does: the last directive is the outermost.
func (s *Schema) directives(field *ast.FieldDefinition, next graphql.Resolver) graphql.Resolver {
	for _, d := range field.Directives {
		inner := next
		switch {
		case d.Name == "authenticated" && s.Authenticated != nil:
			next = func(ctx context.Context) (any, error) { return s.Authenticated(ctx, nil, inner) }
		case d.Name == "requiresScopes" && s.RequiresScopes != nil:
			next = func(ctx context.Context) (any, error) { return s.RequiresScopes(ctx, nil, inner, scopes(d)) }
		}
	}
	return next
}

func scopes(d *ast.Directive) [][]string {
	var lists [][]string
	for _, list := range d.Arguments.ForName("scopes").Value.Children {
		var names []string
		for _, name := range list.Value.Children {
			names = append(names, name.Value.Raw)
		}
		lists = append(lists, names)
	}
	return lists
}

// complete writes a value of a type; false says that the value is null where it may not be.
func (s *Schema) complete(ctx context.Context, t *ast.Type, selections ast.SelectionSet, value any) ([]byte, bool) {
	if value == nil {
		return []byte("null"), !t.NonNull
	}
	if list, ok := value.([]any); ok {
		return s.list(ctx, t.Elem, selections, list)
	}
	if def := s.parsed.Types[t.Name()]; def.IsCompositeType() {
		if object, _ := value.(map[string]any); def.IsAbstractType() {
			name, _ := object["__typename"].(string)
			def = s.parsed.Types[name]
		}
		data, ok := s.object(ctx, def, selections, value)
		if !ok {
			data = []byte("null")
		}
		return data, ok || !t.NonNull
	}
	data, err := json.Marshal(value)
	return data, err == nil
}

func (s *Schema) list(ctx context.Context, t *ast.Type, selections ast.SelectionSet, list []any) ([]byte, bool) {
	parts := make([][]byte, len(list))
	for n, value := range list {
		at := graphql.WithFieldContext(ctx, &graphql.FieldContext{Index: &n})
		if err, failed := value.(error); failed {
			graphql.AddError(at, err)
			value = nil
		}
		data, ok := s.complete(at, t, selections, value)
		if !ok {
			return nil, false
		}
		parts[n] = data
	}
	return append(append([]byte("["), bytes.Join(parts, []byte(","))...), ']'), true
}
