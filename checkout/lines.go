package checkout

import (
	"cmp"
	"fmt"
	"slices"
)

// mergedLine is a line of a cart with the equal ones added to it.
type mergedLine struct {
	line     CartLineInput
	quantity int64
	// first is the index of the first of the equal lines, summed how many they are.
	first, summed int
}

// mergeLines adds up lines of the same item, options (in any order) and note, in the order in which they first appear.
func mergeLines(lines []CartLineInput) []mergedLine {
	merged := make([]mergedLine, 0, len(lines))
	seen := make(map[string]int, len(lines))
	for n, line := range lines {
		at, known := seen[likeness(line)]
		if !known {
			at = len(merged)
			seen[likeness(line)] = at
			merged = append(merged, mergedLine{line: line, first: n})
		}
		merged[at].quantity += int64(line.Quantity)
		merged[at].summed++
	}
	return merged
}

// likeness is the same for equal lines, and only for them.
func likeness(line CartLineInput) string {
	options := slices.SortedFunc(slices.Values(line.Options), func(a, b OptionChoiceInput) int {
		return cmp.Or(cmp.Compare(a.GroupID, b.GroupID), cmp.Compare(a.OptionID, b.OptionID))
	})
	return fmt.Sprintf("%q %q %q", line.ItemID, text(line.Note), options)
}

// text is an optional string; a missing one is empty.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
