package assets

import (
	"fmt"
	"strings"

	"tiffin/fault"
)

// Config says which resources of one service everybody may fetch. A service without a Prefix has none.
type Config struct {
	// Prefix is the path that they are all below, as the service has it: "/images/". Empty: none [""].
	Prefix string `yaml:"prefix"`
	// Types are the media types that pass; a star stands for any subtype [image/*].
	Types []string `yaml:"types"`
	// MaxBytes is the longest resource [2097152].
	MaxBytes int64 `yaml:"max_bytes"`
}

// Defaults serves nothing.
func Defaults() Config { return Config{Types: []string{"image/*"}, MaxBytes: 2 << 20} }

// Validate reports every problem.
func (c Config) Validate() []fault.Invalid {
	var problems []fault.Invalid
	if c.Prefix != "" && (!strings.HasPrefix(c.Prefix, "/") || !strings.HasSuffix(c.Prefix, "/") || !clean(c.Prefix)) {
		problems = append(problems, fault.Invalid{Path: "prefix", Reason: "is no path of a folder", Remedy: "begin and end it with a slash, such as /images/"})
	}
	for i, t := range c.Types {
		if kind, sub, ok := strings.Cut(t, "/"); !ok || kind == "" || kind == "*" || sub == "" || strings.ContainsAny(t, "; ,") {
			problems = append(problems, fault.Invalid{Path: fmt.Sprintf("types[%d]", i), Reason: "is no media type", Remedy: "write it like image/png or image/*"})
		}
	}
	if c.MaxBytes <= 0 {
		problems = append(problems, fault.Invalid{Path: "max_bytes", Reason: "is not above 0", Remedy: "give a number of bytes, such as 2097152"})
	}
	return problems
}

// allows reports whether a Content-Type passes.
func (c Config) allows(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	kind, _, _ := strings.Cut(media, "/")
	for _, t := range c.Types {
		if t == media || t == kind+"/*" {
			return true
		}
	}
	return false
}
