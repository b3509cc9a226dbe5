package persisted

import "testing"

// FuzzManifest: no file makes reading panic; one that is accepted has documents, each with an id and a text.
func FuzzManifest(f *testing.F) {
	for _, seed := range []string{
		`{"L":"{hello}"}`, `{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"L","name":"N","type":"query","body":"{hello}"}]}`,
		`{}`, `[]`, `null`, `{"a":1}`, `{"a":"b","a":"b"}`, `{"format":"x","version":1,"operations":[]}`, `{"operations":"{hello}"}`, `{"format":"a","operations":"b"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parseManifest(data)
		if err != nil {
			if s != nil || len(err.Error()) > 2000 {
				t.Fatalf("%v with an error of %d bytes", s, len(err.Error()))
			}
			return
		}
		if len(s.byID) == 0 {
			t.Fatal("accepted without a document")
		}
		for id, text := range s.byID {
			if id == "" || text == "" || !s.texts[text] {
				t.Fatalf("%q: %q", id, text)
			}
		}
	})
}
