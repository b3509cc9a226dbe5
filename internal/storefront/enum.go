package storefront

import (
	"fmt"
	"io"
	"slices"
)

// WriteEnum writes an enum's value as GraphQL wants it, or fallback where the value is no member: gqlgen itself would let anything out.
func WriteEnum[E ~string](w io.Writer, value, fallback E, members []E) {
	if !slices.Contains(members, value) {
		value = fallback
	}
	writeQuoted(w, string(value))
}

// ReadEnum reads an enum's value from a client and refuses what is no member.
func ReadEnum[E ~string](into *E, value any, members []E) error {
	text, ok := value.(string)
	if !ok || !slices.Contains(members, E(text)) {
		return fmt.Errorf("must be one of %v", members)
	}
	*into = E(text)
	return nil
}
