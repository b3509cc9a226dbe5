package xmlapi

import (
	"encoding/xml"
	"errors"
	"fmt"
)

// xsi is the namespace of xsi:nil (XML Schema Part 1, section 2.6).
const xsi = "http://www.w3.org/2001/XMLSchema-instance"

var (
	errMixed = errors.New("text between elements")
	errInner = errors.New("an element inside a text")
	errNil   = errors.New("an element that is nil has content, or xsi:nil is neither true nor false")
)

// guard stands between the scanner and the struct: it passes on the tokens of a document that fits its shape, without what is
// unknown, nil or a comment. It implements [xml.TokenReader] for the inside of one root element.
type guard struct {
	*scanner
	open    []frame
	pending *xml.StartElement // the root, passed on first
}

// frame is an element that is open and known.
type frame struct {
	shape *shape
	seen  map[string]bool // children by name
}

// guarded enters the root element that scanner has just read.
func guarded(scanner *scanner, root xml.StartElement, shape *shape) (*guard, error) {
	g := &guard{scanner: scanner}
	if empty, err := isNil(root); empty || err != nil {
		return nil, errNil
	}
	clean, err := g.push(root, shape)
	g.pending = &clean
	return g, err
}

// Token implements [xml.TokenReader].
func (g *guard) Token() (xml.Token, error) {
	if g.pending != nil {
		root := *g.pending
		g.pending = nil
		return root, nil
	}
	for {
		token, err := g.next()
		if err != nil {
			return nil, err
		}
		pass, err := g.filter(&token)
		if err != nil {
			return nil, err // a token beside an error would count
		}
		if pass {
			return token, nil
		}
	}
}

// filter decides whether the struct gets to see the token, which it may change.
func (g *guard) filter(token *xml.Token) (pass bool, err error) {
	top := g.open[len(g.open)-1]
	switch t := (*token).(type) {
	case xml.StartElement:
		known, err := g.known(t, top)
		if known == nil || err != nil {
			return false, err
		}
		*token, err = g.push(t, known)
		return true, err
	case xml.EndElement:
		g.open = g.open[:len(g.open)-1]
		return true, top.complete()
	case xml.CharData:
		if !top.shape.text && !isSpace(t) {
			return false, errMixed
		}
		return top.shape.text, nil
	}
	return false, nil
}

// known finds the shape of an element inside a known one; nil where the struct does not get to see it.
func (g *guard) known(start xml.StartElement, parent frame) (*shape, error) {
	if len(parent.shape.children) == 0 && parent.shape.text {
		return nil, errInner
	}
	name := start.Name.Local
	found, ok := parent.shape.children[name]
	if !ok || start.Name.Space != g.namespace() {
		return nil, g.skip()
	}
	if parent.seen[name] && !found.list {
		return nil, fmt.Errorf("<%s> twice", name)
	}
	parent.seen[name] = true
	empty, err := isNil(start)
	switch {
	case err != nil:
		return nil, err
	case empty && found.required:
		return nil, fmt.Errorf("<%s> is nil", name)
	case empty:
		return nil, g.skipNil()
	}
	return found.shape, nil
}

// namespace is that of the root element, and so of all that is known.
func (g *guard) namespace() string { return g.open[0].shape.name.Space }

// push opens a known element and returns its tag as the struct gets to see it: without foreign attributes, which encoding/xml would
// take for those of the same local name, and without namespace declarations, which it would apply a second time.
func (g *guard) push(start xml.StartElement, shape *shape) (xml.StartElement, error) {
	clean := xml.StartElement{Name: start.Name}
	for _, attr := range start.Attr {
		if attr.Name.Space == "" && attr.Name.Local != "xmlns" {
			clean.Attr = append(clean.Attr, attr)
		}
	}
	for _, name := range shape.attributes {
		if !hasAttribute(clean.Attr, xml.Name{Local: name}) {
			return clean, fmt.Errorf("<%s> without the attribute %s", start.Name.Local, name)
		}
	}
	g.open = append(g.open, frame{shape, map[string]bool{}})
	return clean, nil
}

// complete requires that all that must be there was.
func (f frame) complete() error {
	for name, c := range f.shape.children {
		if c.required && !f.seen[name] {
			return fmt.Errorf("<%s> is missing", name)
		}
	}
	return nil
}

// skipNil reads on to the end of an element that is nil and must be empty.
func (g *guard) skipNil() error {
	for {
		token, err := g.next()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.EndElement:
			return nil
		case xml.Comment:
		case xml.CharData:
			if !isSpace(t) {
				return errNil
			}
		default:
			return errNil
		}
	}
}

// isNil reads xsi:nil.
func isNil(start xml.StartElement) (bool, error) {
	for _, attr := range start.Attr {
		if attr.Name == (xml.Name{Space: xsi, Local: "nil"}) {
			value, ok := Token(trim(attr.Value)).Boolean()
			if !ok {
				return false, errNil
			}
			return value, nil
		}
	}
	return false, nil
}
