package operation

import (
	"time"

	"tiffin/fault"
)

// Config bounds operations. Its zero value, with the defaults filled in, is fit for production.
type Config struct {
	// MaxTokens is how many tokens a document may have [4000].
	MaxTokens int `yaml:"max_tokens"`
	// Deadline is how long an operation may run [10s].
	Deadline time.Duration `yaml:"deadline"`
	// Introspection lets clients read the schema [false].
	Introspection bool `yaml:"introspection"`
	// Suggestions lets validation errors guess at names, which tells the schema to whoever asks often enough [false].
	Suggestions bool `yaml:"suggestions"`
}

// WithDefaults fills in what is zero.
func (c Config) WithDefaults() Config {
	if c.MaxTokens == 0 {
		c.MaxTokens = 4000
	}
	if c.Deadline == 0 {
		c.Deadline = 10 * time.Second
	}
	return c
}

// Validate reports every problem.
func (c Config) Validate() []fault.Invalid {
	var problems []fault.Invalid
	if c.MaxTokens < 0 {
		problems = append(problems, fault.Invalid{Path: "max_tokens", Reason: "is negative", Remedy: "give a number above 0, such as 4000"})
	}
	if c.Deadline < 0 {
		problems = append(problems, fault.Invalid{Path: "deadline", Reason: "is negative", Remedy: "give a duration such as 10s"})
	}
	return problems
}
