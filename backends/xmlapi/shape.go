package xmlapi

import (
	"encoding"
	"encoding/xml"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// shape is what a document may look like: an element, read off the struct it is decoded into. It is immutable once made.
type shape struct {
	// name is set for a document's root.
	name xml.Name
	// text: the element's character data is a value.
	text bool
	// children are the elements by local name; attributes are those that must be there.
	children   map[string]child
	attributes []string
}

// child is an element inside another.
type child struct {
	*shape
	list, required bool
}

// documentShape reads the shape of a document off a pointer to a struct whose XMLName has a namespace.
func documentShape(pointer reflect.Type) (*shape, error) {
	if pointer == nil || pointer.Kind() != reflect.Pointer || pointer.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("%v is no pointer to a struct", pointer)
	}
	made, err := shapeOf(pointer.Elem(), map[reflect.Type]*shape{})
	if err == nil && made.name.Local == "" {
		err = fmt.Errorf("%v has no XMLName with a namespace", pointer)
	}
	return made, err
}

// faultShape is that of a Fault in the namespace of want.
func faultShape(want *shape) (*shape, error) {
	made, err := shapeOf(reflect.TypeFor[faultDocument](), map[reflect.Type]*shape{})
	if err == nil {
		made.name = xml.Name{Space: want.name.Space, Local: faultName}
	}
	return made, err
}

// shapeOf reads the shape of a type that is no pointer. Types that contain themselves are found in known.
func shapeOf(typ reflect.Type, known map[reflect.Type]*shape) (*shape, error) {
	if made := known[typ]; made != nil {
		return made, nil
	}
	made := &shape{children: map[string]child{}}
	known[typ] = made
	if isText(typ) {
		made.text = true
		return made, nil
	}
	if typ.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%v cannot be read from XML here", typ)
	}
	for field := range typ.Fields() {
		if err := made.add(field, known); err != nil {
			return nil, fmt.Errorf("%v.%s: %w", typ, field.Name, err)
		}
	}
	return made, nil
}

// isText: the type's value is one piece of text.
func isText(typ reflect.Type) bool {
	switch typ.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64:
		return true
	default:
		return reflect.PointerTo(typ).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
	}
}

// add reads one field by the rules of encoding/xml, of which it knows elements, attributes and character data.
func (s *shape) add(field reflect.StructField, known map[reflect.Type]*shape) error {
	tag, options, _ := strings.Cut(field.Tag.Get("xml"), ",")
	if field.Name == "XMLName" {
		s.name.Space, s.name.Local, _ = strings.Cut(tag, " ")
		return nil
	}
	name := tag
	if name == "" {
		name = field.Name
	}
	switch {
	case strings.ContainsAny(name, " >-") || field.Anonymous || !field.IsExported():
		return errors.New("only exported fields with a plain name are read")
	case options == "chardata":
		s.text = true
	case options == "attr":
		if field.Type.Kind() != reflect.Pointer {
			s.attributes = append(s.attributes, name)
		}
	case options == "" || options == "omitempty":
		return s.addChild(name, field.Type, known)
	default:
		return fmt.Errorf("the option %q is not known here", options)
	}
	return nil
}

func (s *shape) addChild(name string, typ reflect.Type, known map[reflect.Type]*shape) error {
	list, pointer := typ.Kind() == reflect.Slice, typ.Kind() == reflect.Pointer
	if list || pointer {
		typ = typ.Elem()
	}
	made, err := shapeOf(typ, known)
	s.children[name] = child{made, list, !list && !pointer}
	return err
}
