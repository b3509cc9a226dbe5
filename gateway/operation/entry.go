package operation

import (
	"github.com/vektah/gqlparser/v2/ast"

	"tiffin/gateway/auth"
	"tiffin/gateway/operation/cost"
	"tiffin/gateway/operation/limits"
)

// entry is a document that was checked, with all that is known of it beforehand. It is immutable, and shared by those who send it.
type entry struct {
	text string
	doc  *ast.QueryDocument
	// operations are those of the document, in its order.
	operations []prepared
	// exceeded are limits that are only measured.
	exceeded []limits.Exceeded
	// weight is about how much memory the entry takes, in bytes.
	weight int
}

// prepared is one operation of a document.
type prepared struct {
	*ast.OperationDefinition

	cost *cost.Function
	// guards are what its fields ask of the caller.
	guards auth.Guards
	// conditions are those of its variables that must not be null for @skip and @include.
	conditions conditions
	// hash is that of the whole document, by telemetry.Hash.
	hash string
	// introspects says that it asks for __schema or __type.
	introspects bool
}

// The memory of a node, at the most and in bytes: measured by TestWeightOfEntries.
const (
	entryWeight    = 2 << 10
	nodeWeight     = 320
	functionWeight = 448
)

// operation finds the operation by name; the only one has no need of a name.
func (e *entry) operation(name string) *prepared {
	if name == "" && len(e.operations) == 1 {
		return &e.operations[0]
	}
	for n := range e.operations {
		if name != "" && e.operations[n].Name == name {
			return &e.operations[n]
		}
	}
	return nil
}

func weigh(text string, nodes int, operations []prepared) int {
	weight := entryWeight + len(text) + nodes*nodeWeight
	for _, o := range operations {
		weight += o.cost.Nodes() * functionWeight
	}
	return weight
}

// introspects reports whether a root field, wherever it is spread from, is one of introspection.
func introspects(set ast.SelectionSet, seen map[string]bool) bool {
	for _, selection := range set {
		found := false
		switch it := selection.(type) {
		case *ast.Field:
			found = it.Name == "__schema" || it.Name == "__type"
		case *ast.InlineFragment:
			found = introspects(it.SelectionSet, seen)
		case *ast.FragmentSpread:
			if !seen[it.Name] {
				seen[it.Name] = true
				found = introspects(it.Definition.SelectionSet, seen)
			}
		}
		if found {
			return true
		}
	}
	return false
}
