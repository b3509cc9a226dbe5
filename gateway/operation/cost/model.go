package cost

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// Model is what a schema says about cost. It is immutable.
type Model struct {
	schema *ast.Schema
	fields map[*ast.FieldDefinition]*fieldModel
	types  map[*ast.Definition]float64
	// members are the object types of interfaces and unions.
	members   map[*ast.Definition]map[*ast.Definition]bool
	arguments map[*ast.ArgumentDefinition]float64
	inputs    inputs
	// listSize is the length of lists of which the schema says nothing.
	listSize float64
}

// fieldModel is what a schema says about a field.
type fieldModel struct {
	weight float64
	// composite is the type of its objects; nil where it returns leaves.
	composite *ast.Definition
	// each is the weight of one value of its type.
	each float64
	// lists is how many lists are inside of one another.
	lists int
	size  *listSize // nil without @listSize
}

// New reads the schema; listSize is the length to assume of lists without @listSize. Problems say which directives make no sense and
// are ignored, in words.
func New(schema *ast.Schema, listSize int) (*Model, []string) {
	m := &Model{
		schema: schema, fields: map[*ast.FieldDefinition]*fieldModel{}, types: map[*ast.Definition]float64{},
		members: map[*ast.Definition]map[*ast.Definition]bool{}, arguments: map[*ast.ArgumentDefinition]float64{}, inputs: inputs{
			schema: schema, fields: map[*ast.FieldDefinition]float64{},
		},
		listSize: float64(listSize),
	}
	r := &reader{}
	for _, name := range sortedNames(schema.Types) {
		m.readType(r, schema.Types[name])
	}
	for _, name := range sortedNames(schema.Types) {
		m.readFields(r, schema.Types[name])
	}
	for name, d := range schema.Directives {
		m.readArguments(r, "@"+name, d.Arguments)
	}
	for _, name := range sortedNames(schema.Types) {
		if t := schema.Types[name]; t.Kind == ast.Interface {
			m.inherit(t)
		}
	}
	return m, r.problems
}

func sortedNames(types map[string]*ast.Definition) []string {
	names := make([]string, 0, len(types))
	for name := range types {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// readType weighs a type that is not abstract, and lists the members of one that is.
func (m *Model) readType(r *reader, t *ast.Definition) {
	if t.IsAbstractType() {
		m.members[t] = map[*ast.Definition]bool{}
		for _, member := range m.schema.PossibleTypes[t.Name] {
			m.members[t][member] = true
		}
	}
	if t.IsAbstractType() || introspective(t) {
		return
	}
	standard := 0.0
	if t.IsCompositeType() {
		standard = 1
	}
	m.types[t] = r.weight(t.Name, t.Directives, standard)
}

// introspective types are the schema's own description, which costs next to nothing to read.
func introspective(t *ast.Definition) bool { return len(t.Name) > 1 && t.Name[:2] == "__" }

// typeWeight is a type's weight, an abstract one's that of its dearest member (section 7.2).
func (m *Model) typeWeight(t *ast.Definition) float64 {
	if t == nil || !t.IsAbstractType() {
		return m.types[t]
	}
	weight := 0.0
	for _, member := range m.schema.PossibleTypes[t.Name] {
		weight = max(weight, m.types[member])
	}
	return weight
}

func (m *Model) readFields(r *reader, t *ast.Definition) {
	switch {
	case introspective(t):
	case t.Kind == ast.InputObject:
		for _, f := range t.Fields {
			m.inputs.fields[f] = r.weight(t.Name+"."+f.Name, f.Directives, m.standard(f.Type))
		}
	case t.Kind == ast.Object, t.Kind == ast.Interface:
		for _, f := range t.Fields {
			m.fields[f] = m.readField(r, t.Name+"."+f.Name, f)
		}
	}
}

func (m *Model) readField(r *reader, at string, f *ast.FieldDefinition) *fieldModel {
	m.readArguments(r, at, f.Arguments)
	field := &fieldModel{weight: r.weight(at, f.Directives, m.standard(f.Type))}
	result := m.schema.Types[f.Type.Name()]
	if field.each = m.typeWeight(result); result.IsCompositeType() {
		field.composite = result
	}
	for t := f.Type; t.Elem != nil; t = t.Elem {
		field.lists++
	}
	field.size = r.listSize(at, f, field)
	return field
}

func (m *Model) readArguments(r *reader, of string, list ast.ArgumentDefinitionList) {
	for _, a := range list {
		m.arguments[a] = r.weight(of+"("+a.Name+":)", a.Directives, m.standard(a.Type))
	}
}

// standard is the weight of a field or an argument without @cost (section 7.1).
func (m *Model) standard(t *ast.Type) float64 {
	if result := m.schema.Types[t.Name()]; result.IsCompositeType() || result.Kind == ast.InputObject {
		return 1
	}
	return 0
}

// inherit gives an interface's fields the largest weights and sizes of those that implement them (section 9.1.1).
func (m *Model) inherit(t *ast.Definition) {
	for _, f := range t.Fields {
		field := m.fields[f]
		if field == nil {
			continue
		}
		for _, member := range m.schema.PossibleTypes[t.Name] {
			if own := m.fields[member.Fields.ForName(f.Name)]; own != nil {
				field.weight = max(field.weight, own.weight)
				field.size = field.size.merge(own.size)
			}
		}
	}
}
