package strict

import (
	"fmt"
	"iter"
	"reflect"
	"strings"
)

// keyed is a struct's field and the key that it has in YAML. Its Index is that from the outermost struct.
type keyed struct {
	reflect.StructField

	key string
}

// eachField goes through a struct's fields that are keys, in their order; those of inlined structs count as if written out.
func eachField(t reflect.Type) iter.Seq[keyed] {
	return func(yield func(keyed) bool) {
		for f := range t.Fields() {
			key, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if options == "inline" {
				for inner := range eachField(f.Type) {
					inner.Index = append(append([]int{}, f.Index...), inner.Index...)
					if !yield(inner) {
						return
					}
				}
				continue
			}
			if key != "" && key != "-" && !yield(keyed{f, key}) {
				return
			}
		}
	}
}

// fieldOf finds a struct's field by its key.
func fieldOf(into reflect.Value, key string) (reflect.Value, bool) {
	for f := range eachField(into.Type()) {
		if f.key == key {
			return into.FieldByIndex(f.Index), true
		}
	}
	return reflect.Value{}, false
}

// keys lists a struct's keys.
func keys(t reflect.Type) []string {
	var names []string
	for f := range eachField(t) {
		names = append(names, f.key)
	}
	return names
}

// Scalars calls visit with every scalar of a struct, those in its lists and names included, and the path that it has in a file.
func Scalars(config any, visit func(path string, value any)) {
	scalars(reflect.ValueOf(config), "", visit)
}

func scalars(v reflect.Value, path string, visit func(path string, value any)) {
	switch v.Kind() {
	case reflect.Struct:
		for f := range eachField(v.Type()) {
			scalars(v.FieldByIndex(f.Index), join(path, f.key), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			scalars(v.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case reflect.Map:
		for entry := v.MapRange(); entry.Next(); {
			scalars(entry.Value(), join(path, entry.Key().String()), visit)
		}
	default:
		visit(path, v.Interface())
	}
}
