package limits

import (
	"tiffin/fault"
)

// Mode says what becomes of an operation that exceeds a limit.
type Mode string

// The modes.
const (
	// Enforce refuses the operation.
	Enforce Mode = "enforce"
	// Measure reports it and goes on. What would make the gateway's own work endless is refused at ten times the limit all the same:
	// see [Limit.Ceiling].
	Measure Mode = "measure"
)

// Limit is one bound.
type Limit struct {
	// Max is the most that is allowed.
	Max int `yaml:"max"`
	// Mode is enforce or measure [enforce].
	Mode Mode `enum:"enforce,measure" yaml:"mode"`
}

// Ceiling is where the gateway's own work ends: Max where it is enforced, ten times that where it is measured.
func (l Limit) Ceiling() int {
	if l.Mode == Measure {
		return 10 * l.Max
	}
	return l.Max
}

// Config are the limits of operations. Its zero value, with the defaults filled in, is fit for production.
type Config struct {
	// Tokens of the document [4000].
	Tokens Limit `yaml:"tokens"`
	// Operations of the document [10].
	Operations Limit `yaml:"operations"`
	// Depth of an operation: how many fields are inside of one another, a root field being 1 [12].
	Depth Limit `yaml:"depth"`
	// IntrospectionDepth is the depth below __schema and __type, themselves included [20]: GraphiQL asks for 15.
	IntrospectionDepth Limit `yaml:"introspection_depth"`
	// Aliases of an operation [30].
	Aliases Limit `yaml:"aliases"`
	// AliasLength is how long an alias is, in bytes: the answer repeats it in every object of a list, whatever that costs [64].
	AliasLength Limit `yaml:"alias_length"`
	// RootFields of an operation [10].
	RootFields Limit `yaml:"root_fields"`
	// Fields of any one selection set, its fragments' included [200].
	Fields Limit `yaml:"fields"`
	// Directives of an operation [20].
	Directives Limit `yaml:"directives"`
	// Fragments that the document defines [100].
	Fragments Limit `yaml:"fragments"`
	// FragmentDepth is how many fragments are inside of one another without a field between them [10].
	FragmentDepth Limit `yaml:"fragment_depth"`
	// Expansion is how many fields an operation has in all [5000].
	Expansion Limit `yaml:"expansion"`
	// Comparisons is how many steps it takes to show that fields with the same name in the answer are the same field [20000].
	Comparisons Limit `yaml:"comparisons"`
	// VariablesBytes is how long the variables are as compact JSON, give or take escapes [131072].
	VariablesBytes Limit `yaml:"variables_bytes"`
	// ValueDepth is how many lists and objects are inside of one another, in variables and in the document's values [12].
	ValueDepth Limit `yaml:"value_depth"`
	// ListLength is the length of any list in variables and in the document's values [100].
	ListLength Limit `yaml:"list_length"`
	// PageSize is what a slicing argument of @listSize, such as first, may ask for [100].
	PageSize Limit `yaml:"page_size"`
}

// entry is one limit of a Config with what belongs to it.
type entry struct {
	*Limit

	key      string
	standard int
}

func entries(c *Config) []entry {
	return []entry{
		{&c.Tokens, "tokens", 4000},
		{&c.Operations, "operations", 10},
		{&c.Depth, "depth", 12},
		{&c.IntrospectionDepth, "introspection_depth", 20},
		{&c.Aliases, "aliases", 30},
		{&c.AliasLength, "alias_length", 64},
		{&c.RootFields, "root_fields", 10},
		{&c.Fields, "fields", 200},
		{&c.Directives, "directives", 20},
		{&c.Fragments, "fragments", 100},
		{&c.FragmentDepth, "fragment_depth", 10},
		{&c.Expansion, "expansion", 5000},
		{&c.Comparisons, "comparisons", 20_000},
		{&c.VariablesBytes, "variables_bytes", 128 << 10},
		{&c.ValueDepth, "value_depth", 12},
		{&c.ListLength, "list_length", 100},
		{&c.PageSize, "page_size", 100},
	}
}

// WithDefaults fills in what is zero.
func (c Config) WithDefaults() Config {
	for _, e := range entries(&c) {
		if e.Max == 0 {
			e.Max = e.standard
		}
		if e.Mode == "" {
			e.Mode = Enforce
		}
	}
	return c
}

// Validate reports every problem.
func (c Config) Validate() []fault.Invalid {
	var problems []fault.Invalid
	for _, e := range entries(&c) {
		if e.Max < 0 {
			problems = append(problems, fault.Invalid{Path: e.key + ".max", Reason: "is negative", Remedy: "give a number above 0"})
		}
		problems = append(problems, fault.Under(e.key, e.Mode.Validate())...)
	}
	return problems
}

// Validate reports a mode that there is none of, under the key mode.
func (m Mode) Validate() []fault.Invalid {
	switch m {
	case "", Enforce, Measure:
		return nil
	default:
		return []fault.Invalid{{Path: "mode", Reason: "is not known", Remedy: "write enforce or measure"}}
	}
}
