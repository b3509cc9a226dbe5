package stage

import (
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"

	"github.com/go-json-experiment/json"
)

// MaxBody bounds the bytes of a request that a simulated service reads.
const MaxBody = 1 << 20

// ReadJSON decodes the body into a pointer: UTF-8, no duplicate, unknown or case-folded names, no trailing bytes, at most [MaxBody].
// Where that fails it answers with a problem itself (400 malformed_body, 413 body_too_large, 415 unsupported_media_type) and
// returns false.
func ReadJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		Problem(w, http.StatusUnsupportedMediaType, "unsupported_media_type", "Send the body as application/json.", nil)
		return false
	}
	body, ok := readBody(w, r)
	if !ok {
		return false
	}
	if err := json.Unmarshal(body, into, json.RejectUnknownMembers(true)); err != nil {
		Problem(w, http.StatusBadRequest, "malformed_body", "The body is not the JSON of the contract: "+err.Error(), nil)
		return false
	}
	return true
}

// readBody reads the whole body or answers with a problem and returns false.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		Problem(w, http.StatusRequestEntityTooLarge, "body_too_large", "The body has more than 1 MiB.", nil)
		return nil, false
	}
	if err != nil {
		Problem(w, http.StatusBadRequest, "malformed_body", "The body did not arrive whole.", nil)
		return nil, false
	}
	return body, true
}

// WriteJSON answers with v as application/json. Nil slices and maps become [] and {}, members stand in a fixed order. A value that
// JSON cannot hold is a mistake in the service and panics.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	write(w, status, "application/json", v)
}

// Problem answers with a problem document (RFC 9457): code is the contract's own word for what is wrong, detail is for people,
// members are what the code promises beyond that; nil for none.
func Problem(w http.ResponseWriter, status int, code, detail string, members map[string]any) {
	problem := map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "code": code, "detail": detail}
	maps.Copy(problem, members)
	write(w, status, "application/problem+json", problem)
}

func write(w http.ResponseWriter, status int, contentType string, v any) {
	body, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		panic("stage: an answer that JSON cannot hold: " + err.Error())
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has gone: nobody to tell
}
