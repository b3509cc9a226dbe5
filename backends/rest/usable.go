package rest

import (
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Usable tells a cache whether a successful answer is one that a [Client], or whoever fetches files, can read: JSON that is whole and sound,
// or another type that is no text, in no content coding. A 200 with a proxy's page of apology is no answer, and must not be kept as one.
func Usable(header http.Header, body string) bool {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	switch {
	case err != nil, strings.HasPrefix(media, "text/"), header.Get("Content-Encoding") != "":
		return false
	case media == "application/json":
		return jsontext.Value(body).IsValid()
	}
	return true
}
