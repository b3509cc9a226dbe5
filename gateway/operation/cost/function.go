package cost

import (
	"math"

	"github.com/vektah/gqlparser/v2/ast"
)

// Cost is what an operation, or a part of it, costs.
type Cost struct {
	// Field is what resolving takes, Type what the answer is made of.
	Field, Type float64
}

// most is the highest cost that is told apart.
const most = 1e15

// Total is what a budget is spent on: the larger of the two, as a whole number.
func (c Cost) Total() int { return int(math.Ceil(min(max(c.Field, c.Type), most))) }

func (c Cost) plus(other Cost) Cost {
	return Cost{Field: c.Field + other.Field, Type: c.Type + other.Type}
}

// Function is the cost of one operation. It is immutable.
type Function struct {
	model *Model
	root  *selection
	// once is the root object's own weight.
	once float64
	// weighed are the variables whose values cost something.
	weighed []*ast.VariableDefinition
	// slices are all slicing arguments; choices are those of fields that want exactly one.
	slices  []slice
	choices []choice
	// memos is how many selections have a place in a run's memory.
	memos int
	nodes int
	shape *shape
}

// choice is a field of which exactly one slicing argument must be given.
type choice struct {
	field  string
	slices []slice
}

// selection is a selection set. Its cost is that of what it always has and of the dearest of the types that it can be.
type selection struct {
	// constant selections have their cost; memo is the place of another's cost in a run's memory, 0 for none.
	constant bool
	cost     Cost
	memo     int

	fields   []*field
	parts    []part
	variants []part
	// types are the variants of each type that the object can be.
	types [][]int
}

// part is a fragment where it is spread.
type part struct {
	when []condition
	*selection
}

// field is a field where it is selected.
type field struct {
	when   []condition
	weight float64
	// weighed are those of Function.weighed that its arguments have.
	weighed []int
	// each is the weight of one of its objects or leaves, size how many there are.
	each  float64
	size  size
	below *selection
}

// condition is a @skip or @include that depends on a variable.
type condition struct {
	variable string
	want     bool
}

// size is the number of values of a field.
type size struct {
	// times is the number of values where there are no slices, else what their largest is multiplied with.
	times    float64
	slices   []slice
	fallback float64
}

// slice is a slicing argument where it is given.
type slice struct {
	// variable is whose value it is; empty for the constant. Without a value it is fallback: the schema's default.
	variable string
	constant float64
	given    bool
	fallback float64
	standard bool
}

// Nodes is how many nodes the function has, for judging its memory.
func (f *Function) Nodes() int { return f.nodes }
