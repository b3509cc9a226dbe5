package answer

import (
	"errors"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tiffin/fault"
	"tiffin/telemetry"
)

// Refuse answers a request that is not executed: the status is that of f's code.
func Refuse(w http.ResponseWriter, r *http.Request, f *fault.Error) {
	media, ok := Negotiate(r.Header)
	if !ok {
		media = JSON // somebody has to be told
	}
	Write(w, r, media, media.Status(f.Code), &graphql.Response{Errors: gqlerror.List{Error(r.Context(), f)}})
}

// Write sends the response, its data byte for byte as they are and at most MaxErrors of its errors, and tells the access record.
// Data of nil leaves the entry out, as a response has it that was never executed.
func Write(w http.ResponseWriter, r *http.Request, media Media, status int, resp *graphql.Response) {
	note(telemetry.AccessFrom(r.Context()), resp.Errors)
	head, tail := envelope(resp)
	h := w.Header()
	h.Set("Content-Type", string(media)+"; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(head)+len(resp.Data)+len(tail)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if after := retryAfter(resp.Errors); after > 0 && status >= http.StatusBadRequest {
		h.Set("Retry-After", strconv.Itoa(int((after+time.Second-1)/time.Second)))
	}
	w.WriteHeader(status)
	for _, part := range [][]byte{head, resp.Data, tail} {
		if _, err := w.Write(part); err != nil {
			return // the client left
		}
	}
}

func note(access *telemetry.Access, errs gqlerror.List) {
	for _, e := range errs {
		service, _ := e.Extensions["service"].(string)
		access.NoteError(string(Code(e)), service)
	}
}

// retryAfter is what the first error asks for.
func retryAfter(errs gqlerror.List) time.Duration {
	var f *fault.Error
	if len(errs) > 0 && errors.As(errs[0], &f) {
		return f.RetryAfter
	}
	return 0
}

// envelope is the response without its data: what comes before them, and what comes after.
func envelope(resp *graphql.Response) (head, tail []byte) {
	head = []byte{'{'}
	if errs := resp.Errors; len(errs) > 0 {
		head = append(head, `"errors":`...)
		head = append(head, encode(wireErrors(errs))...)
	}
	if resp.Data != nil {
		head = append(separate(head), `"data":`...)
	}
	if extensions := withOmitted(resp); len(extensions) > 0 {
		if resp.Data != nil || len(resp.Errors) > 0 {
			tail = append(tail, ',')
		}
		tail = append(tail, `"extensions":`...)
		tail = append(tail, encode(extensions)...)
	}
	return head, append(tail, '}')
}

func separate(head []byte) []byte {
	if len(head) > 1 {
		head = append(head, ',')
	}
	return head
}

// withOmitted adds to the extensions how many errors are left out.
func withOmitted(resp *graphql.Response) map[string]any {
	over := len(resp.Errors) - MaxErrors
	if over <= 0 {
		return resp.Extensions
	}
	extensions := map[string]any{"errorsOmitted": over}
	maps.Copy(extensions, resp.Extensions)
	return extensions
}

// wireError is an error as the client sees it.
type wireError struct {
	Message    string              `json:"message"`
	Locations  []gqlerror.Location `json:"locations,omitempty"`
	Path       ast.Path            `json:"path,omitempty"`
	Extensions map[string]any      `json:"extensions,omitempty"`
}

func wireErrors(errs gqlerror.List) []wireError {
	wire := make([]wireError, min(len(errs), MaxErrors))
	for n, e := range errs[:len(wire)] {
		wire[n] = wireError{
			Message: clip(e.Message), Path: e.Path, Extensions: e.Extensions,
			Locations: e.Locations[:min(len(e.Locations), maxLocations)],
		}
	}
	return wire
}

// encode writes JSON of our own making. An extension that a resolver registered and that is no JSON becomes null.
func encode(v any) []byte {
	data, err := json.Marshal(v, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return []byte("null")
	}
	return data
}
