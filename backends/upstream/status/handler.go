package status

import (
	"encoding/json"
	"net/http"
)

// Handler answers with the Document of the services that read returns, in its order. read is called for each request.
func Handler(read func() []Service) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		doc := Document{Services: read()}
		if doc.Services == nil {
			doc.Services = []Service{}
		}
		text, err := json.MarshalIndent(doc, "", "  ")
		if err != nil {
			http.Error(w, "the document cannot be written: "+err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(append(text, '\n')) // a reader that left misses it
	})
}
