package orders

import (
	"cmp"
	"net/http"

	textlanguage "golang.org/x/text/language"
)

// language is one that labels are written in.
type language int

// The languages, English for everybody else.
const (
	english language = iota
	german
)

// newLanguages returns the matcher whose indexes are languages.
func newLanguages() textlanguage.Matcher {
	return textlanguage.NewMatcher([]textlanguage.Tag{english: textlanguage.English, german: textlanguage.German})
}

// language negotiates the language of an answer by Accept-Language (RFC 9110, section 12.5.4).
func (s *Service) language(r *http.Request) language {
	wanted, _, err := textlanguage.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return english
	}
	_, index, _ := s.languages.Match(wanted...)
	return language(index)
}

// label is the charge's in the language; that of the past for a code without one, and the code itself at last.
func (l language) label(c charge) string {
	var own [2]string
	switch c.code {
	case "subtotal":
		own = [2]string{"Subtotal", "Zwischensumme"}
	case "delivery_fee":
		own = [2]string{"Delivery", "Lieferung"}
	case "service_fee":
		own = [2]string{"Service fee", "Servicegebühr"}
	case "tip":
		own = [2]string{"Tip", "Trinkgeld"}
	case "discount":
		own = [2]string{"Discount", "Rabatt"}
	}
	return cmp.Or(own[l], c.label, c.code)
}
