package rest

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"
)

// Decimal is a JSON number as it was written, so that an amount never becomes a float: 12.50 is "12.50". Empty where the member was
// missing.
type Decimal string

// ErrNotNumber reports a value that is no JSON number.
var ErrNotNumber = errors.New("not a JSON number")

// UnmarshalJSON keeps the text of a number, and refuses strings, null and all else.
func (d *Decimal) UnmarshalJSON(data []byte) error {
	if jsontext.Value(data).Kind() != '0' {
		return ErrNotNumber
	}
	*d = Decimal(data)
	return nil
}

// MarshalJSON writes the text as a number.
func (d Decimal) MarshalJSON() ([]byte, error) {
	value := jsontext.Value(d)
	if value.Kind() != '0' || !value.IsValid() {
		return nil, ErrNotNumber
	}
	return value, nil
}
