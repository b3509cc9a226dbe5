package validation

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// overlap is the rule "Field Selection Merging" (section 5.3.2): fields with the same name in the answer have the same shape, and are
// the same field with the same arguments unless their parents can never be the same object.
//
// The specification compares all pairs. But having the same shape and being the same field are equivalences, so a group of fields is
// right if each is like its first; and what is below them is right if all that is below the group is, taken together. So each field is
// looked at once per group that it is in. It is in several only where fields of an interface stand beside the like-named ones of
// several objects: the steps are counted, and end at the bound.
type overlap struct {
	schema *ast.Schema
	// steps counts the selections that were looked at and the parts of them that were compared.
	steps, most int
	errs        []*gqlerror.Error
	// text is how long the errors' texts are together.
	text int
}

// aspect is what of a group of fields is compared.
type aspect int

const (
	// shape is the type: which is a list, which can be null, and which leaf it is.
	shape aspect = 1 << iota
	// identity is the field's name and its arguments.
	identity
)

func (o *overlap) done() bool {
	return o.steps > o.most || len(o.errs) >= MaxErrors || o.text >= maxText
}

// visit compares the fields of selection sets that come together in one object of the answer, at the path.
func (o *overlap) visit(sets []ast.SelectionSet, of aspect, path []string) {
	groups := o.collect(sets)
	for _, key := range groups.keys {
		if o.done() {
			return
		}
		o.group(groups.fields[key], of, append(path, key))
	}
}

func (o *overlap) group(fields []*ast.Field, of aspect, path []string) {
	kinds := byObject(fields)
	if len(kinds) == 1 {
		if o.alike(fields, of, path) {
			o.below(fields, of, path)
		}
		return
	}
	if of&shape != 0 && o.alike(fields, shape, path) {
		o.below(fields, shape, path)
	}
	if of&identity == 0 {
		return
	}
	for _, kind := range kinds {
		if o.done() {
			return
		}
		if o.alike(kind, identity, path) {
			o.below(kind, identity, path)
		}
	}
}

func (o *overlap) below(fields []*ast.Field, of aspect, path []string) {
	var sets []ast.SelectionSet
	for _, f := range fields {
		if len(f.SelectionSet) > 0 {
			sets = append(sets, f.SelectionSet)
		}
	}
	if len(sets) > 0 {
		o.visit(sets, of, path)
	}
}

// alike holds each field against the first.
func (o *overlap) alike(fields []*ast.Field, of aspect, path []string) bool {
	first := fields[0]
	for _, f := range fields[1:] {
		if why := o.conflict(first, f, of); why != "" {
			o.report(path, why, first, f)
			return false
		}
	}
	return true
}

func (o *overlap) conflict(a, b *ast.Field, of aspect) string {
	o.steps++
	if of&identity != 0 {
		if a.Name != b.Name {
			return `"` + a.Name + `" and "` + b.Name + `" are different fields`
		}
		if !o.sameArguments(a.Arguments, b.Arguments) {
			return "they have differing arguments"
		}
	}
	if of&shape != 0 && o.differ(a.Definition.Type, b.Definition.Type) {
		return `they return conflicting types "` + a.Definition.Type.String() + `" and "` + b.Definition.Type.String() + `"`
	}
	return ""
}

func (o *overlap) differ(a, b *ast.Type) bool {
	if a.NonNull != b.NonNull || (a.Elem == nil) != (b.Elem == nil) {
		return true
	}
	if a.Elem != nil {
		return o.differ(a.Elem, b.Elem)
	}
	leaf := o.schema.Types[a.NamedType].IsLeafType() || o.schema.Types[b.NamedType].IsLeafType()
	return leaf && a.NamedType != b.NamedType
}

func (o *overlap) report(path []string, why string, fields ...*ast.Field) {
	e := &gqlerror.Error{
		Message: `Fields "` + strings.Join(path, ".") + `" conflict because ` + why +
			`. Use different aliases on the fields to fetch both if this was intentional.`,
	}
	for _, f := range fields {
		if f.Position != nil {
			e.Locations = append(e.Locations, gqlerror.Location{Line: f.Position.Line, Column: f.Position.Column})
		}
	}
	o.errs, o.text = append(o.errs, e), o.text+len(e.Message)
}
