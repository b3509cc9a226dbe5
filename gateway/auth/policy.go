package auth

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Policy is what a schema's @authenticated and @requiresScopes ask for, read once. It is immutable.
//
// A field asks for what its own definition says, for what the type says that it is a field of, and for what the type says that it
// returns. A field of an interface is decided by the object that it is resolved on, and by the interface's own definition.
type Policy struct {
	schema *ast.Schema
	// rules are the different requirements; fields and reach have their places here.
	rules []requirement
	// fields are those that a definition asks for itself.
	fields map[*ast.FieldDefinition][]int
	// reach adds, for a field of an interface, those of every object that can stand in its place.
	reach map[*ast.FieldDefinition][]int
	// implements are the names of an object's type and of its interfaces and unions: the fragments that apply to it.
	implements map[string][]string
}

// NewPolicy reads the schema.
func NewPolicy(schema *ast.Schema) *Policy {
	p := &Policy{
		schema: schema, fields: map[*ast.FieldDefinition][]int{}, reach: map[*ast.FieldDefinition][]int{}, implements: map[string][]string{},
	}
	places := map[string]int{}
	for _, t := range schema.Types {
		if t.Kind != ast.Object && t.Kind != ast.Interface {
			continue
		}
		for _, f := range t.Fields {
			for _, directives := range []ast.DirectiveList{f.Directives, t.Directives, schema.Types[f.Type.Name()].Directives} {
				p.add(f, requirementOf(directives), places)
			}
		}
	}
	for _, t := range schema.Types {
		p.readMembers(t)
	}
	return p
}

// add notes that the field has the requirement.
func (p *Policy) add(f *ast.FieldDefinition, req requirement, places map[string]int) {
	if !req.authenticated && len(req.scopes) == 0 {
		return
	}
	key := req.key()
	place, known := places[key]
	if !known {
		place = len(p.rules)
		places[key] = place
		p.rules = append(p.rules, req)
	}
	if !slices.Contains(p.fields[f], place) {
		p.fields[f] = append(p.fields[f], place)
	}
}

// readMembers notes which abstract types an object is one of, and what they reach by it.
func (p *Policy) readMembers(t *ast.Definition) {
	if t.Kind == ast.Object {
		p.implements[t.Name] = append(p.implements[t.Name], t.Name)
	}
	if !t.IsAbstractType() {
		return
	}
	for _, member := range p.schema.GetPossibleTypes(t) {
		p.implements[member.Name] = append(p.implements[member.Name], t.Name)
		for _, f := range t.Fields {
			p.reach[f] = union(p.reach[f], p.fields[member.Fields.ForName(f.Name)])
		}
	}
}

func union(a, b []int) []int {
	for _, n := range b {
		if !slices.Contains(a, n) {
			a = append(a, n)
		}
	}
	return a
}

// Guards are what fields of one operation ask for; none where anybody may have all of it.
type Guards []int

// Guards finds them, in a valid document, whatever its variables say.
func (p *Policy) Guards(operation *ast.OperationDefinition) Guards {
	if len(p.rules) == 0 {
		return nil
	}
	var found Guards
	seen := map[string]bool{}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, selection := range set {
			switch it := selection.(type) {
			case *ast.Field:
				found = union(union(found, p.fields[it.Definition]), p.reach[it.Definition])
				walk(it.SelectionSet)
			case *ast.InlineFragment:
				walk(it.SelectionSet)
			case *ast.FragmentSpread:
				if !seen[it.Name] {
					seen[it.Name] = true
					walk(it.Definition.SelectionSet)
				}
			}
		}
	}
	walk(operation.SelectionSet)
	return found
}

// of are the rules of a field that is selected by one definition and resolved on an object.
func (p *Policy) of(object string, field *ast.Field) []int {
	selected := p.fields[field.Definition]
	definition := p.schema.Types[object]
	if definition == nil || definition == field.ObjectDefinition {
		return selected
	}
	return union(slices.Clone(p.fields[definition.Fields.ForName(field.Name)]), selected)
}

// requirementOf reads directives. @requiresScopes is not repeatable, so there is one at the most.
func requirementOf(directives ast.DirectiveList) requirement {
	req := requirement{authenticated: directives.ForName("authenticated") != nil}
	if d := directives.ForName("requiresScopes"); d != nil {
		req.scopes = scopesOf(d.Arguments.ForName("scopes"))
	}
	return req
}

// scopesOf reads [["a", "b"], ["c"]]. A value alone stands for a list of one (GraphQL, section 3.11).
func scopesOf(argument *ast.Argument) [][]string {
	if argument == nil {
		return nil
	}
	var alternatives [][]string
	for _, list := range items(argument.Value) {
		var scopes []string
		for _, scope := range items(list) {
			scopes = append(scopes, scope.Raw)
		}
		alternatives = append(alternatives, scopes)
	}
	return alternatives
}

func items(v *ast.Value) []*ast.Value {
	if v.Kind != ast.ListValue {
		return []*ast.Value{v}
	}
	values := make([]*ast.Value, len(v.Children))
	for n, child := range v.Children {
		values[n] = child.Value
	}
	return values
}

// key tells requirements apart.
func (req requirement) key() string {
	var b strings.Builder
	if req.authenticated {
		b.WriteByte('@')
	}
	for _, alternative := range req.scopes {
		b.WriteString("|" + strings.Join(alternative, " "))
	}
	return b.String()
}
