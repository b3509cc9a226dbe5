package discovery

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxSecret bounds a token or certificate file in bytes.
const maxSecret = 1 << 20

// ReadSecret reads a token or a set of certificates, without white space round it. Its errors name the file and nothing in it. Providers
// read at every use, because such files are replaced while the program runs.
func ReadSecret(path string) (string, error) {
	f, err := os.Open(path) //nolint:gosec // the operator's configuration names it
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	data = bytes.TrimSpace(data)
	switch {
	case err != nil:
		return "", err
	case len(data) > maxSecret:
		err = errors.New("is larger than 1 MiB")
	case len(data) == 0:
		err = errors.New("is empty")
	}
	if err != nil {
		return "", fmt.Errorf("%s %w", path, err)
	}
	return string(data), nil
}
