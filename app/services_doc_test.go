package app_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"tiffin/app"
)

// docs/services.md has every key of a service's block, each in a row of a table or in the sentence that begins its part, with its default.
// A key is named by its path without the part's own name, or by its last word behind a comma: "`bulkhead.concurrent`, `.queue`".
func TestEveryKnobOfAServiceIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/services.md")
	if err != nil {
		t.Fatal(err)
	}
	knobs := knobsOf(reflect.TypeFor[app.ServiceConfig](), "")
	const fewest = 50
	if len(knobs) < fewest {
		t.Fatalf("%d keys found, there are more than %d", len(knobs), fewest)
	}
	for _, knob := range knobs {
		if !isDocumented(string(text), knob) {
			t.Errorf("docs/services.md does not say what %s is for", knob)
		}
	}
}

// knobsOf lists the paths of all keys below a type that have no keys of their own.
func knobsOf(typ reflect.Type, prefix string) []string {
	if typ.Kind() == reflect.Slice && hasKeys(typ.Elem()) {
		typ, prefix = typ.Elem(), strings.TrimSuffix(prefix, ".")+"[]."
	}
	if !hasKeys(typ) {
		return []string{strings.TrimSuffix(prefix, ".")}
	}
	var knobs []string
	for field := range typ.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			knobs = append(knobs, knobsOf(field.Type, prefix)...)
		case name != "" && name != "-":
			knobs = append(knobs, knobsOf(field.Type, prefix+name+".")...)
		}
	}
	return knobs
}

func hasKeys(typ reflect.Type) bool {
	if typ.Kind() != reflect.Struct {
		return false
	}
	for field := range typ.Fields() {
		if field.Tag.Get("yaml") != "" {
			return true
		}
	}
	return false
}

// isDocumented looks for the key among what stands in backticks: whole, without its first parts, or as a last part that begins with a dot.
func isDocumented(text, knob string) bool {
	parts := strings.Split(knob, ".")
	last := parts[len(parts)-1]
	if len(parts) > 2 && strings.Contains(text, "`."+last+"`") {
		return true
	}
	for n := range parts {
		if strings.Contains(text, "`"+strings.Join(parts[n:], ".")+"`") {
			return true
		}
	}
	// What bounds a kind of call stands in one row: "`writes` | `{1s, 2s, 0}`", after one that names the three.
	kind := parts[max(len(parts)-2, 0)]
	return strings.Contains(text, "| `"+kind+"` | `{") && strings.Contains(text, last+": ")
}
