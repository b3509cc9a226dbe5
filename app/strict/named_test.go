package strict_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tiffin/app/strict"
)

type named struct {
	Clients map[string]struct {
		MinVersion string `yaml:"min_version"`
	} `yaml:"clients"`
}

// A mapping whose keys are the operator's own names; below them everything is strict again.
func TestNamed(t *testing.T) {
	var got named
	if _, err := strict.Read("t.yaml", []byte("clients:\n  ios: {min_version: 3.2.0}\n  com.example.app: {min_version: \"4\"}\n"), &got, strict.Outside{}); err != nil {
		t.Fatal(err)
	}
	if got.Clients["ios"].MinVersion != "3.2.0" || got.Clients["com.example.app"].MinVersion != "4" || len(got.Clients) != 2 {
		t.Error(cmp.Diff(nil, got))
	}
	for source, want := range map[string]string{
		"clients: []\n": "clients: must be a mapping", "clients:\n  ios: {version: 1}\n": "clients.ios.version: unknown key",
		"clients:\n  ios: {min_version: 1}\n  ios: {min_version: 2}\n": "already defined",
	} {
		if _, err := strict.Read("t.yaml", []byte(source), &named{}, strict.Outside{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", source, err, want)
		}
	}
}
