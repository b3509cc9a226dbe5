package client

import (
	"slices"
	"strconv"
	"strings"
)

// version is up to four numbers, and whether something like -beta.1 comes before the release of that number.
type version struct {
	numbers [4]uint64
	release bool
}

// parse reads 3.2.0, v3.2, 2026.11.3.1, 3.2.0-beta.1, 3.2.0+77. What is behind + does not count (Semantic Versioning, section 10).
func parse(text string) (version, bool) {
	text, _, _ = strings.Cut(strings.TrimPrefix(text, "v"), "+")
	text, _, early := strings.Cut(text, "-")
	v := version{release: !early}
	parts := strings.Split(text, ".")
	if len(parts) > len(v.numbers) {
		return version{}, false
	}
	for n, part := range parts {
		number, err := strconv.ParseUint(part, 10, 32)
		if err != nil {
			return version{}, false
		}
		v.numbers[n] = number
	}
	return v, true
}

// before reports whether v is older than w. Pre-releases of one version are not told apart.
func (v version) before(w version) bool {
	if c := slices.Compare(v.numbers[:], w.numbers[:]); c != 0 {
		return c < 0
	}
	return !v.release && w.release
}
