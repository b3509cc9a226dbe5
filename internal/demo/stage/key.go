package stage

import (
	"net/http"
	"strings"
)

// maxKey bounds the characters of an Idempotency-Key.
const maxKey = 255

// requireKey reads the request's one Idempotency-Key, or answers with a problem and returns false.
func requireKey(w http.ResponseWriter, r *http.Request) (string, bool) {
	values := r.Header.Values("Idempotency-Key")
	if len(values) == 0 {
		Problem(w, http.StatusBadRequest, "idempotency_key_missing", "A write needs the header Idempotency-Key.", nil)
		return "", false
	}
	key, ok := parseString(values[0])
	if !ok || len(values) > 1 || key == "" || len(key) > maxKey {
		Problem(w, http.StatusBadRequest, "idempotency_key_invalid",
			`Idempotency-Key must be one structured-field string of 1 to 255 characters, with its quotes: "…".`, nil)
		return "", false
	}
	return key, true
}

// parseString reads a structured-field string (RFC 9651, section 4.2.5) without parameters.
func parseString(field string) (string, bool) {
	inner, ok := strings.CutPrefix(strings.Trim(field, " "), `"`)
	if !ok {
		return "", false
	}
	var text strings.Builder
	for i := 0; i < len(inner); i++ {
		c := inner[i]
		switch {
		case c == '"':
			return text.String(), i == len(inner)-1
		case c == '\\':
			i++
			if i == len(inner) || (inner[i] != '"' && inner[i] != '\\') {
				return "", false
			}
			c = inner[i]
		case c < ' ' || c > '~':
			return "", false
		}
		text.WriteByte(c)
	}
	return "", false
}
