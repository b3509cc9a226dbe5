package compress

import (
	"slices"

	"tiffin/fault"
)

// Config says what is compressed.
type Config struct {
	// Disabled sends every answer as it is [false].
	Disabled bool `yaml:"disabled"`
	// Encodings are those that are offered; of those that a client likes alike the first is taken [zstd, gzip].
	Encodings []string `yaml:"encodings"`
	// MinBytes is how long an answer must be to be worth it [1024]; MaxBytes how long it may be, for it is gathered first [4194304].
	MinBytes int `yaml:"min_bytes"`
	MaxBytes int `yaml:"max_bytes"`
	// Concurrent is how many answers are compressed at once; one more is sent as it is [32]. Each takes up to 1 MB while it is at it.
	Concurrent int `yaml:"concurrent"`
}

// The content codings that there are.
const (
	zstandard = "zstd"
	gzipped   = "gzip"
)

// WithDefaults fills in what is zero.
func (c Config) WithDefaults() Config {
	if len(c.Encodings) == 0 {
		c.Encodings = []string{zstandard, gzipped}
	}
	for _, n := range []struct {
		value    *int
		standard int
	}{{&c.MinBytes, 1 << 10}, {&c.MaxBytes, 4 << 20}, {&c.Concurrent, 32}} {
		if *n.value == 0 {
			*n.value = n.standard
		}
	}
	return c
}

// Validate reports every problem.
func (c Config) Validate() []fault.Invalid {
	var problems []fault.Invalid
	for _, name := range c.Encodings {
		if !slices.Contains([]string{zstandard, gzipped}, name) {
			problems = append(problems, fault.Invalid{Path: "encodings", Reason: "name one that there is not", Remedy: "choose from zstd and gzip"})
		}
	}
	for _, n := range []struct {
		path  string
		value int
	}{{"min_bytes", c.MinBytes}, {"max_bytes", c.MaxBytes}, {"concurrent", c.Concurrent}} {
		if n.value < 0 {
			problems = append(problems, fault.Invalid{Path: n.path, Reason: "is negative", Remedy: "give a number above 0"})
		}
	}
	return problems
}
