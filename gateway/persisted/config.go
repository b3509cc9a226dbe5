package persisted

import (
	"slices"
	"time"

	"tiffin/fault"
	"tiffin/internal/kv"
)

// Config says which documents can be named.
type Config struct {
	// Trusted are those that the operator lists.
	Trusted TrustedConfig `yaml:"trusted"`
	// Automatic are those that clients bring.
	Automatic AutomaticConfig `yaml:"automatic"`
}

// Mode is what becomes of a document that is not trusted.
type Mode string

// The modes.
const (
	// Off: there are no trusted documents.
	Off Mode = "off"
	// Measure: it is executed, and said in the log.
	Measure Mode = "measure"
	// Enforce: it is refused.
	Enforce Mode = "enforce"
)

// TrustedConfig says which documents are trusted, and what becomes of others.
type TrustedConfig struct {
	// Mode is off, measure or enforce [off].
	Mode Mode `enum:"off,measure,enforce" yaml:"mode"`
	// File lists the documents, as a manifest of Apollo's, or as an object from ids to documents, such as Relay's compiler writes. It is read
	// again when it changes; one that cannot be used changes nothing.
	File string `yaml:"file"`
	// RequireID refuses the text also of a document that is trusted: it must be named [false].
	RequireID bool `yaml:"require_id"`
	// BypassScope is the scope of callers who may send any document; empty: nobody may.
	BypassScope string `yaml:"bypass_scope"`
	// Poll is how often the file is read without being told of a change [10s].
	Poll time.Duration `yaml:"poll"`
}

// AutomaticConfig bounds the documents that clients bring.
type AutomaticConfig struct {
	// Disabled refuses names of documents that are not trusted; a client that knows the protocol sends texts then [false].
	Disabled bool `yaml:"disabled"`
	// MaxDocument is how long a document may be that is kept, in bytes [65536].
	MaxDocument int `yaml:"max_document"`
	// Store bounds what is kept, in memory and, where one is named, in Redis [16 MiB, 24h].
	Store kv.Config `yaml:"store"`
}

// WithDefaults fills in what is zero.
func (c Config) WithDefaults() Config {
	if c.Trusted.Mode == "" {
		c.Trusted.Mode = Off
	}
	if c.Trusted.Poll == 0 {
		c.Trusted.Poll = 10 * time.Second
	}
	if c.Automatic.MaxDocument == 0 {
		c.Automatic.MaxDocument = 64 << 10
	}
	if c.Automatic.Store == (kv.Config{}) {
		c.Automatic.Store = kv.Defaults()
		c.Automatic.Store.Memory, c.Automatic.Store.Prefix = 16<<20, "tiffin:apq:"
	}
	return c
}

// Validate reports every problem. What the file holds is judged when it is read.
func (c Config) Validate() []fault.Invalid {
	return slices.Concat(fault.Under("trusted", c.Trusted.validate()), fault.Under("automatic", c.Automatic.validate()))
}

func (c TrustedConfig) validate() []fault.Invalid {
	var problems []fault.Invalid
	switch c.Mode {
	case "", Off:
	case Measure, Enforce:
		if c.File == "" {
			problems = append(problems, fault.Invalid{Path: "file", Reason: "is missing", Remedy: "name the manifest, or write mode: off"})
		}
	default:
		problems = append(problems, fault.Invalid{Path: "mode", Reason: "is not known", Remedy: "write off, measure or enforce"})
	}
	if c.Poll < 0 {
		problems = append(problems, fault.Invalid{Path: "poll", Reason: "is negative", Remedy: "give a duration such as 10s"})
	}
	return problems
}

func (c AutomaticConfig) validate() []fault.Invalid {
	var problems []fault.Invalid
	if c.MaxDocument < 0 {
		problems = append(problems, fault.Invalid{Path: "max_document", Reason: "is negative", Remedy: "give a number of bytes, such as 65536"})
	}
	if c.Store != (kv.Config{}) {
		problems = append(problems, fault.Under("store", c.Store.Validate())...)
	}
	return problems
}
