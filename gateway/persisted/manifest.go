package persisted

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The bounds of a manifest.
const (
	maxManifest  = 32 << 20 // bytes
	maxDocuments = 20_000
)

// apolloFormat is what a manifest of Apollo's calls itself.
const apolloFormat = "apollo-persisted-query-manifest"

// set are trusted documents. It is immutable.
type set struct {
	byID  map[string]string
	texts map[string]bool
}

// readManifest reads a manifest from a file.
func readManifest(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the operator's configuration names it
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	data, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err == nil && len(data) > maxManifest {
		err = fmt.Errorf("is larger than %d bytes", maxManifest)
	}
	return data, err
}

// parseManifest reads Apollo's format, else an object from ids to documents.
func parseManifest(data []byte) (*set, error) {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, fmt.Errorf("is no strict JSON object: %w", err)
	}
	if _, apollo := members["operations"]; apollo && members["format"] != nil {
		return parseApollo(data)
	}
	s := &set{byID: make(map[string]string, len(members)), texts: make(map[string]bool, len(members))}
	for id, value := range members {
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return nil, fmt.Errorf("%.80q is not the text of a document", id)
		}
		if err := s.add(id, text); err != nil {
			return nil, err
		}
	}
	return s.whole()
}

// apolloManifest is what generate-persisted-query-manifest and Apollo's compilers write; more members are allowed.
type apolloManifest struct {
	Format     string `json:"format"`
	Version    int    `json:"version"`
	Operations []struct {
		ID   string `json:"id"`
		Body string `json:"body"`
	} `json:"operations"`
}

func parseApollo(data []byte) (*set, error) {
	var m apolloManifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("is no manifest: %w", err)
	}
	if m.Format != apolloFormat || m.Version != 1 {
		return nil, fmt.Errorf("is of the format %.80q, version %d, and not %s, version 1", m.Format, m.Version, apolloFormat)
	}
	s := &set{byID: make(map[string]string, len(m.Operations)), texts: make(map[string]bool, len(m.Operations))}
	for _, operation := range m.Operations {
		if err := s.add(operation.ID, operation.Body); err != nil {
			return nil, err
		}
	}
	return s.whole()
}

func (s *set) add(id, text string) error {
	switch known, double := s.byID[id]; {
	case id == "" || text == "":
		return fmt.Errorf("has a document without id or text: %.80q", id)
	case double && known != text:
		return fmt.Errorf("has two documents of the id %.80q", id)
	}
	s.byID[id], s.texts[text] = text, true
	return nil
}

func (s *set) whole() (*set, error) {
	if n := len(s.byID); n == 0 {
		return nil, errors.New("has no document")
	} else if n > maxDocuments {
		return nil, fmt.Errorf("has %d documents, and %d are the most", n, maxDocuments)
	}
	return s, nil
}
