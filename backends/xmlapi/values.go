package xmlapi

import (
	"fmt"
	"time"
)

// Token is text without the white space around it, as xs:token, xs:decimal and the other types of XML Schema that collapse white
// space mean it. An amount read as a Token never becomes a float.
type Token string

// UnmarshalText trims the text.
func (t *Token) UnmarshalText(text []byte) error {
	*t = Token(trim(string(text)))
	return nil
}

// Boolean reads the token as xs:boolean; ok is false where it is none.
func (t Token) Boolean() (value, ok bool) {
	switch t {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return false, false
}

// dateTime is xs:dateTime without a zone; time.Parse takes fractions of a second too.
const dateTime = "2006-01-02T15:04:05"

// DateTime is an xs:dateTime (XML Schema Part 2, section 3.2.7), in UTC: where the text has no zone it means UTC.
type DateTime struct{ time.Time }

// UnmarshalText reads "2026-11-23T18:30:00", and with a zone as RFC 3339 has it.
func (d *DateTime) UnmarshalText(text []byte) error {
	var token Token
	_ = token.UnmarshalText(text) // never fails
	for _, layout := range []string{dateTime, time.RFC3339} {
		if at, err := time.Parse(layout, string(token)); err == nil {
			d.Time = at.UTC()
			return nil
		}
	}
	return fmt.Errorf("not a date and time such as %q", dateTime)
}
