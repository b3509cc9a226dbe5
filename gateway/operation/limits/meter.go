package limits

import "github.com/vektah/gqlparser/v2/ast"

// meter walks a document, each part of it once.
type meter struct {
	fragments map[string]*ast.FragmentDefinition
	// sizes has an entry for each fragment that was begun; open ones are in progress.
	sizes  map[string]size
	open   map[string]bool
	cycle  *ast.FragmentSpread
	values values
	// alias is how long the longest one is.
	alias int
	nodes int
}

func newMeter(doc *ast.QueryDocument) *meter {
	m := &meter{
		fragments: make(map[string]*ast.FragmentDefinition, len(doc.Fragments)),
		sizes:     make(map[string]size, len(doc.Fragments)), open: map[string]bool{},
	}
	for _, f := range doc.Fragments {
		if _, double := m.fragments[f.Name]; !double { // the first counts, as it does for validation
			m.fragments[f.Name] = f
		}
	}
	return m
}

func (m *meter) operation(o *ast.OperationDefinition) size {
	m.nodes++
	s := m.set(o.SelectionSet)
	m.directives(o.Directives)
	s.directives = add(s.directives, len(o.Directives))
	for _, v := range o.VariableDefinitions {
		m.nodes++
		m.directives(v.Directives)
		s.directives = add(s.directives, len(v.Directives))
		m.value(v.DefaultValue, 0)
	}
	return s
}

func (m *meter) set(selections ast.SelectionSet) size {
	var s size
	for _, selection := range selections {
		m.nodes++
		switch it := selection.(type) {
		case *ast.Field:
			if it.Alias != it.Name {
				m.alias = max(m.alias, len(it.Alias))
			}
			m.arguments(it.Arguments)
			m.directives(it.Directives)
			s.beside(field(it, m.set(it.SelectionSet)))
		case *ast.InlineFragment:
			m.directives(it.Directives)
			s.beside(fragment(it.Directives, m.set(it.SelectionSet)))
		case *ast.FragmentSpread:
			m.directives(it.Directives)
			s.beside(fragment(it.Directives, m.spread(it)))
		}
	}
	return s
}

// spread is the size of the fragment that is spread; nothing for one that is unknown or in progress.
func (m *meter) spread(it *ast.FragmentSpread) size {
	definition := m.fragments[it.Name]
	if definition == nil {
		return size{}
	}
	if m.open[it.Name] {
		m.cycle = it
		return size{}
	}
	if s, done := m.sizes[it.Name]; done {
		return s
	}
	m.nodes++
	m.open[it.Name] = true
	s := m.set(definition.SelectionSet)
	m.open[it.Name] = false
	m.directives(definition.Directives)
	s.directives = add(s.directives, len(definition.Directives))
	m.sizes[it.Name] = s
	return s
}

func (m *meter) directives(list ast.DirectiveList) {
	for _, d := range list {
		m.nodes++
		m.arguments(d.Arguments)
	}
}

func (m *meter) arguments(list ast.ArgumentList) {
	for _, a := range list {
		m.nodes++
		m.value(a.Value, 0)
	}
}

// value measures a value of the document; depth is that of the values it is in.
func (m *meter) value(v *ast.Value, depth int) {
	if v == nil {
		return
	}
	m.nodes++
	switch v.Kind {
	case ast.ListValue:
		m.values.list = max(m.values.list, len(v.Children))
	case ast.ObjectValue:
	default:
		return
	}
	m.values.depth = max(m.values.depth, depth+1)
	for _, child := range v.Children {
		m.value(child.Value, depth+1)
	}
}
