package arch

import (
	"os"
	"slices"
	"testing"
	"testing/fstest"
)

func TestTheExamplesImportOnlyTheKit(t *testing.T) {
	found, err := Guests(os.DirFS("../.."), "examples", Table())
	if err != nil {
		t.Fatal(err)
	}
	for _, violation := range found {
		t.Error(violation)
	}
}

func TestGuestsFindsPlantedViolations(t *testing.T) {
	found, err := Guests(fstest.MapFS{
		"go.mod":                  {Data: []byte("module m\n")},
		"examples/byo/go.mod":     {Data: []byte("module example.com/byo\n")},
		"examples/byo/a/main.go":  {Data: []byte("package main\n\nimport (\n\t\"net/http\"\n\n\t\"m/backends/upstream\"\n\t\"m/gateway\"\n)\n")},
		"examples/byo/a/other.go": {Data: []byte("package main\n\nimport \"m/resolvers\"\n")},
	}, "examples", Table())
	want := []string{"examples/byo/a/other.go must not import resolvers: other modules build on the kit alone"}
	if err != nil || !slices.Equal(found, want) {
		t.Errorf("%v, %v, want %v", found, err, want)
	}
}
