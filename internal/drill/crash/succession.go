//go:build unix

package crash

import "fmt"

// succession is what came of the rows of two releases.
type succession struct {
	// of has the release of each row: that of the gateway that began it.
	of map[string]release
	// begun counts rows by their release.
	begun map[release]int
	// adopted counts the rows of this release that the next one ended, returned those that this one took back after the next one had gone
	// on with them.
	adopted, returned int
	// problems has one for each row with any.
	problems []string

	launched map[string]release
	// versions are what each release begins rows with.
	versions map[release]int
}

// follow goes through all tenures, those of a row one after the other. launched has the release of each owner.
func follow(all []tenure, launched map[string]release) succession {
	s := succession{of: map[string]release{}, begun: map[release]int{}, launched: launched, versions: map[release]int{}}
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].Saga == all[0].Saga {
			n++
		}
		s.row(all[:n])
		all = all[n:]
	}
	if this, next := s.versions[thisRelease], s.versions[nextRelease]; len(s.versions) > 1 && next <= this {
		s.problems = append(s.problems, fmt.Sprintf("the next release begins rows with version %d, and this one with %d", next, this))
	}
	return s
}

// row takes in the tenures of one row.
func (s *succession) row(tenures []tenure) {
	first, last := tenures[0], tenures[len(tenures)-1]
	of := s.launched[first.Owner]
	s.of[first.Saga] = of
	s.begun[of]++
	if _, other := s.versions[of]; !other {
		s.versions[of] = first.Version
	}
	for n, t := range tenures {
		if problem := s.compare(t, tenures[max(0, n-1)], of, n == 0); problem != "" {
			s.problems = append(s.problems, fmt.Sprintf("row %s of version %d was driven by %s in epoch %d, %s", t.Saga, t.Version, t.Owner, t.Epoch, problem))
			break
		}
	}
	if of == thisRelease && last.Ended && s.launched[last.Owner] == nextRelease {
		s.adopted++
	}
	if of == thisRelease && s.back(tenures) {
		s.returned++
	}
}

// compare holds a tenure against the one before, and against what its gateway may do to a row of that release.
func (s *succession) compare(now, before tenure, of release, first bool) string {
	by, known := s.launched[now.Owner]
	switch {
	case !known:
		return "whom nobody started"
	case now.Version != s.versions[of]:
		return fmt.Sprintf("and %s begins rows with version %d", of, s.versions[of])
	case !first && now.Epoch == before.Epoch:
		return "and in the same by " + before.Owner
	case by == thisRelease && of == nextRelease:
		return fmt.Sprintf("of %s, and the row is of %s", by, of)
	}
	return ""
}

// back reports whether the next release went on with a row, and then this one.
func (s *succession) back(tenures []tenure) bool {
	there := false
	for _, t := range tenures {
		switch by := s.launched[t.Owner]; {
		case t.Steps == 0: // it took the row, and wrote nothing
		case by == nextRelease:
			there = true
		case there:
			return true
		}
	}
	return false
}
