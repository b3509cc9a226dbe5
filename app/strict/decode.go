package strict

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"tiffin/fault"
)

// decoder walks the file and the struct together and goes on after a problem.
type decoder struct {
	file     string
	outside  Outside
	problems Problems
}

func (d *decoder) fail(at ast.Node, path, remedy, reason string, args ...any) {
	d.problems = append(d.problems, place(d.file, at, fault.Invalid{Path: path, Reason: fmt.Sprintf(reason, args...), Remedy: remedy}))
}

// value decodes node into what target points to.
func (d *decoder) value(node ast.Node, target any, path string) {
	into := reflect.ValueOf(target).Elem()
	switch {
	case node == nil || node.Type() == ast.NullType:
		// The key is there without a value: the default stays.
	case node.Type() == ast.AnchorType || node.Type() == ast.AliasType:
		d.fail(node, path, "write the value out", "anchors and aliases are not supported")
	case into.Kind() == reflect.Struct:
		d.structure(node, into, path)
	case into.Kind() == reflect.Map:
		d.named(node, into, path)
	case into.Kind() == reflect.Slice:
		d.list(node, into, path)
	default:
		d.scalar(node, into, path)
	}
}

func (d *decoder) structure(node ast.Node, into reflect.Value, path string) {
	entries, ok := mapping(node)
	if !ok {
		d.fail(node, path, "known keys: "+strings.Join(keys(into.Type()), ", "), "must be a mapping")
		return
	}
	seen := map[string]bool{}
	for _, entry := range entries {
		key := entry.Key.String()
		field, known := fieldOf(into, key)
		switch {
		case !known:
			d.fail(entry.Key, join(path, key), suggest(key, keys(into.Type())), "unknown key")
		case seen[key]:
			d.fail(entry.Key, join(path, key), "keep one", "the key is given twice")
		default:
			seen[key] = true
			d.value(entry.Value, field.Addr().Interface(), join(path, key))
		}
	}
}

// named decodes a mapping whose keys are names of the operator's own. It takes the place of the default as a whole, as a list does.
func (d *decoder) named(node ast.Node, into reflect.Value, path string) {
	entries, ok := mapping(node)
	if !ok {
		d.fail(node, path, "write each under its name", "must be a mapping")
		return
	}
	out := reflect.MakeMap(into.Type())
	for _, entry := range entries {
		key := reflect.ValueOf(entry.Key.GetToken().Value).Convert(into.Type().Key())
		value := reflect.New(into.Type().Elem())
		d.value(entry.Value, value.Interface(), join(path, key.String()))
		out.SetMapIndex(key, value.Elem())
	}
	into.Set(out)
}

func (d *decoder) list(node ast.Node, into reflect.Value, path string) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		d.fail(node, path, "write [a, b], or one entry a line after \"- \"", "must be a list")
		return
	}
	out := reflect.MakeSlice(into.Type(), len(sequence.Values), len(sequence.Values))
	for i, element := range sequence.Values {
		d.value(element, out.Index(i).Addr().Interface(), fmt.Sprintf("%s[%d]", path, i))
	}
	into.Set(out)
}

func (d *decoder) scalar(node ast.Node, into reflect.Value, path string) {
	want, accepted := wanted(into.Type())
	fresh := reflect.New(into.Type())
	if !slices.Contains(accepted, node.Type()) || yaml.NodeToValue(node, fresh.Interface()) != nil {
		d.fail(node, path, inTextOnly(node), "must be %s", want)
		return
	}
	if fresh.Elem().Kind() == reflect.String {
		text, bad := d.outside.expand(fresh.Elem().String())
		if bad != nil {
			d.fail(node, path, bad.remedy, "%s", bad.reason)
			return
		}
		fresh.Elem().SetString(text)
	}
	into.Set(fresh.Elem())
}

// inTextOnly is the remedy for a reference where there can be none.
func inTextOnly(node ast.Node) string {
	if text, ok := node.(*ast.StringNode); ok && strings.Contains(text.Value, "${") {
		return "a reference such as ${NAME} stands in text only; write the value out"
	}
	return ""
}

// wanted says what a scalar of type t looks like and which nodes are read as one: the YAML library alone would cut 1.5 to 1 and take 5
// for five nanoseconds.
func wanted(t reflect.Type) (text string, accepted []ast.NodeType) {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "a duration such as 250ms, 10s or 5m", []ast.NodeType{ast.StringType}
	case t.Kind() == reflect.Bool:
		return "true or false", []ast.NodeType{ast.BoolType}
	case t.Kind() == reflect.String:
		return "text", []ast.NodeType{ast.StringType, ast.LiteralType, ast.IntegerType, ast.FloatType}
	case t.Kind() == reflect.Float64:
		return "a number", []ast.NodeType{ast.IntegerType, ast.FloatType}
	}
	return "a whole number", []ast.NodeType{ast.IntegerType}
}

// mapping returns a node's entries; a mapping with one entry has a node type of its own.
func mapping(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// suggest names the key that was probably meant, else all there are.
func suggest(key string, known []string) string {
	best := slices.MinFunc(append([]string{""}, known...), func(a, b string) int { return distance(key, a) - distance(key, b) })
	if best != "" && distance(key, best) <= max(2, len(key)/4) {
		return "did you mean " + best + "?"
	}
	return "known keys: " + strings.Join(known, ", ")
}
