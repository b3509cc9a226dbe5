package auth

import (
	"context"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// maxSteps bounds how many fields are looked at for what they take along. Beyond it an object is fetched that will be null: a waste, but
// no leak, for what is refused is withheld wherever it turns up.
const maxSteps = 10_000

// withheld is what of one operation its caller may not have.
type withheld struct {
	policy   *Policy
	op       *graphql.OperationContext
	verdicts []verdict
	left     int
	// lost are the fields that are null because of something below them, by their first node and by the way to them: the same fragment
	// can be whole in one place and not in another.
	lost map[*ast.Field]map[string]*loss
}

// loss is why a field is null.
type loss struct {
	verdict

	// node is the field that is refused, below what leads to it from the one that is null: empty where it is that one, and no longer
	// than to the first list, whose indices nobody knows.
	node  *ast.Field
	below ast.Path
}

// own is the refusal of the field itself, resolved on an object.
func (w *withheld) own(object string, field *ast.Field) *loss {
	for _, place := range w.policy.of(object, field) {
		if v := w.verdicts[place]; v.refused != nil {
			return &loss{verdict: v, node: field}
		}
	}
	return nil
}

// field is why the field cannot be had, at the end of a way; nil if it can, though not all below it has to be.
func (w *withheld) field(object string, field graphql.CollectedField, way string) *loss {
	if lost := w.own(object, field.Field); lost != nil {
		return lost
	}
	returned := w.policy.schema.Types[field.Definition.Type.Name()]
	if !returned.IsCompositeType() || field.Name == "__schema" || field.Name == "__type" {
		return nil
	}
	way = further(way, object, field.Alias)
	below := w.objects(returned, field.Selections, way)
	if below == nil || !losesAll(field.Definition.Type) {
		return nil
	}
	lost := *below
	if field.Definition.Type.Elem != nil {
		lost.below = nil
	}
	if w.lost[field.Field] == nil {
		w.lost[field.Field] = map[string]*loss{}
	}
	w.lost[field.Field][way] = &lost
	return &lost
}

// objects is why no object of the type can be had: each that it can be lacks something.
func (w *withheld) objects(of *ast.Definition, set ast.SelectionSet, way string) (lost *loss) {
	whole := false
	for _, member := range w.policy.schema.GetPossibleTypes(of) {
		below := w.object(member, set, way)
		whole = whole || below == nil
		if lost == nil {
			lost = below
		}
	}
	if whole {
		return nil
	}
	return lost
}

// object is why one of the type cannot be had: a field of it that must not be null cannot.
func (w *withheld) object(of *ast.Definition, set ast.SelectionSet, way string) (lost *loss) {
	if w.left--; w.left < 0 {
		return nil
	}
	for _, field := range graphql.CollectFields(w.op, set, w.policy.implements[of.Name]) {
		if w.left--; w.left < 0 {
			return nil
		}
		below := w.field(of.Name, field, way)
		if below == nil || lost != nil || !field.Definition.Type.NonNull {
			continue
		}
		copied := *below
		copied.below = append(ast.Path{ast.PathName(field.Alias)}, below.below...)
		lost = &copied
	}
	return lost
}

// losesAll reports whether a field of the type is null when none of its objects can be had. It is not where a list in it may hold null:
// how long that is nobody knows before it is fetched.
func losesAll(t *ast.Type) bool {
	for ; t.Elem != nil; t = t.Elem {
		if !t.Elem.NonNull {
			return false
		}
	}
	return true
}

// further is a way with one more step: the object as well as the field, for one name can be two fields on two types.
func further(way, object, alias string) string { return way + "/" + object + ":" + alias }

// resolve is the operation's resolver middleware: what is withheld is not resolved.
func (w *withheld) resolve(ctx context.Context, next graphql.Resolver) (any, error) {
	fc := graphql.GetFieldContext(ctx)
	if lost := w.own(fc.Object, fc.Field.Field); lost != nil {
		return nil, lost.refused
	}
	if ways := w.lost[fc.Field.Field]; ways != nil {
		if lost := ways[wayOf(fc)]; lost != nil {
			return nil, lost.at(ctx, graphql.CollectedField{Field: fc.Field.Field}, fc.Parent.Path())
		}
	}
	return next(ctx)
}

// wayOf is the way to a field that is resolved.
func wayOf(fc *graphql.FieldContext) string {
	var steps []string
	for it := fc; it != nil; it = it.Parent {
		if it.Index == nil && it.Field.Field != nil {
			steps = append(steps, "/"+it.Object+":"+it.Field.Alias)
		}
	}
	var b strings.Builder
	for _, step := range slices.Backward(steps) {
		b.WriteString(step)
	}
	return b.String()
}
