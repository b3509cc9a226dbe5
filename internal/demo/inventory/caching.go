package inventory

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// How long answers may be reused.
const (
	restaurantAge = time.Minute // kitchens open and close
	menuAge       = 5 * time.Minute

	imageCaching = "public, max-age=31536000, immutable"
)

// writeCacheable answers with v as JSON, good for maxAge; see [writeTagged].
func writeCacheable(w http.ResponseWriter, r *http.Request, maxAge time.Duration, v any) {
	body, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		panic("inventory: an answer that JSON cannot hold: " + err.Error())
	}
	writeTagged(w, r, "application/json", fmt.Sprintf("public, max-age=%d", int(maxAge.Seconds())), body)
}

// writeTagged answers with the body under a strong ETag, or 304 where the client has it (RFC 9110, section 13.1.2).
func writeTagged(w http.ResponseWriter, r *http.Request, contentType, caching string, body []byte) {
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", caching)
	if hasTag(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(body) // the client has gone: nobody to tell
}

// hasTag compares weakly, as If-None-Match wants it. Our tags have no comma.
func hasTag(fields []string, tag string) bool {
	for candidate := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == tag || candidate == "*" {
			return true
		}
	}
	return false
}
