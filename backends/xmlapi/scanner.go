package xmlapi

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

var (
	errDTD       = errors.New("document type definitions are refused")
	errPI        = errors.New("processing instructions are refused")
	errTrailing  = errors.New("something other than comments stands around the root element")
	errNamespace = errors.New("a prefix that is not declared, or a namespace that is no absolute URI")
	errRepeated  = errors.New("an attribute twice")
)

// scanner reads the tokens of a document within the limits, and refuses what encoding/xml would let pass.
type scanner struct {
	cfg      Config
	meter    *meter
	parser   *xml.Decoder
	started  bool // a token was read
	elements int
	depth    int
}

func newScanner(cfg Config, text []byte) *scanner {
	m := &meter{text: text, max: cfg.MaxToken}
	parser := xml.NewDecoder(m)
	parser.CharsetReader = asItIs
	return &scanner{cfg: cfg, meter: m, parser: parser}
}

// root reads up to the start of the root element.
func (s *scanner) root() (xml.StartElement, error) {
	for {
		token, err := s.next()
		if errors.Is(err, io.EOF) {
			return xml.StartElement{}, errEmpty
		}
		if err != nil {
			return xml.StartElement{}, err
		}
		if start, ok := token.(xml.StartElement); ok {
			return start, nil
		}
	}
}

// end requires that nothing but comments and white space follows the root element.
func (s *scanner) end() error {
	for {
		token, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, ok := token.(xml.StartElement); ok {
			return errTrailing
		}
	}
}

// skip reads on to the end of the element that was just read.
func (s *scanner) skip() error {
	for outside := s.depth - 1; s.depth > outside; {
		if _, err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

// next reads a token. Its error is io.EOF only after the root element, or where there is none.
func (s *scanner) next() (xml.Token, error) {
	s.meter.refill()
	token, err := s.parser.Token()
	if err != nil {
		return nil, err
	}
	first := !s.started
	s.started = true
	switch t := token.(type) {
	case xml.Directive:
		return nil, errDTD
	case xml.ProcInst:
		if !first || t.Target != "xml" {
			return nil, errPI
		}
	case xml.CharData:
		if s.depth == 0 && !isSpace(t) {
			return nil, errTrailing
		}
	case xml.EndElement:
		s.depth--
	case xml.StartElement:
		s.depth++
		s.elements++
		return t, s.check(t)
	}
	return token, nil
}

// check holds a tag to the limits and to what encoding/xml leaves unchecked: prefixes without a declaration, repeated attributes.
func (s *scanner) check(start xml.StartElement) error {
	switch {
	case s.depth > s.cfg.MaxDepth:
		return fmt.Errorf("elements nested deeper than the bound of %d", s.cfg.MaxDepth)
	case s.elements > s.cfg.MaxElements:
		return fmt.Errorf("more elements than the bound of %d", s.cfg.MaxElements)
	case len(start.Attr) > s.cfg.MaxAttributes:
		return fmt.Errorf("more attributes than the bound of %d", s.cfg.MaxAttributes)
	case !isNamespace(start.Name.Space):
		return errNamespace
	}
	for i, attr := range start.Attr {
		if !isNamespace(attr.Name.Space) && !isReserved(attr.Name.Space) {
			return errNamespace
		}
		if hasAttribute(start.Attr[:i], attr.Name) {
			return errRepeated
		}
	}
	return nil
}

// isNamespace: encoding/xml leaves a prefix that is not declared in the place of the namespace.
func isNamespace(space string) bool { return space == "" || strings.Contains(space, ":") }

// isReserved: the prefixes that need no declaration (Namespaces in XML 1.0, section 3).
func isReserved(prefix string) bool { return prefix == "xml" || prefix == "xmlns" }

func hasAttribute(attrs []xml.Attr, name xml.Name) bool {
	return slices.ContainsFunc(attrs, func(a xml.Attr) bool { return a.Name == name })
}

func isSpace(text []byte) bool { return len(trim(string(text))) == 0 }

// trim takes away the white space of XML 1.0, production 3.
func trim(text string) string { return strings.Trim(text, " \t\r\n") }
