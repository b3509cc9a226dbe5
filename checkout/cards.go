package checkout

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
)

// A primary account number has 12 to 19 digits (ISO/IEC 7812-1), the last of which is a check digit by Luhn's formula.
const (
	minCardDigits = 12
	maxCardDigits = 19
)

// holdsCardNumber reports whether text holds a string of digits, perhaps written with spaces and dashes, that passes for a card
// number. A whole text in the form of a UUID holds none: one in some hundred has enough decimal digits in a row, and one in ten of
// those passes the check.
func holdsCardNumber(text string) bool {
	if isUUID(text) {
		return false
	}
	var words [][]byte // of digits, one after the other
	apart := true      // the next digit begins a word
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			if apart {
				words = append(words, nil)
			}
			words[len(words)-1] = append(words[len(words)-1], byte(r))
			apart = false
		case unicode.IsSpace(r):
			apart = true
		case unicode.Is(unicode.Pd, r):
		default:
			if holdCard(words) {
				return true
			}
			words, apart = nil, true
		}
	}
	return holdCard(words)
}

// holdCard looks at words of digits: all of them together, each by itself, and those that are as long as cards have them printed, for a
// card number is often written with its expiry behind it.
func holdCard(words [][]byte) bool {
	if passesForCard(bytes.Join(words, nil)) {
		return true
	}
	for n := range words {
		if passesForCard(words[n]) {
			return true
		}
		for _, printed := range [][]int{{4, 4, 4, 4}, {4, 6, 5}, {4, 6, 4}} {
			if few := words[n:min(len(words), n+len(printed))]; slices.EqualFunc(few, printed, hasLength) && passesForCard(bytes.Join(few, nil)) {
				return true
			}
		}
	}
	return false
}

func hasLength(word []byte, length int) bool { return len(word) == length }

// isDialled reports whether text is a telephone number as people dial it, internationally or with a leading zero: no card number
// starts that way, while many a telephone number has as many digits and one in ten passes the check.
func isDialled(text string) bool {
	text = strings.TrimSpace(text)
	return strings.HasPrefix(text, "+") || strings.HasPrefix(text, "0")
}

func passesForCard(digits []byte) bool {
	if len(digits) < minCardDigits || len(digits) > maxCardDigits {
		return false
	}
	sum := 0
	for n := range digits {
		d := int(digits[len(digits)-1-n] - '0')
		if n%2 == 1 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return sum%10 == 0
}

// isUUID reports whether text has the form of RFC 9562: 8-4-4-4-12 hexadecimal digits.
func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for n, r := range text {
		dash := n == 8 || n == 13 || n == 18 || n == 23
		if dash != (r == '-') || (!dash && !unicode.Is(unicode.ASCII_Hex_Digit, r)) {
			return false
		}
	}
	return true
}
