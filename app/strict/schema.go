package strict

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"
)

// draft is the dialect of Schema's result.
const draft = "https://json-schema.org/draft/2020-12/schema"

// durationPattern is what [time.ParseDuration] reads.
const durationPattern = `^[+-]?(0|(([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`

// Schema describes what Read accepts for a struct like defaults, as a JSON Schema for editors: every key with its type, its default, and the
// comment that it has in the example, a YAML file with as many of the keys as possible. Where the example shows a key once for several like
// it (services, limits), its comment is that of all. A field's tag `enum:"a,b"` lists the values that there are.
func Schema(defaults any, example []byte) ([]byte, error) {
	doc, err := parseWith("the example", example, withComments)
	if err != nil {
		return nil, err
	}
	w := schemaWriter{byPath: comments(doc.root), byField: map[field]string{}}
	value := reflect.ValueOf(defaults)
	w.learn(value.Type(), "")
	schema := w.node(value, "", true)
	schema["$schema"] = draft
	return json.MarshalIndent(schema, "", "  ")
}

// field is a key of a struct, wherever the struct is.
type field struct {
	of  reflect.Type
	key string
}

type schemaWriter struct {
	byPath  map[string]string
	byField map[field]string
}

type object = map[string]any

// learn finds the comments of each struct's keys where the example has them first.
func (w *schemaWriter) learn(t reflect.Type, path string) {
	switch t.Kind() {
	case reflect.Slice:
		w.learn(t.Elem(), path+"[0]")
	case reflect.Struct:
		for f := range eachField(t) {
			at := join(path, f.key)
			if id := (field{t, f.key}); w.byField[id] == "" {
				w.byField[id] = w.byPath[at]
			}
			w.learn(f.Type, at)
		}
	default: // a scalar, or names of the operator's own
	}
}

// node describes one value; known says that value is its default.
func (w *schemaWriter) node(value reflect.Value, path string, known bool) object {
	t := value.Type()
	switch {
	case t.Kind() == reflect.Struct:
		return w.structure(value, path, known)
	case t.Kind() == reflect.Map:
		return object{"type": orNull("object"), "additionalProperties": w.node(reflect.Zero(t.Elem()), path+".*", false)}
	case t.Kind() == reflect.Slice:
		return object{"type": orNull("array"), "items": w.node(reflect.Zero(t.Elem()), path+"[0]", false)}
	case t == reflect.TypeFor[time.Duration]():
		return object{"type": orNull("string"), "pattern": durationPattern}
	case t.Kind() == reflect.Bool:
		return object{"type": orNull("boolean")}
	case t.Kind() == reflect.String:
		return object{"type": orNull("string", "number")}
	case t.Kind() == reflect.Float64:
		return object{"type": orNull("number")}
	default:
		return object{"type": orNull("integer")}
	}
}

// orNull lets a key stand without a value, which leaves it its default.
func orNull(types ...string) []string { return append(types, "null") }

func (w *schemaWriter) structure(value reflect.Value, path string, known bool) object {
	properties := object{}
	for f := range eachField(value.Type()) {
		at := join(path, f.key)
		property := w.node(value.FieldByIndex(f.Index), at, known)
		if text := w.comment(value.Type(), f.key, at); text != "" {
			property["description"] = text
		}
		if values := f.Tag.Get("enum"); values != "" {
			property["anyOf"] = []object{{"enum": append(anys(strings.Split(values, ",")), nil)}, {"pattern": `\$\{`}}
		}
		if standard, ok := standardOf(value.FieldByIndex(f.Index)); known && ok {
			property["default"] = standard
		}
		properties[f.key] = property
	}
	return object{"type": orNull("object"), "properties": properties, "additionalProperties": false}
}

func (w *schemaWriter) comment(of reflect.Type, key, path string) string {
	if text := w.byPath[path]; text != "" {
		return text
	}
	return w.byField[field{of, key}]
}

// standardOf is a default as JSON has it; a struct has those of its keys.
func standardOf(value reflect.Value) (any, bool) {
	switch {
	case value.Kind() == reflect.Struct || value.Kind() == reflect.Map:
		return nil, false
	case value.Type() == reflect.TypeFor[time.Duration]():
		return time.Duration(value.Int()).String(), true
	case value.Kind() != reflect.Slice:
		return value.Interface(), true
	case value.Type().Elem().Kind() != reflect.String:
		return nil, false // lists of structs: their keys are not those of JSON
	case value.Len() == 0:
		return []any{}, true
	default:
		return value.Interface(), true
	}
}

func anys(texts []string) []any {
	out := make([]any, len(texts))
	for i, text := range texts {
		out[i] = text
	}
	return out
}
