package checkout

import (
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
	var digits []byte
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits = append(digits, byte(r))
		case unicode.IsSpace(r) || unicode.Is(unicode.Pd, r):
		default:
			if passesForCard(digits) {
				return true
			}
			digits = digits[:0]
		}
	}
	return passesForCard(digits)
}

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
