package discovery

import (
	"cmp"
	"slices"
	"strings"
)

// Normalize returns the set as a Provider reports it: sorted by Addr, one endpoint for each, with a weight of at least 1. Of several with the same Addr the result has
// the same one whatever their order was: one that is not draining, then the heaviest, then the one with a zone. It changes nothing in set.
func Normalize(set []Endpoint) []Endpoint {
	out := slices.Clone(set)
	for n := range out {
		out[n].Weight = max(1, out[n].Weight)
	}
	slices.SortFunc(out, compare)
	return slices.CompactFunc(out, func(a, b Endpoint) bool { return a.Addr == b.Addr })
}

// compare orders by Addr, and for the same Addr puts the one in front that Normalize keeps.
func compare(a, b Endpoint) int {
	return cmp.Or(
		strings.Compare(a.Addr, b.Addr),
		compareBool(a.Draining, b.Draining),
		cmp.Compare(b.Weight, a.Weight),
		compareBool(a.Zone == "", b.Zone == ""),
		strings.Compare(a.Zone, b.Zone),
	)
}

// compareBool puts false in front of true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// Equal says whether two normalized sets are the same in every field.
func Equal(a, b []Endpoint) bool { return slices.Equal(a, b) }

// Change is the difference between two sets, each list in the order of its set.
type Change struct {
	// Added were not there before, as they are now.
	Added []Endpoint
	// Removed are not there any more, as they were.
	Removed []Endpoint
	// Changed are in both sets with another zone, weight or draining, as they are now.
	Changed []Endpoint
}

// None says that the sets were equal, apart from their order.
func (c Change) None() bool { return len(c.Added)+len(c.Removed)+len(c.Changed) == 0 }

// Diff compares sets without duplicates, in any order, by Addr.
func Diff(before, after []Endpoint) Change {
	var c Change
	was := byAddr(before)
	for _, e := range after {
		old, found := was[e.Addr]
		switch {
		case !found:
			c.Added = append(c.Added, e)
		case old != e:
			c.Changed = append(c.Changed, e)
		}
	}
	is := byAddr(after)
	for _, e := range before {
		if _, found := is[e.Addr]; !found {
			c.Removed = append(c.Removed, e)
		}
	}
	return c
}

func byAddr(set []Endpoint) map[string]Endpoint {
	m := make(map[string]Endpoint, len(set))
	for _, e := range set {
		m[e.Addr] = e
	}
	return m
}
