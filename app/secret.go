package app

import (
	"reflect"
	"regexp"
)

// masked stands for a secret in what is printed.
const masked = "<masked>"

// mask is the configuration without the texts of its fields that are tagged `secret:"true"`, and without credentials in URLs wherever they
// are. It shares nothing with c.
func mask(c Config) Config {
	credentials := regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*://)[^/@]*@`)
	var walk func(v reflect.Value, secret bool) reflect.Value
	walk = func(v reflect.Value, secret bool) reflect.Value {
		out := reflect.New(v.Type()).Elem()
		out.Set(v)
		switch v.Kind() {
		case reflect.String:
			text := credentials.ReplaceAllString(v.String(), "${1}"+masked+"@")
			if secret && text != "" {
				text = masked
			}
			out.SetString(text)
		case reflect.Struct:
			for i := range v.NumField() {
				if field := v.Type().Field(i); field.IsExported() {
					out.Field(i).Set(walk(v.Field(i), secret || field.Tag.Get("secret") == "true"))
				}
			}
		case reflect.Slice:
			if !v.IsNil() {
				out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			}
			for i := range v.Len() {
				out.Index(i).Set(walk(v.Index(i), secret))
			}
		case reflect.Map:
			if !v.IsNil() {
				out.Set(reflect.MakeMap(v.Type()))
			}
			for entry := v.MapRange(); entry.Next(); {
				out.SetMapIndex(entry.Key(), walk(entry.Value(), secret))
			}
		default: // no text
		}
		return out
	}
	return walk(reflect.ValueOf(c), false).Interface().(Config) //nolint:forcetypeassert // it went in as one
}
