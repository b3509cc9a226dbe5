package app

import (
	"fmt"
	"reflect"
	"strings"

	"tiffin/app/strict"
	"tiffin/fault"
)

// zeros refuses what is written as 0, or as empty, where that would be taken for the default. A file is read over the defaults: who writes 0
// means to have none of it, or no bound, and is to hear that this is not what they get. Where 0 has a meaning nothing is filled in.
// Entries of lists, and what has names of the operator's choice, are not read over defaults: what they leave out is 0.
func (c Config) zeros() []fault.Invalid {
	filled := c
	filled.Edge, filled.Server, filled.TLS, filled.Auth = c.Edge.WithDefaults(), c.Server.WithDefaults(), c.TLS.WithDefaults(), c.Auth.WithDefaults()
	standard := map[string]any{}
	strict.Scalars(filled, func(path string, value any) { standard[path] = value })
	var problems []fault.Invalid
	strict.Scalars(c, func(path string, value any) {
		if value == standard[path] || strings.Contains(path, "[") {
			return
		}
		written := "0"
		if reflect.ValueOf(value).Kind() == reflect.String {
			written = "empty"
		}
		problems = append(problems, fault.Invalid{
			Path: path, Reason: "is " + written + ", which would be taken for the default", Remedy: fmt.Sprintf("leave it out for the default of %v, or write another one", standard[path]),
		})
	})
	return problems
}
