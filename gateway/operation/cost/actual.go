package cost

// Actual is the cost of an operation by its response's data, JSON that was made for it: as the specification's Query Response Analysis,
// an object's type not being known, fields of the same name count as the dearer. It reads the data once. False says that the function
// was compiled without, or that the data are none.
func (f *Function) Actual(variables map[string]any, data []byte) (Cost, bool) {
	if f.shape == nil || len(data) == 0 {
		return Cost{}, false
	}
	s := scan{run: run{f: f, variables: variables}, data: data}
	s.prepare()
	s.value(f.shape)
	return s.cost, !s.broken
}

// scan reads data along a shape.
type scan struct {
	run

	data   []byte
	at     int
	cost   Cost
	broken bool
}

// peek is the next byte that is no white space; 0 at the end.
func (s *scan) peek() byte {
	for s.at < len(s.data) {
		switch b := s.data[s.at]; b {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return b
		}
	}
	s.broken = true
	return 0
}

func (s *scan) value(of *shape) {
	switch s.peek() {
	case '{':
		s.cost.Type += max(of.each, 0)
		s.object(of)
	case '[':
		s.list(of)
	case 'n':
		s.skip()
	default:
		s.cost.Type += max(of.each, 0)
		s.skip()
	}
}

func (s *scan) list(of *shape) {
	s.at++
	for s.more(']') {
		s.value(of)
	}
}

func (s *scan) object(of *shape) {
	if of.below == nil { // a scalar that is an object, or introspection
		s.skip()
		return
	}
	s.at++
	for s.more('}') {
		begin := s.at + 1
		s.skip()
		field := of.below[string(s.data[min(begin, s.at):max(begin, s.at-1)])]
		if s.peek() == ':' {
			s.at++
		}
		if field == nil {
			s.skip()
			continue
		}
		s.cost.Field += s.weigh(field)
		s.value(field)
	}
}

func (s *scan) weigh(of *shape) float64 {
	weight := of.weight
	for _, n := range of.weighed {
		weight += s.weighed[n]
	}
	return max(weight, 0)
}

// more goes to the next element, and past the end.
func (s *scan) more(end byte) bool {
	b := s.peek()
	if b == ',' {
		s.at++
		b = s.peek()
	}
	if b == end {
		s.at++
	}
	return b != end && !s.broken
}

// skip goes past a value, however deep.
func (s *scan) skip() {
	for depth := 0; s.at < len(s.data); {
		b := s.peek()
		s.at++
		switch b {
		case '"':
			s.text()
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',', ':':
		default:
			s.literal()
		}
		if depth <= 0 && b != ',' && b != ':' {
			return
		}
	}
}

func (s *scan) text() {
	for ; s.at < len(s.data); s.at++ {
		switch s.data[s.at] {
		case '\\':
			s.at++
		case '"':
			s.at++
			return
		}
	}
	s.broken = true
}

// literal goes past the rest of a number or a word.
func (s *scan) literal() {
	for ; s.at < len(s.data); s.at++ {
		switch s.data[s.at] {
		case ',', ']', '}', ' ', '\t', '\n', '\r':
			return
		}
	}
}
