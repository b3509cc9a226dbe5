package nextrelease

import (
	"os"
	"path/filepath"
	"testing"
)

// What is laid over the source fits it: the files that it replaces are there, and the package compiles.
func TestTheOverlayFits(t *testing.T) {
	root, err := moduleRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "checkout", "codecs.go")); err != nil {
		t.Errorf("nothing to replace: %v", err)
	}
	if err := build(t.Context(), t.TempDir(), "./checkout"); err != nil {
		t.Error(err)
	}
}
