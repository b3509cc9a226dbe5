package discovery

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"tiffin/fault"
)

// Params reads the query of a provider's URL. It collects the problems, so that one report has all of them.
type Params struct {
	values   url.Values
	known    []string
	problems []fault.Invalid
}

// ReadParams returns a reader of values. Read each parameter once, then call Problems.
func ReadParams(values url.Values) *Params { return &Params{values: values} }

// String is the text of a parameter, fallback where it is not there.
func (p *Params) String(name, fallback string) string {
	all := p.take(name)
	if len(all) > 1 {
		p.add(name, "is there more than once", "leave one")
	}
	if len(all) == 0 {
		return fallback
	}
	if all[0] == "" {
		p.add(name, "is empty", "give it a value or leave it out")
	}
	return all[0]
}

// Choice is one of the words; the first where the parameter is not there.
func (p *Params) Choice(name string, words ...string) string {
	word := p.String(name, words[0])
	if !slices.Contains(words, word) {
		p.add(name, "is none of the words allowed", "write one of "+strings.Join(words, ", "))
		return words[0]
	}
	return word
}

// Bool is true or false, false where the parameter is not there.
func (p *Params) Bool(name string) bool { return p.Choice(name, "false", "true") == "true" }

// List is every value of a parameter that may be repeated, in order, at most limit.
func (p *Params) List(name string, limit int) []string {
	all := p.take(name)
	if len(all) > limit {
		p.add(name, fmt.Sprintf("is there more than %d times", limit), "leave some out")
	}
	if slices.Contains(all, "") {
		p.add(name, "is empty", "give it a value or leave it out")
	}
	return all
}

// Duration is between least and most; fallback where the parameter is not there.
func (p *Params) Duration(name string, fallback, least, most time.Duration) time.Duration {
	text := p.String(name, fallback.String())
	d, err := time.ParseDuration(text)
	if err != nil || d < least || d > most {
		p.add(name, "is no duration in its range", fmt.Sprintf("write one from %v to %v such as %v", least, most, fallback))
		return fallback
	}
	return d
}

// Problems returns those found while reading and one for each parameter that nobody read.
func (p *Params) Problems() []fault.Invalid {
	out := p.problems
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		if !slices.Contains(p.known, name) {
			out = append(out, Invalid("has an unknown parameter"+quoted(name), "the parameters of this provider are "+p.allowed()))
		}
	}
	return out
}

func (p *Params) allowed() string {
	return strings.Join(slices.Concat(p.known, []string{"scheme", "path", "server_name"}), ", ")
}

func (p *Params) take(name string) []string {
	p.known = append(p.known, name)
	return p.values[name]
}

func (p *Params) add(name, reason, remedy string) {
	p.problems = append(p.problems, Invalid("has a parameter "+name+" that "+reason, remedy))
}

// quoted repeats a name only if it looks like one: it may as well be half of a secret with an ampersand in it.
func quoted(name string) string {
	if !regexp.MustCompile(`^[a-z_]{1,24}$`).MatchString(name) {
		return ""
	}
	return " " + name
}
