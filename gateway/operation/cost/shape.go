package cost

import "github.com/vektah/gqlparser/v2/ast"

// maxShape bounds the selections that are merged into a shape; limits hold operations far below it.
const maxShape = 50_000

// shape is what a value of the response costs, by the names in the answer.
type shape struct {
	weight  float64
	weighed []int
	// each is the weight of one object or leaf, below are an object's fields.
	each  float64
	below map[string]*shape
}

// shapeOf merges what the operation selects; nil where it has no end that is worth reaching.
func (c *compiler) shapeOf(operation *ast.OperationDefinition, root *ast.Definition) *shape {
	b, before := &shaper{compiler: c, left: maxShape}, c.f.nodes
	top := &shape{each: c.typeWeight(root)}
	b.merge(top, operation.SelectionSet, map[string]bool{})
	if b.left < 0 {
		c.f.nodes = before
		return nil
	}
	return top
}

type shaper struct {
	*compiler

	left int
	// spread are the fragments that are in a shape's fields already.
	spread map[*shape]map[string]bool
}

// merge adds what a selection set selects to the shape of its object. Of fields that can stand for one another the dearer counts.
func (b *shaper) merge(into *shape, set ast.SelectionSet, spread map[string]bool) {
	for _, it := range set {
		if b.left--; b.left < 0 {
			return
		}
		switch it := it.(type) {
		case *ast.Field:
			b.field(into, it)
		case *ast.InlineFragment:
			b.merge(into, it.SelectionSet, spread)
		case *ast.FragmentSpread:
			if !spread[it.Name] {
				spread[it.Name] = true
				b.merge(into, it.Definition.SelectionSet, spread)
			}
		}
	}
}

func (b *shaper) field(into *shape, it *ast.Field) {
	s := into.below[it.Alias]
	if s == nil {
		s = &shape{}
		b.f.nodes++
		if into.below == nil {
			into.below = map[string]*shape{}
		}
		into.below[it.Alias] = s
	}
	if it.Name == "__schema" || it.Name == "__type" {
		s.weight = introspection
		return
	}
	model := b.fields[it.Definition]
	if model == nil {
		return
	}
	weight, weighed := b.weigh(it, model)
	s.weight, s.each = max(s.weight, weight), max(s.each, model.each)
	if len(weighed) > len(s.weighed) {
		s.weighed = weighed
	}
	if b.spread == nil {
		b.spread = map[*shape]map[string]bool{}
	}
	if b.spread[s] == nil {
		b.spread[s] = map[string]bool{}
	}
	b.merge(s, it.SelectionSet, b.spread[s])
}
