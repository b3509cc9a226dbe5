package stage

// NewBoundedKeys is NewKeys with room for few, for tests of the bound.
func NewBoundedKeys(limit int) *Keys {
	k := NewKeys(nil)
	k.limit = limit
	return k
}
