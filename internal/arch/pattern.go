package arch

import (
	"path"
	"strings"
)

// matches says whether a package path matches a list of patterns, separated by
// spaces: those of path.Match, "x/..." for x and all below it, and "..." for
// everything. A pattern after a minus takes packages out again, wherever it stands.
func matches(patterns, pkg string) bool {
	in := false
	for pattern := range strings.FieldsSeq(patterns) {
		except, negated := strings.CutPrefix(pattern, "-")
		switch {
		case negated && matchesOne(except, pkg):
			return false
		case !negated && matchesOne(pattern, pkg):
			in = true
		}
	}
	return in
}

func matchesOne(pattern, pkg string) bool {
	if pattern == "..." {
		return true
	}
	if root, below := strings.CutSuffix(pattern, "/..."); below {
		return isBelow(root, pkg)
	}
	ok, err := path.Match(pattern, pkg)
	return ok && err == nil
}

// isBelow says whether a path is root or lies below it.
func isBelow(root, pkg string) bool {
	return pkg == root || strings.HasPrefix(pkg, root+"/")
}
