package cost

// Estimate is what is known of an operation's cost before it is executed.
type Estimate struct {
	Cost

	// Page is the largest length that a slicing argument asks for.
	Page int
	// Undecided names a field that wants exactly one slicing argument and has none or several; empty if there is none.
	Undecided string
}

// Estimate evaluates the function for variables coerced to their types: it takes a time that the operation's length bounds.
func (f *Function) Estimate(variables map[string]any) Estimate {
	r := run{f: f, variables: variables}
	e := Estimate{Page: int(min(r.page(), most)), Undecided: r.undecided()}
	if f.root.constant {
		e.Cost = f.root.cost
	} else {
		r.prepare()
		e.Cost = r.selection(f.root)
	}
	e.Type += f.once
	return e
}

// run evaluates a function for one set of variables.
type run struct {
	f         *Function
	variables map[string]any
	// weighed are the costs of the values of Function.weighed; memo those of selections, where known.
	weighed []float64
	memo    []Cost
	known   []bool
}

func (r *run) prepare() {
	if n := len(r.f.weighed); n > 0 {
		r.weighed = make([]float64, n)
		for n, definition := range r.f.weighed {
			r.weighed[n] = r.f.model.inputs.value(definition.Type, r.variables[definition.Variable])
		}
	}
	if n := r.f.memos; n > 0 {
		r.memo, r.known = make([]Cost, n+1), make([]bool, n+1)
	}
}

func (r *run) selection(s *selection) Cost {
	if s.constant {
		return s.cost
	}
	if s.memo > 0 && r.known[s.memo] {
		return r.memo[s.memo]
	}
	var sum Cost
	for _, f := range s.fields {
		if r.holds(f.when) {
			sum = sum.plus(r.field(f))
		}
	}
	for _, p := range s.parts {
		if r.holds(p.when) {
			sum = sum.plus(r.selection(p.selection))
		}
	}
	sum = sum.plus(r.dearest(s))
	if s.memo > 0 {
		r.memo[s.memo], r.known[s.memo] = sum, true
	}
	return sum
}

// dearest is the cost of the variants that one type has.
func (r *run) dearest(s *selection) Cost {
	if len(s.types) == 0 {
		return Cost{}
	}
	costs := make([]Cost, len(s.variants))
	for n, v := range s.variants {
		if r.holds(v.when) {
			costs[n] = r.selection(v.selection)
		}
	}
	var dearest Cost
	for _, own := range s.types {
		var sum Cost
		for _, n := range own {
			sum = sum.plus(costs[n])
		}
		dearest = Cost{Field: max(dearest.Field, sum.Field), Type: max(dearest.Type, sum.Type)}
	}
	return dearest
}

func (r *run) field(f *field) Cost {
	once := f.weight
	for _, n := range f.weighed {
		once += r.weighed[n]
	}
	count := r.size(f.size)
	cost := Cost{Field: max(once, 0), Type: count * max(f.each, 0)}
	if f.below != nil && count > 0 {
		below := r.selection(f.below)
		cost.Field += min(count*below.Field, most) // so that nothing grows beyond what a number can hold
		cost.Type += min(count*below.Type, most)
	}
	return cost
}

func (r *run) holds(when []condition) bool {
	for _, c := range when {
		if value, ok := r.variables[c.variable].(bool); ok && value != c.want {
			return false
		}
	}
	return true
}

func (r *run) size(s size) float64 {
	if len(s.slices) == 0 {
		return s.times
	}
	length, sliced := 0.0, false
	for _, one := range s.slices {
		if n, ok := r.slice(one); ok {
			length, sliced = max(length, n), true
		}
	}
	if !sliced {
		length = s.fallback
	}
	return length * s.times
}

// slice is the length that an argument asks for; false where it is neither given nor has a default.
func (r *run) slice(s slice) (float64, bool) {
	if s.given {
		return min(s.constant, most), true
	}
	if value, given := r.variables[s.variable]; given {
		n, ok := number(value)
		return min(n, most), ok
	}
	return s.fallback, s.standard
}

// number reads an Int as coercion leaves it; null is none.
func number(value any) (float64, bool) {
	switch it := value.(type) {
	case nil:
		return 0, false
	case int64:
		return float64(it), true
	default:
		return most, true // of a kind that nobody knows, so that it is refused
	}
}

func (r *run) page() float64 {
	page := 0.0
	for _, s := range r.f.slices {
		if n, ok := r.slice(s); ok {
			page = max(page, n)
		}
	}
	return page
}

// undecided is a field that has not exactly one slicing argument, a default counting only where none is given.
func (r *run) undecided() string {
	for _, c := range r.f.choices {
		given, standard := 0, false
		for _, s := range c.slices {
			standard = standard || s.standard
			if s.given {
				given++
			} else if value, there := r.variables[s.variable]; there && value != nil {
				given++
			}
		}
		if given > 1 || given == 0 && !standard {
			return c.field
		}
	}
	return ""
}
