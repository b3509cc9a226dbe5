package checkout

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"tiffin/fault"
	"tiffin/internal/storefront"
)

// The bounds of the schema. Lengths are in characters.
const (
	maxKey          = 255
	maxID           = 100
	maxLines        = 50
	maxQuantity     = 99
	maxOptions      = 20
	maxNote         = 500
	minAddress      = 3
	maxAddress      = 300
	maxRecipient    = 100
	maxPhone        = 40
	maxInstructions = 500
	maxToken        = 200
)

// maxProblems bounds how many problems one error tells of.
const maxProblems = 5

// checker collects what is wrong with an input. Its messages name places and bounds, and never repeat what the client wrote.
type checker struct{ problems []string }

func (c *checker) refuse(path, format string, args ...any) {
	c.problems = append(c.problems, path+" "+fmt.Sprintf(format, args...))
}

// fault is the client's error; nil where nothing is wrong.
func (c *checker) fault() error {
	if len(c.problems) == 0 {
		return nil
	}
	told := c.problems[:min(len(c.problems), maxProblems)]
	text := strings.Join(told, "; ")
	if more := len(c.problems) - len(told); more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return fault.New(fault.BadUserInput, "%s.", text)
}

// visible checks an opaque word: visible ASCII, as keys, ids and tokens are.
func (c *checker) visible(path, text string, most int) {
	isVisible := func(r rune) bool { return r > ' ' && r <= '~' }
	if text == "" || len(text) > most || strings.ContainsFunc(text, func(r rune) bool { return !isVisible(r) }) {
		c.refuse(path, "must be 1 to %d visible ASCII characters", most)
		return
	}
	c.noCard(path, text)
}

// prose checks a person's words.
func (c *checker) prose(path, text string, least, most int) {
	c.words(path, text, least, most)
	c.noCard(path, text)
}

// phone checks a telephone number.
func (c *checker) phone(path, text string) {
	c.words(path, text, 0, maxPhone)
	if !isDialled(text) {
		c.noCard(path, text)
	}
}

func (c *checker) words(path, text string, least, most int) {
	if n := utf8.RuneCountInString(strings.TrimSpace(text)); n < least || utf8.RuneCountInString(text) > most {
		c.refuse(path, "must be %d to %d characters long", least, most)
	}
	forbidden := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }
	if !utf8.ValidString(text) || strings.ContainsFunc(text, forbidden) {
		c.refuse(path, "must be text without control characters")
	}
}

func (c *checker) noCard(path, text string) {
	if holdsCardNumber(text) {
		c.refuse(path, "must not hold a card number: pay with a token of the payment provider's form")
	}
}

// money checks an amount and its sign, and returns it.
func (c *checker) money(path string, in storefront.MoneyInput, least int64, rule string) storefront.Money {
	amount, err := in.Money()
	switch {
	case err != nil:
		c.refuse(path, "must be an amount with at most as many decimals as its currency has")
	case amount.Minor < least:
		c.refuse(path+".amount", "must be %s", rule)
	}
	return amount
}
