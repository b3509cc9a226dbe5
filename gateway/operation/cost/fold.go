package cost

// fold evaluates a selection once and for all if no variable has a say in it.
func (s *selection) fold() {
	for _, f := range s.fields {
		if len(f.when) > 0 || len(f.weighed) > 0 || f.size.variable() || f.below != nil && !f.below.constant {
			return
		}
	}
	for _, parts := range [][]part{s.parts, s.variants} {
		for _, p := range parts {
			if len(p.when) > 0 || !p.constant {
				return
			}
		}
	}
	r := run{}
	s.cost, s.constant = r.selection(s), true
	s.fields, s.parts, s.variants, s.types = nil, nil, nil, nil // nobody looks at them again
}

func (s size) variable() bool {
	for _, one := range s.slices {
		if one.variable != "" {
			return true
		}
	}
	return false
}
