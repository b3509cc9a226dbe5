package required

import (
	"bytes"
	"io"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/vektah/gqlparser/v2/ast"
)

// value is a part of an answer, in its order.
type value struct {
	scalar  []byte // of what is neither an object nor a list
	kind    jsontext.Kind
	names   []string // of an object's fields
	entries []*value
}

// parse returns nil where data is not one JSON value. Its depth is that of the operation, which has a limit.
func parse(data []byte) *value {
	decoder := jsontext.NewDecoder(bytes.NewReader(data))
	v, err := read(decoder)
	if err != nil {
		return nil
	}
	if _, err := decoder.ReadToken(); err != io.EOF { //nolint:errorlint // the decoder's own, never wrapped
		return nil
	}
	return v
}

func read(decoder *jsontext.Decoder) (*value, error) {
	v := &value{kind: decoder.PeekKind()}
	if v.kind != '{' && v.kind != '[' {
		text, err := decoder.ReadValue()
		v.scalar = bytes.Clone(text)
		return v, err
	}
	if _, err := decoder.ReadToken(); err != nil {
		return nil, err
	}
	for kind := decoder.PeekKind(); kind != '}' && kind != ']'; kind = decoder.PeekKind() {
		if v.kind == '{' {
			name, err := decoder.ReadToken()
			if err != nil {
				return nil, err
			}
			v.names = append(v.names, name.String())
		}
		entry, err := read(decoder)
		if err != nil {
			return nil, err
		}
		v.entries = append(v.entries, entry)
	}
	_, err := decoder.ReadToken()
	return v, err
}

// at is one step down; nil where there is nothing.
func (v *value) at(step ast.PathElement) *value {
	switch step := step.(type) {
	case ast.PathName:
		for n, name := range v.names {
			if name == string(step) {
				return v.entries[n]
			}
		}
	case ast.PathIndex:
		if v.kind == '[' && int(step) >= 0 && int(step) < len(v.entries) {
			return v.entries[step]
		}
	}
	return nil
}

// firstNull is after how many steps of the path there is a null; 0 where all is.
func (v *value) firstNull(path ast.Path) (steps int, found bool) {
	for n := 0; v != nil; n++ {
		if v.kind == 'n' {
			return n, true
		}
		if n == len(path) {
			break
		}
		v = v.at(path[n])
	}
	return 0, false
}

// clear sets what is at the end of the path to null.
func (v *value) clear(path ast.Path) {
	for _, step := range path {
		v = v.at(step)
	}
	*v = value{kind: 'n', scalar: []byte("null")}
}

func (v *value) encode() []byte { return v.append(nil) }

func (v *value) append(to []byte) []byte {
	if v.kind != '{' && v.kind != '[' {
		return append(to, v.scalar...)
	}
	to = append(to, byte(v.kind))
	for n, entry := range v.entries {
		if n > 0 {
			to = append(to, ',')
		}
		if v.kind == '{' {
			to, _ = jsontext.AppendQuote(to, v.names[n]) // it was read, so it can be written
			to = append(to, ':')
		}
		to = entry.append(to)
	}
	if v.kind == '{' {
		return append(to, '}')
	}
	return append(to, ']')
}
