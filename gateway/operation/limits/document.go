package limits

import (
	"github.com/vektah/gqlparser/v2/ast"

	"tiffin/fault"
)

// Report is what measuring a document came to.
type Report struct {
	// Exceeded are the limits that the document goes beyond, those measured only among them.
	Exceeded []Exceeded
	// Cycle is a fragment that is spread within itself; nil where there is none. Sizes count it as ended there.
	Cycle *ast.FragmentSpread
	// Nodes is how many nodes the document has, each counted once, unreachable fragments not at all: it measures the work done here
	// and the memory that the document takes.
	Nodes int
}

// Document measures the document, which was parsed and not yet validated: names may be double, unknown or run in circles.
func (c Config) Document(doc *ast.QueryDocument) Report {
	m := newMeter(doc)
	var all size
	roots := 0
	for _, operation := range doc.Operations {
		s := m.operation(operation)
		roots = max(roots, s.flat)
		all.max(s)
	}
	return Report{Exceeded: c.judge(doc, all, roots, m), Cycle: m.cycle, Nodes: m.nodes}
}

func (c Config) judge(doc *ast.QueryDocument, all size, roots int, m *meter) []Exceeded {
	var list []Exceeded
	for _, l := range []struct {
		Limit

		code  fault.Code
		what  string
		found int
	}{
		{c.Operations, fault.MaxOperations, "Too many operations", len(doc.Operations)},
		{c.Fragments, fault.MaxFragments, "Too many fragments", len(doc.Fragments)},
		{c.FragmentDepth, fault.MaxFragmentDepth, "Fragments nested too deep", all.nesting},
		{c.Depth, fault.MaxDepth, "Fields nested too deep", all.depth},
		{c.IntrospectionDepth, fault.MaxDepth, "Introspection nested too deep", all.introspection},
		{c.RootFields, fault.MaxRootFields, "Too many root fields", roots},
		{c.Aliases, fault.MaxAliases, "Too many aliases", all.aliases},
		{c.AliasLength, fault.MaxAliasLength, "Alias too long, in bytes", m.alias},
		{c.Directives, fault.MaxDirectives, "Too many directives", all.directives},
		{c.Fields, fault.MaxFields, "Too many fields in a selection set", all.widest},
		{c.Expansion, fault.MaxExpansion, "Too many fields in all", all.fields},
		{c.ValueDepth, fault.MaxValueDepth, "Value nested too deep", m.values.depth},
		{c.ListLength, fault.MaxListLength, "List too long", m.values.list},
	} {
		list = l.check(list, l.code, l.what, l.found)
	}
	return list
}

// max keeps the worst of several operations.
func (s *size) max(other size) {
	s.depth, s.introspection = max(s.depth, other.depth), max(s.introspection, other.introspection)
	s.aliases, s.directives = max(s.aliases, other.aliases), max(s.directives, other.directives)
	s.fields, s.widest = max(s.fields, other.fields), max(s.widest, other.widest)
	s.nesting = max(s.nesting, other.nesting)
}
