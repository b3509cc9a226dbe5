package issuer

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

const keysPath = "/keys"

// metadata is the provider's description (OpenID Connect Discovery 1.0, section 3), as far as a verifier of tokens reads it.
type metadata struct {
	Issuer     string   `json:"issuer"`
	Keys       string   `json:"jwks_uri"`
	Algorithms []string `json:"id_token_signing_alg_values_supported"`
	Responses  []string `json:"response_types_supported"`
	Subjects   []string `json:"subject_types_supported"`
}

// Handler serves the issuer's three addresses.
func (i *Issuer) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.serveMetadata)
	mux.HandleFunc("GET "+keysPath, i.serveKeys)
	mux.HandleFunc("GET /token", i.serveToken)
	return mux
}

func (i *Issuer) serveMetadata(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, metadata{
		Issuer: i.url, Keys: i.url + keysPath,
		Algorithms: []string{"ES256"}, Responses: []string{"token"}, Subjects: []string{"public"},
	})
}

func (i *Issuer) serveKeys(w http.ResponseWriter, _ *http.Request) { writeJSON(w, i.keys) }

func (i *Issuer) serveToken(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	token, err := i.Token(r.URL.Query().Get("user"))
	switch {
	case errors.Is(err, ErrUnknownUser):
		http.Error(w, err.Error(), http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, token) // a client that left misses it
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) //nolint:errchkjson // our own types encode; a client that left misses it
}
