package validation

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// groups are fields by their name in the answer, in the order of the document.
type groups struct {
	keys   []string
	fields map[string][]*ast.Field
}

// collect spreads out the fragments of sets that come together, each fragment once.
func (o *overlap) collect(sets []ast.SelectionSet) groups {
	g := groups{fields: map[string][]*ast.Field{}}
	var spread map[string]bool
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, selection := range set {
			o.steps++
			switch it := selection.(type) {
			case *ast.Field:
				g.add(it)
			case *ast.InlineFragment:
				walk(it.SelectionSet)
			case *ast.FragmentSpread:
				if spread[it.Name] || o.done() {
					continue
				}
				if spread == nil {
					spread = map[string]bool{}
				}
				spread[it.Name] = true
				walk(it.Definition.SelectionSet)
			}
		}
	}
	for _, set := range sets {
		walk(set)
	}
	return g
}

func (g *groups) add(f *ast.Field) {
	if _, known := g.fields[f.Alias]; !known {
		g.keys = append(g.keys, f.Alias)
	}
	g.fields[f.Alias] = append(g.fields[f.Alias], f)
}

// byObject splits fields into those that can come together in one object: for each object type its own and those of interfaces and
// unions. Without two object types all of them can.
func byObject(fields []*ast.Field) [][]*ast.Field {
	if len(fields) == 1 {
		return [][]*ast.Field{fields}
	}
	var order []*ast.Definition
	own := map[*ast.Definition][]*ast.Field{}
	var abstract []*ast.Field
	for _, f := range fields {
		of := f.ObjectDefinition
		if of.Kind != ast.Object {
			abstract = append(abstract, f)
			continue
		}
		if own[of] == nil {
			order = append(order, of)
		}
		own[of] = append(own[of], f)
	}
	if len(order) < 2 {
		return [][]*ast.Field{fields}
	}
	kinds := make([][]*ast.Field, len(order))
	for n, of := range order {
		kinds[n] = slices.Concat(own[of], abstract)
	}
	return kinds
}
