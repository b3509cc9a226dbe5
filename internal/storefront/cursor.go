package storefront

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
)

// ErrCursor reports a cursor that does not come from a page with this filter.
var ErrCursor = errors.New("not a cursor of a page with the same arguments")

const (
	// maxCursor bounds a cursor, in characters.
	maxCursor = 1024
	// sealBytes is how much of the hash a cursor carries: enough against mistakes. A cursor is no secret and grants nothing.
	sealBytes = 8
)

// SealCursor makes the opaque cursor that a client sees of a service's own, inner, and binds it to the filter of its page: any text
// that is the same for the same arguments. Inner may be up to 700 bytes long.
func SealCursor(filter, inner string) string {
	return base64.RawURLEncoding.EncodeToString(append(seal(filter, inner), inner...))
}

// OpenCursor gives back inner, or [ErrCursor] where the cursor was made with another filter or by somebody else.
func OpenCursor(filter, cursor string) (inner string, err error) {
	if len(cursor) > maxCursor {
		return "", ErrCursor
	}
	data, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(data) < sealBytes {
		return "", ErrCursor
	}
	inner = string(data[sealBytes:])
	if SealCursor(filter, inner) != cursor { // also where base64 has several texts for the same bytes
		return "", ErrCursor
	}
	return inner, nil
}

// seal hashes both texts. The cursor shows inner, so that where one ends and the other begins is not in doubt.
func seal(filter, inner string) []byte {
	sum := sha256.Sum256([]byte(filter + inner))
	return sum[:sealBytes]
}
