package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"
)

// packed is the built page, every file compressed; `npm run build` writes it.
//
//go:embed all:assets
var packed embed.FS

// hashedName matches the names that vite derives from the contents: what they name never changes.
var hashedName = regexp.MustCompile(`-[\w-]{8}\.\w+$`)

// contentTypes are those of the files that the build produces. A table of our own, for that of package mime depends on the machine.
func contentTypes() map[string]string {
	return map[string]string{
		".css":   "text/css; charset=utf-8",
		".html":  "text/html; charset=utf-8",
		".js":    "text/javascript; charset=utf-8",
		".md":    "text/markdown; charset=utf-8",
		".svg":   "image/svg+xml",
		".ttf":   "font/ttf",
		".woff2": "font/woff2",
	}
}

// asset is one embedded file.
type asset struct {
	contentType  string
	cacheControl string
	hash         string // of the compressed bytes, in hex
	compressed   []byte
	plain        func() []byte // unpacked at the first request that wants it so
}

// assetHandlers returns a handler for each embedded file by its URL path.
func assetHandlers() map[string]http.Handler {
	routes := map[string]http.Handler{}
	err := fs.WalkDir(packed, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		a, err := loadAsset(name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		routes[urlPath(name)] = a
		return nil
	})
	if err != nil {
		panic("web: embedded assets: " + err.Error())
	}
	return routes
}

// urlPath is where the embedded file called name is served.
func urlPath(name string) string {
	p := strings.TrimSuffix(strings.TrimPrefix(name, "assets"), ".gz")
	if p == "/index.html" {
		return indexPath
	}
	return p
}

func loadAsset(name string) (*asset, error) {
	compressed, err := packed.ReadFile(name)
	if err != nil {
		return nil, err
	}
	plainName, isPacked := strings.CutSuffix(name, ".gz")
	contentType, known := contentTypes()[path.Ext(plainName)]
	if !isPacked || !known {
		return nil, errors.New("want a .gz file of a known content type")
	}
	sum := sha256.Sum256(compressed)
	return &asset{
		contentType:  contentType,
		cacheControl: cacheControl(plainName),
		hash:         hex.EncodeToString(sum[:8]),
		compressed:   compressed,
		plain:        sync.OnceValue(func() []byte { return unpack(name, compressed) }),
	}, nil
}

func cacheControl(name string) string {
	if hashedName.MatchString(name) {
		return "public, max-age=31536000, immutable"
	}
	return "no-cache"
}

// unpack panics on damaged data: it is part of the program.
func unpack(name string, compressed []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		panic("web: " + name + ": " + err.Error())
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		panic("web: " + name + ": " + err.Error())
	}
	return plain
}

// ServeHTTP sends the file, compressed where the client accepts it, or 304 where the client has it (RFC 9110, section 13.1.2).
func (a *asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Cache-Control", a.cacheControl)
	h.Set("Vary", "Accept-Encoding")
	body, tag := a.representation(h, r)
	h.Set("ETag", tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// representation chooses the encoding. Each has an ETag of its own, as RFC 9110, section 8.8.3.3, wants.
func (a *asset) representation(h http.Header, r *http.Request) (body []byte, tag string) {
	if !acceptsGzip(r.Header.Values("Accept-Encoding")) {
		return a.plain(), `"` + a.hash + `"`
	}
	h.Set("Content-Encoding", "gzip")
	return a.compressed, `"` + a.hash + `-gzip"`
}
