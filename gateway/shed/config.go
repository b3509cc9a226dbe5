package shed

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"tiffin/fault"
)

// Config says for how much there is room. Its zero value, with the defaults filled in, is fit for production.
type Config struct {
	// MaxRequests is how many requests may be in flight, whatever they are [1024].
	MaxRequests int `yaml:"max_requests"`
	// LargeBodies is how many requests with bodies of more than 64 KB may be in memory at once [8].
	LargeBodies int `yaml:"large_bodies"`
	// Concurrent is how many operations are executed at once [512].
	Concurrent int `yaml:"concurrent"`
	// Queue is how many operations of each priority may wait for that [128].
	Queue int `yaml:"queue"`
	// MaxWait is how long they wait, and large bodies for a place [500ms].
	MaxWait time.Duration `yaml:"max_wait"`
	// RetryAfter is the least that a refused client is told to wait; it is told up to three times as much, at random [1s].
	RetryAfter time.Duration `yaml:"retry_after"`
	// Adaptive takes fewer operations while the gateway is short of processors [off].
	Adaptive AdaptiveConfig `yaml:"adaptive"`
	// Critical are root fields, such as Mutation.placeOrder, whose operations go first. After them come other mutations, queries, and
	// last introspection.
	Critical []string `yaml:"critical"`
}

// WithDefaults fills in what is zero.
func (c Config) WithDefaults() Config {
	for _, n := range []struct {
		value    *int
		standard int
	}{{&c.MaxRequests, 1024}, {&c.LargeBodies, 8}, {&c.Concurrent, 512}, {&c.Queue, 128}, {&c.Adaptive.Least, 16}} {
		if *n.value == 0 {
			*n.value = n.standard
		}
	}
	if c.MaxWait == 0 {
		c.MaxWait = 500 * time.Millisecond
	}
	if c.RetryAfter == 0 {
		c.RetryAfter = time.Second
	}
	return c
}

const (
	maxCount = 1 << 20
	maxTime  = time.Minute
)

// Validate reports every problem.
func (c Config) Validate() []fault.Invalid {
	c = c.WithDefaults()
	var problems []fault.Invalid
	for _, n := range []struct {
		path  string
		value int
	}{{"max_requests", c.MaxRequests}, {"large_bodies", c.LargeBodies}, {"concurrent", c.Concurrent}, {"queue", c.Queue}, {"adaptive.least", c.Adaptive.Least}} {
		if n.value < 1 || n.value > maxCount {
			problems = append(problems, fault.Invalid{Path: n.path, Reason: "is not between 1 and 1048576", Remedy: "write a number such as 512"})
		}
	}
	for _, d := range []struct {
		path  string
		value time.Duration
	}{{"max_wait", c.MaxWait}, {"retry_after", c.RetryAfter}, {"adaptive.target", c.Adaptive.Target}} {
		if d.value < 0 || d.value > maxTime {
			problems = append(problems, fault.Invalid{Path: d.path, Reason: "is not between 0 and 1m", Remedy: "write a duration such as 500ms"})
		}
	}
	return problems
}

// ValidateFor reports every critical field that the schema has not.
func (c Config) ValidateFor(schema *ast.Schema) []fault.Invalid {
	var problems []fault.Invalid
	for n, coordinate := range c.Critical {
		root, field, _ := strings.Cut(coordinate, ".")
		if !hasRootField(schema, root, field) {
			problems = append(problems, fault.Invalid{
				Path: fmt.Sprintf("critical[%d]", n), Reason: "is no root field of the schema", Remedy: "write a coordinate such as Mutation.placeOrder",
			})
		}
	}
	return problems
}

func hasRootField(schema *ast.Schema, root, field string) bool {
	for _, d := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		if d != nil && d.Name == root && d.Fields.ForName(field) != nil {
			return true
		}
	}
	return false
}

// overloaded is the refusal. Clients that were refused together come back one after the other.
func (c Config) overloaded() *fault.Error {
	return &fault.Error{
		Code: fault.Overloaded, Message: "The gateway is busy.", Retryable: true,
		RetryAfter: c.RetryAfter + rand.N(2*c.RetryAfter), //nolint:gosec // nobody gains by guessing it
	}
}
