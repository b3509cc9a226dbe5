// Package nextrelease builds the tiffin program as the release after this one could be: its journal has rows that this one cannot read. How
// they differ is the code that checkout's tests use, in fake time; here it is laid over the product's source, which knows nothing of it.
package nextrelease

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// codecs takes the place of the file that says which versions of rows there are.
const codecs = "internal/drill/nextrelease/testdata/codecs.go"

// overlay names the files of the next release, each with the one whose text it has, from the module's root.
func overlay() map[string]string {
	return map[string]string{
		"checkout/codecs.go":      codecs,
		"checkout/nextversion.go": "checkout/nextversion_test.go",
	}
}

// Build builds the program into a file, from the module around the working directory, as `make build` builds this release: what the two
// have in common is compiled once. dir is where it may write besides.
func Build(ctx context.Context, dir, file string) error {
	return build(ctx, dir, "-o", file, "-ldflags", "-s -w -X main.version=next", "./cmd/tiffin")
}

// build runs `go build` over the overlay.
func build(ctx context.Context, dir string, args ...string) error {
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	list := filepath.Join(dir, "overlay.json")
	if err := write(list, root); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", append([]string{"build", "-trimpath", "-overlay", list}, args...)...) //nolint:gosec // G204: a file of our own
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("the next release does not build: %w\n%s", err, out)
	}
	return nil
}

func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", err
	}
	file := strings.TrimSpace(string(out))
	if filepath.Base(file) != "go.mod" {
		return "", errors.New("the next release is built from the source: run this in the module's folder")
	}
	return filepath.Dir(file), nil
}

// write writes the overlay as the go command wants it.
func write(list, root string) error {
	replace := map[string]string{}
	for file, text := range overlay() {
		replace[filepath.Join(root, file)] = filepath.Join(root, text)
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	return os.WriteFile(list, text, 0o600)
}
