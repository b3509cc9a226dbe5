package app

import (
	"cmp"
	"os"
	"slices"
	"time"

	"tiffin/checkout"
	"tiffin/checkout/journal/lease"
	"tiffin/checkout/journal/postgres"
	"tiffin/checkout/journal/retention"
	"tiffin/checkout/journal/sqlite"
	"tiffin/fault"
)

// CheckoutConfig is the flow's configuration and its journal's.
type CheckoutConfig struct {
	checkout.Config `yaml:",inline"`
	Journal         JournalConfig `yaml:"journal"`
}

// The kinds of journals.
const (
	journalMemory   = "memory"
	journalSQLite   = "sqlite"
	journalPostgres = "postgres"
)

// JournalConfig says where the state of orders is kept. Keys that the kind does not use are not looked at.
type JournalConfig struct {
	// Kind is sqlite, postgres or memory [sqlite]. SQLite is for one gateway, PostgreSQL for any number; memory dies with the process, so
	// that it is refused outside development.
	Kind string `enum:"sqlite,postgres,memory" yaml:"kind"`
	// Path is SQLite's file, on a local disk that outlives the process [tiffin-journal.db, in the working directory].
	Path string `yaml:"path"`
	// DSN is PostgreSQL's address, as a URL or as keywords.
	DSN string `secret:"true" yaml:"dsn"`
	// SingleGateway promises that no second gateway takes orders, where SQLite is refused because one could: on Kubernetes, and with
	// Redis [false].
	SingleGateway bool `yaml:"single_gateway"`
	// Waiting is how many decisions may wait for the disk or the server; an order that would be one more is refused [4096].
	Waiting int `yaml:"waiting"`
	// CheckpointEvery is how often SQLite's write-ahead log is emptied, where something was written [10s].
	CheckpointEvery time.Duration `yaml:"checkpoint_every"`
	// MaxConns is how many connections to PostgreSQL are held at the most [8].
	MaxConns int `yaml:"max_conns"`
	// ConnectTimeout bounds connecting to one host of PostgreSQL [3s].
	ConnectTimeout time.Duration `yaml:"connect_timeout"`
	// StatementTimeout bounds a statement at PostgreSQL [5s].
	StatementTimeout time.Duration `yaml:"statement_timeout"`
	// BackoffMax bounds the pause before PostgreSQL is tried again when it is away [5s].
	BackoffMax time.Duration `yaml:"backoff_max"`
	// Lease is how gateways with one PostgreSQL know of each other.
	Lease lease.Config `yaml:"lease"`
	// Retention is how long the answers of settled orders are kept.
	Retention retention.Config `yaml:"retention"`
}

func journalDefaults() JournalConfig {
	file, server := sqlite.Defaults(), postgres.Defaults()
	return JournalConfig{
		Kind: journalSQLite, Path: "tiffin-journal.db",
		Waiting: file.Waiting, CheckpointEvery: file.CheckpointEvery,
		MaxConns: server.MaxConns, ConnectTimeout: server.ConnectTimeout, StatementTimeout: server.StatementTimeout, BackoffMax: server.BackoffMax,
		Lease: lease.Defaults(), Retention: retention.Defaults(),
	}
}

func (c JournalConfig) sqlite() sqlite.Config {
	return sqlite.Config{Path: c.Path, Waiting: c.Waiting, CheckpointEvery: c.CheckpointEvery}
}

func (c JournalConfig) postgres() postgres.Config {
	return postgres.Config{
		DSN: c.DSN, MaxConns: c.MaxConns, ConnectTimeout: c.ConnectTimeout, StatementTimeout: c.StatementTimeout, BackoffMax: c.BackoffMax,
		Waiting: c.Waiting,
	}
}

// Validate reports what is wrong with the journal by itself.
func (c JournalConfig) Validate() []fault.Invalid {
	problems := slices.Concat(
		oneOf("kind", c.Kind, journalSQLite, journalPostgres, journalMemory),
		fault.Under("lease", c.Lease.Validate()), fault.Under("retention", c.Retention.Validate()),
	)
	switch c.Kind {
	case journalSQLite:
		problems = append(problems, c.sqlite().Validate()...)
	case journalPostgres:
		problems = append(problems, c.postgres().Validate()...)
	}
	return problems
}

// surroundings are what makes a journal right or wrong.
type surroundings struct {
	mode Mode
	// kubernetes and redis are signs that there may be a second gateway.
	kubernetes, redis bool
	// deadline is the operation's at the edge.
	deadline time.Duration
}

func (c Config) surroundings() surroundings {
	redis := cmp.Or(c.Cache.Redis, c.Edge.RateLimit.Redis.URL, c.Edge.Persisted.Automatic.Store.Redis) != ""
	return surroundings{c.Mode, os.Getenv("KUBERNETES_SERVICE_HOST") != "", redis, c.Edge.Operation.Deadline}
}

func (c CheckoutConfig) validate(around surroundings) []fault.Invalid {
	problems := slices.Concat(c.Validate(), fault.Under("journal", c.Journal.Validate()))
	refuse := func(path, reason, remedy string) {
		problems = append(problems, fault.Invalid{Path: path, Reason: reason, Remedy: remedy})
	}
	if c.Journal.Kind == journalMemory && around.mode != Development {
		refuse("journal.kind", "memory loses orders that are on their way when the process ends",
			"write sqlite or postgres, or mode: development where that does not matter")
	}
	if sign := around.second(); c.Journal.Kind == journalSQLite && sign != "" && !c.Journal.SingleGateway {
		refuse("journal.kind", "sqlite is for one gateway, and "+sign+": two with a file each would both run an order",
			"write postgres, or journal.single_gateway: true if there is only ever one, also while it is replaced")
	}
	if around.deadline > 0 && c.ReplyWithin >= around.deadline {
		refuse("reply_within", "is not below edge.operation.deadline: clients would get TIMEOUT in the place of OrderPending", "write a shorter one, such as 8s with a deadline of 10s")
	}
	if len(c.Secrets) == 0 && (around.mode != Development || c.Journal.Kind == journalPostgres) {
		refuse("secrets", "is empty, but what the journal keeps of requests is sealed",
			"write [{id: \"1\", key: <what `openssl rand -base64 32` prints>}], the same for all gateways with this journal")
	}
	return problems
}

// second says what makes a second gateway likely; empty for nothing.
func (s surroundings) second() string {
	switch {
	case s.kubernetes:
		return "this is Kubernetes (KUBERNETES_SERVICE_HOST is set)"
	case s.redis:
		return "Redis is there for several"
	default:
		return ""
	}
}
