package ratelimit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"tiffin/fault"
)

// roots are the names of a schema's root types.
func roots(schema *ast.Schema) map[ast.Operation]string {
	names := map[ast.Operation]string{}
	for kind, root := range map[ast.Operation]*ast.Definition{
		ast.Query: schema.Query, ast.Mutation: schema.Mutation, ast.Subscription: schema.Subscription,
	} {
		if root != nil {
			names[kind] = root.Name
		}
	}
	return names
}

// fieldOf is the field's name, where its coordinate is one of the root type.
func fieldOf(root, coordinate string) (name string, ok bool) {
	return strings.CutPrefix(coordinate, root+".")
}

// ValidateFor reports every field that is limited and that the schema has not: a limit that is misspelt limits nothing.
func (c Config) ValidateFor(schema *ast.Schema) []fault.Invalid {
	problems := misspelt(schema, c.Fields)
	for _, name := range slices.Sorted(maps.Keys(c.Classes)) {
		problems = append(problems, fault.Under("classes."+name, misspelt(schema, c.Classes[name].Fields))...)
	}
	return problems
}

func misspelt(schema *ast.Schema, fields []FieldLimit) []fault.Invalid {
	var problems []fault.Invalid
	for n, f := range fields {
		if !isRootField(schema, f.Field) {
			problems = append(problems, fault.Invalid{
				Path: fmt.Sprintf("fields[%d].field", n), Reason: "is no root field of the schema", Remedy: "write a coordinate such as Mutation.placeOrder",
			})
		}
	}
	return problems
}

func isRootField(schema *ast.Schema, coordinate string) bool {
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		if root == nil {
			continue
		}
		if name, ok := fieldOf(root.Name, coordinate); ok && root.Fields.ForName(name) != nil {
			return true
		}
	}
	return false
}
