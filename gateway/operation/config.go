package operation

import (
	"fmt"
	"time"

	"tiffin/fault"
	"tiffin/gateway/operation/limits"
)

// Config bounds operations. Its zero value, with the defaults filled in, is fit for production.
type Config struct {
	// Limits are what a document and its variables may have of each thing.
	Limits limits.Config `yaml:"limits"`
	// Cost is what an operation may cost.
	Cost CostConfig `yaml:"cost"`
	// CacheBytes is how much memory the documents may take that are remembered, checked and compiled [67108864].
	CacheBytes int `yaml:"cache_bytes"`
	// Deadline is how long an operation may run [10s].
	Deadline time.Duration `yaml:"deadline"`
	// Introspection lets clients read the schema [false].
	Introspection bool `yaml:"introspection"`
	// IntrospectionScope lets clients read the schema who have this scope, where Introspection does not let everybody; empty: nobody.
	IntrospectionScope string `yaml:"introspection_scope"`
	// Suggestions lets validation errors guess at names, which tells the schema to whoever asks often enough [false].
	Suggestions bool `yaml:"suggestions"`
}

// CostConfig bounds the cost of an operation, as package cost estimates it.
type CostConfig struct {
	// Mode is enforce or measure [enforce].
	Mode limits.Mode `enum:"enforce,measure" yaml:"mode"`
	// Budget is what one operation of an anonymous caller may cost [1000].
	Budget int `yaml:"budget"`
	// Authenticated is the budget of a caller who is known [1000].
	Authenticated int `yaml:"authenticated"`
	// Classes are the budgets of callers in a class, in place of Authenticated.
	Classes []ClassBudget `yaml:"classes"`
	// Scopes are the budgets of callers with a scope. A caller has the largest of their budgets.
	Scopes []ScopeBudget `yaml:"scopes"`
	// ListSize is the length to assume of a list of which the schema says nothing [10].
	ListSize int `yaml:"list_size"`
	// Actual counts what each response cost, so that a rate limit in cost can give back what the estimate was too high [false].
	Actual bool `yaml:"actual"`
	// Headers tells clients the cost: X-Cost-Estimated, X-Cost-Actual [false]. It counts what each response cost, too.
	Headers bool `yaml:"headers"`
}

// counts reports whether anybody wants to know what responses cost.
func (c CostConfig) counts() bool { return c.Actual || c.Headers }

// ClassBudget is the budget of callers in a class, such as that of an API key.
type ClassBudget struct {
	Class  string `yaml:"class"`
	Budget int    `yaml:"budget"`
}

// ScopeBudget is the budget of callers with a scope.
type ScopeBudget struct {
	Scope  string `yaml:"scope"`
	Budget int    `yaml:"budget"`
}

// WithDefaults fills in what is zero.
func (c Config) WithDefaults() Config {
	c.Limits, c.Cost = c.Limits.WithDefaults(), c.Cost.WithDefaults()
	if c.CacheBytes == 0 {
		c.CacheBytes = 64 << 20
	}
	if c.Deadline == 0 {
		c.Deadline = 10 * time.Second
	}
	return c
}

// WithDefaults fills in what is zero.
func (c CostConfig) WithDefaults() CostConfig {
	if c.Mode == "" {
		c.Mode = limits.Enforce
	}
	for _, n := range []struct {
		value    *int
		standard int
	}{{&c.Budget, 1000}, {&c.Authenticated, 1000}, {&c.ListSize, 10}} {
		if *n.value == 0 {
			*n.value = n.standard
		}
	}
	if c.Classes == nil {
		c.Classes = []ClassBudget{}
	}
	if c.Scopes == nil {
		c.Scopes = []ScopeBudget{}
	}
	return c
}

// Validate reports every problem.
func (c Config) Validate() []fault.Invalid {
	problems := append(fault.Under("limits", c.Limits.Validate()), fault.Under("cost", c.Cost.Validate())...)
	problems = append(problems, negative("cache_bytes", c.CacheBytes)...)
	if c.Deadline < 0 {
		problems = append(problems, fault.Invalid{Path: "deadline", Reason: "is negative", Remedy: "give a duration such as 10s"})
	}
	return problems
}

// Validate reports every problem.
func (c CostConfig) Validate() []fault.Invalid {
	problems := c.Mode.Validate()
	problems = append(problems, negative("budget", c.Budget)...)
	problems = append(problems, negative("authenticated", c.Authenticated)...)
	problems = append(problems, negative("list_size", c.ListSize)...)
	for n, k := range c.Classes {
		at := fmt.Sprintf("classes[%d]", n)
		if k.Class == "" {
			problems = append(problems, fault.Invalid{Path: at + ".class", Reason: "is missing", Remedy: "name the class that has the budget"})
		}
		problems = append(problems, negative(at+".budget", k.Budget)...)
	}
	for n, s := range c.Scopes {
		at := fmt.Sprintf("scopes[%d]", n)
		if s.Scope == "" {
			problems = append(problems, fault.Invalid{Path: at + ".scope", Reason: "is missing", Remedy: "name the scope that has the budget"})
		}
		problems = append(problems, negative(at+".budget", s.Budget)...)
	}
	return problems
}

func negative(path string, n int) []fault.Invalid {
	if n >= 0 {
		return nil
	}
	return []fault.Invalid{{Path: path, Reason: "is negative", Remedy: "give a number above 0"}}
}
