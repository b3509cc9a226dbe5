package xmlapi

import (
	"encoding/xml"
	"errors"
	"fmt"
	"reflect"
)

// Errors of a document that is well-formed XML but not what was asked for. They only ever are the cause in a fault.
var (
	errRoot  = errors.New("the root element is neither the answer nor a Fault")
	errEmpty = errors.New("the answer has no document")
)

// decode reads the one document in body into the struct that into points to, whose shape is want. A Fault in its place is returned
// as a [*Fault]; where into is nil only that is looked for.
func (c *Client) decode(contentType string, body []byte, want *shape, into any) error {
	text, err := toUTF8(contentType, body)
	if err != nil {
		return err
	}
	s := newScanner(c.cfg, text)
	root, err := s.root()
	if err != nil {
		return err
	}
	switch {
	case root.Name == want.name && into != nil:
		return s.decode(root, want, into)
	case root.Name == xml.Name{Space: want.name.Space, Local: faultName}:
		return s.fault(root, want)
	}
	return errRoot
}

// fault decodes a Fault and returns it as the error that it is.
func (s *scanner) fault(root xml.StartElement, want *shape) error {
	shape, err := faultShape(want)
	if err != nil {
		return err
	}
	var document faultDocument
	if err := s.decode(root, shape, &document); err != nil {
		return err
	}
	return document.fault()
}

// decode reads the rest of a document whose root was read, and requires that nothing follows it. into stays as it was when there is
// an error: half an answer is none.
func (s *scanner) decode(root xml.StartElement, shape *shape, into any) error {
	g, err := guarded(s, root, shape)
	if err != nil {
		return err
	}
	target := reflect.New(reflect.TypeOf(into).Elem())
	if err := xml.NewTokenDecoder(g).Decode(target.Interface()); err != nil {
		return fmt.Errorf("<%s>: %w", root.Name.Local, err)
	}
	if err := s.end(); err != nil {
		return err
	}
	reflect.ValueOf(into).Elem().Set(target.Elem())
	return nil
}
