package limits

import "github.com/vektah/gqlparser/v2/ast"

// most bounds every count: it is far beyond any limit, and no sum of a document's counts overflows.
const most = 1 << 40

func add(a, b int) int { return min(a+b, most) }

// size is what a selection set amounts to, its fragments spread out.
type size struct {
	// depth is that of the fields outside of introspection; introspection is that of the fields in it.
	depth, introspection int
	aliases, directives  int
	// fields are all, flat those of the set itself, widest those of its widest set: itself or one below.
	fields, flat, widest int
	// nested is how many fragments are inside of one another in the set itself, nesting the most in it or below.
	nested, nesting int
}

// sum takes in what is beside.
func (s *size) sum(other size) {
	s.aliases = add(s.aliases, other.aliases)
	s.directives = add(s.directives, other.directives)
	s.fields = add(s.fields, other.fields)
	s.depth = max(s.depth, other.depth)
	s.introspection = max(s.introspection, other.introspection)
	s.widest = max(s.widest, other.widest)
	s.nesting = max(s.nesting, other.nesting)
}

// field is the size of a field with what is below it.
func field(f *ast.Field, below size) size {
	s := below
	s.fields = add(below.fields, 1)
	s.flat, s.nested = 1, 0
	if f.Alias != f.Name {
		s.aliases = add(s.aliases, 1)
	}
	s.directives = add(s.directives, len(f.Directives))
	if introspects(f) {
		s.introspection, s.depth = 1+max(below.depth, below.introspection), 0
		return s
	}
	s.depth = below.depth + 1
	if below.introspection > 0 {
		s.introspection = below.introspection + 1
	}
	return s
}

func introspects(f *ast.Field) bool { return f.Name == "__schema" || f.Name == "__type" }

// fragment is the size of a fragment where it is spread.
func fragment(directives ast.DirectiveList, below size) size {
	s := below
	s.directives = add(s.directives, len(directives))
	s.nested = below.nested + 1
	s.nesting = max(s.nesting, s.nested)
	return s
}

// beside adds a selection's size to that of the set it is in.
func (s *size) beside(other size) {
	s.sum(other)
	s.flat = add(s.flat, other.flat)
	s.nested = max(s.nested, other.nested)
	s.widest = max(s.widest, s.flat)
}
