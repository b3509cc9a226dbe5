package orders

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

// place is where an order stands in a list: keyset, so that it stays when orders come.
type place struct {
	nanos int64 // of placed_at
	ref   string
}

func placeOf(o *order) place { return place{o.placedAt.UnixNano(), o.ref} }

func (p place) cursor() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(p.nanos, 36) + "." + p.ref))
}

// parseCursor reads a cursor; nil for the empty one.
func parseCursor(text string) (*place, *refusal) {
	if text == "" {
		return nil, nil
	}
	invalid := &refusal{status: http.StatusUnprocessableEntity, code: "cursor_invalid", detail: "not a cursor of this service"}
	plain, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, invalid
	}
	nanos, ref, _ := strings.Cut(string(plain), ".")
	n, err := strconv.ParseInt(nanos, 36, 64)
	if err != nil || ref == "" {
		return nil, invalid
	}
	return &place{n, ref}, nil
}
