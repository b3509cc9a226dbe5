package limits

import (
	"fmt"

	"tiffin/fault"
)

// Exceeded is one limit that an operation goes beyond.
type Exceeded struct {
	// Code is that of the error: one per limit.
	Code fault.Code
	// What is exceeded, as a sentence begins: "Too many aliases".
	What string
	// Found is what the operation has; where AtLeast is set, nobody counted further.
	Found   int
	AtLeast bool
	// Allowed is the limit.
	Allowed int
	// Mode says whether the operation is refused.
	Mode Mode
}

// String is the message for the client.
func (e Exceeded) String() string {
	if e.AtLeast {
		return fmt.Sprintf("%s: found at least %d, allowed %d.", e.What, e.Found, e.Allowed)
	}
	return fmt.Sprintf("%s: found %d, allowed %d.", e.What, e.Found, e.Allowed)
}

// Refused reports whether the operation may not go on.
func (e Exceeded) Refused() bool { return e.Mode != Measure }

// AnyRefused reports whether one of them is enforced.
func AnyRefused(exceeded []Exceeded) bool {
	for _, e := range exceeded {
		if e.Refused() {
			return true
		}
	}
	return false
}

// check holds what was found against a limit.
func (l Limit) check(list []Exceeded, code fault.Code, what string, found int) []Exceeded {
	if found <= l.Max {
		return list
	}
	return append(list, Exceeded{Code: code, What: what, Found: found, Allowed: l.Max, Mode: l.Mode})
}

// TooManyTokens is the limit of tokens, exceeded: their number is known where it is only measured.
func (c Config) TooManyTokens(found int) Exceeded {
	return Exceeded{
		Code: fault.MaxTokens, What: "Too many tokens", Found: found, AtLeast: c.Tokens.Mode != Measure || found > c.Tokens.Ceiling(),
		Allowed: c.Tokens.Max, Mode: refusedAbove(c.Tokens, found),
	}
}

// TooManyComparisons is the limit of comparisons, exceeded: they end at its ceiling.
func (c Config) TooManyComparisons(found int) Exceeded {
	return Exceeded{
		Code: fault.MaxComparisons, What: "Too many fields that overlap, in comparisons", Found: found,
		AtLeast: found > c.Comparisons.Ceiling(), Allowed: c.Comparisons.Max, Mode: refusedAbove(c.Comparisons, found),
	}
}

// refusedAbove is the mode of a limit that holds back our own work.
func refusedAbove(l Limit, found int) Mode {
	if found > l.Ceiling() {
		return Enforce
	}
	return l.Mode
}

// Page holds what a slicing argument asks for against the limit.
func (c Config) Page(size int) []Exceeded {
	return c.PageSize.check(nil, fault.MaxPageSize, "Page too large", size)
}
