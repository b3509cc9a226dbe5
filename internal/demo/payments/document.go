package payments

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"

	"tiffin/internal/demo/stage"
)

// read decodes the request's document, which names its operation. What is not the contract's is refused.
func read(w http.ResponseWriter, r *http.Request, into any) error {
	malformed := refuse("BAD_REQUEST", "The body is not the document of this operation.")
	if media := r.Header.Get("Content-Type"); !strings.Contains(media, "xml") {
		return malformed
	}
	decoder := xml.NewDecoder(http.MaxBytesReader(w, r.Body, stage.MaxBody))
	if decoder.Decode(into) != nil {
		return malformed
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return malformed
	}
	return nil
}

// write answers with a document, always under HTTP 200 as this service does.
func write(w http.ResponseWriter, document any) {
	body, err := xml.Marshal(document)
	if err != nil {
		panic("payments: an answer that XML cannot hold: " + err.Error())
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = io.WriteString(w, xml.Header) // the client has gone: nobody to tell
	_, _ = w.Write(body)
}
