package orders

import (
	"crypto/sha256"
	"encoding/base64"
)

// cursors makes the storefront's cursors of one list from the service's: opaque, and bound to the list, so that one of another list is
// noticed. They are no secret and grant nothing: the service is always asked for the caller's own list.
type cursors struct{ list [8]byte }

// newCursors are those of a reader's orders of a status; empty for all.
func newCursors(reader reader, status OrderStatus) cursors {
	whose := reader.customer
	if reader.any {
		whose = "" // all of support reads the same list
	}
	hash := sha256.Sum256([]byte("orders\x00" + whose + "\x00" + string(status)))
	return cursors{[8]byte(hash[:8])}
}

// maxInner bounds the service's cursors.
const maxInner = 256

func (c cursors) seal(inner string) string {
	return base64.RawURLEncoding.EncodeToString(append(c.list[:], inner...))
}

// open gives the service's cursor; false for garbage and for one of another list.
func (c cursors) open(sealed string) (inner string, ok bool) {
	if len(sealed) > base64.RawURLEncoding.EncodedLen(len(c.list)+maxInner) {
		return "", false
	}
	plain, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil || len(plain) <= len(c.list) || [8]byte(plain) != c.list {
		return "", false
	}
	return string(plain[len(c.list):]), true
}
