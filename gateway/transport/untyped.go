package transport

import (
	"errors"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// object is a JSON object of values whose types nobody knows yet: whole numbers are int64 as long as they fit, so that no digit is lost,
// others float64. One without members, as most variables are, is nil.
type object map[string]any

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (o *object) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '{' {
		return errors.ErrUnsupported // the default reads null, and says what is wrong with anything else
	}
	members, err := readMembers(dec)
	*o = members
	return err
}

// readValue reads any value. The decoder bounds how deep it is.
func readValue(dec *jsontext.Decoder) (any, error) {
	switch dec.PeekKind() {
	case '{':
		members, err := readMembers(dec)
		if members == nil {
			members = object{}
		}
		return map[string]any(members), err
	case '[':
		return readItems(dec)
	case '0':
		return readNumber(dec)
	default:
		return readToken(dec)
	}
}

// readToken reads a string, true, false or null.
func readToken(dec *jsontext.Decoder) (value any, err error) {
	token, err := dec.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case '"':
		value = token.String()
	case 't', 'f':
		value = token.Bool()
	default:
	}
	return value, nil
}

func readMembers(dec *jsontext.Decoder) (members object, err error) {
	if _, err = dec.ReadToken(); err != nil {
		return nil, err
	}
	for dec.PeekKind() == '"' {
		token, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		name := token.String() // before the next token is read
		value, err := readValue(dec)
		if err != nil {
			return nil, err
		}
		if members == nil {
			members = object{}
		}
		members[name] = value
	}
	_, err = dec.ReadToken() // the end, or what is wrong
	return members, err
}

func readItems(dec *jsontext.Decoder) (any, error) {
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	items := []any{}
	for kind := dec.PeekKind(); kind != ']' && kind != 0; kind = dec.PeekKind() {
		item, err := readValue(dec)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	_, err := dec.ReadToken() // the end, or what is wrong
	return items, err
}

func readNumber(dec *jsontext.Decoder) (any, error) {
	text, err := dec.ReadValue()
	if err != nil {
		return nil, err
	}
	if whole, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		return whole, nil
	}
	number, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return nil, &json.SemanticError{JSONPointer: dec.StackPointer(), Err: err}
	}
	return number, nil
}
