package ratelimit

import (
	"maps"
	"slices"

	"tiffin/fault"
)

// Class is what differs for the callers of one class.
type Class struct {
	// User bounds the operations of one caller of the class.
	User Limit `yaml:"user"`
	// Client bounds the operations of one application, as far as callers of the class ask on its behalf.
	Client Limit `yaml:"client"`
	// Cost bounds what the operations of one caller of the class cost, in units.
	Cost Limit `yaml:"cost"`
	// Fields bound one caller of the class by root field; one that is not listed is as for everybody.
	Fields []FieldLimit `yaml:"fields"`
}

// in is the Config with the limits of a class in the place of everybody's.
func (c Config) in(class string) Config {
	its := c.Classes[class]
	c.User, c.Client, c.Cost = its.User.or(c.User), its.Client.or(c.Client), its.Cost.or(c.Cost)
	fields := append([]FieldLimit{}, its.Fields...)
	for _, everybodys := range c.Fields {
		if !slices.ContainsFunc(its.Fields, func(f FieldLimit) bool { return f.Field == everybodys.Field }) {
			fields = append(fields, everybodys)
		}
	}
	c.Fields = fields
	return c
}

// validateClasses reports what is wrong with what classes say themselves.
func (c Config) validateClasses() []fault.Invalid {
	var problems []fault.Invalid
	for _, name := range slices.Sorted(maps.Keys(c.Classes)) {
		its, merged := c.Classes[name], c.in(name)
		own := Config{Fields: its.Fields}.validateNamed()
		for _, l := range []struct {
			path        string
			says, limit Limit
		}{{"user", its.User, merged.User}, {"client", its.Client, merged.Client}, {"cost", its.Cost, merged.Cost}} {
			if l.says != (Limit{}) {
				own = append(own, fault.Under(l.path, l.limit.validate())...)
			}
		}
		problems = append(problems, fault.Under("classes."+name, own)...)
	}
	return problems
}
