package storefront

import (
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
)

// Money is an exact amount: Minor counts the currency's minor units (cents), whose number of decimals is [Currency.Decimals].
type Money struct {
	Minor    int64    `json:"minor"`
	Currency Currency `json:"currency"`
}

// Amount is the decimal text with exactly the currency's decimals: "12.50", "-0.05", "1200".
func (m Money) Amount() Decimal { return formatDecimal(m.Minor, m.Currency.Decimals()) }

func (m Money) String() string { return string(m.Amount()) + " " + string(m.Currency) }

// Errors of money. Callers branch on them only to choose their own words.
var (
	ErrNotMoney      = errors.New("not an amount of money")
	ErrCurrency      = errors.New("not a currency of ISO 4217")
	ErrMixedCurrency = errors.New("amounts of different currencies")
	ErrOverflow      = errors.New("amount out of range")
)

// ParseMoney reads decimal text, without exponent, separators or spaces, exactly: "12.5" and "12.50" are 1250 cents, "12.505" is an
// error because it has more decimals than the currency. It never goes through a float.
func ParseMoney(text string, code Currency) (Money, error) {
	if !code.Valid() {
		return Money{}, ErrCurrency
	}
	minor, err := parseDecimal(text, code.Decimals())
	if err != nil {
		return Money{}, err
	}
	return Money{Minor: minor, Currency: code}, nil
}

// Sum adds amounts of one currency. The sum of nothing is an error, for it has no currency.
func Sum(amounts ...Money) (Money, error) {
	if len(amounts) == 0 {
		return Money{}, ErrNotMoney
	}
	total := Money{Currency: amounts[0].Currency}
	for _, m := range amounts {
		if m.Currency != total.Currency {
			return Money{}, ErrMixedCurrency
		}
		next := total.Minor + m.Minor
		if (next > total.Minor) != (m.Minor > 0) && m.Minor != 0 {
			return Money{}, ErrOverflow
		}
		total.Minor = next
	}
	return total, nil
}

// MoneyInput is an amount as a client wrote it.
type MoneyInput struct {
	Amount   Decimal  `json:"amount"`
	Currency Currency `json:"currency"`
}

// Money reads the input exactly; see [ParseMoney].
func (in MoneyInput) Money() (Money, error) { return ParseMoney(string(in.Amount), in.Currency) }

// Decimal is a decimal number as text; it is never a float. At most 21 characters.
type Decimal string

// maxDecimal is a sign, a point and the 19 digits of the largest int64.
const maxDecimal = 21

// MarshalGQL writes the scalar Decimal, as a string.
func (d Decimal) MarshalGQL(w io.Writer) { writeQuoted(w, string(d)) }

// UnmarshalGQL reads the scalar Decimal from a string. Numbers are refused: JSON parsers turn them into floats.
func (d *Decimal) UnmarshalGQL(v any) error {
	text, ok := v.(string)
	if ok {
		_, err := parseDecimal(text, maxDecimal)
		ok = err == nil || errors.Is(err, ErrOverflow)
	}
	if !ok {
		return errors.New("Decimal: must be a string such as \"12.50\": digits, at most one point, an optional minus")
	}
	*d = Decimal(text)
	return nil
}

// writeQuoted writes text without control characters, for which Go's quoting is JSON's too.
func writeQuoted(w io.Writer, text string) { _, _ = io.WriteString(w, strconv.Quote(text)) }

func formatDecimal(minor int64, decimals int) Decimal {
	digits := strconv.FormatUint(absolute(minor), 10)
	if decimals > 0 {
		if short := decimals + 1 - len(digits); short > 0 {
			digits = strings.Repeat("0", short) + digits
		}
		point := len(digits) - decimals
		digits = digits[:point] + "." + digits[point:]
	}
	if minor < 0 {
		digits = "-" + digits
	}
	return Decimal(digits)
}

func absolute(n int64) uint64 {
	if n < 0 {
		return -uint64(n) //nolint:gosec // G115: two's complement
	}
	return uint64(n)
}

func parseDecimal(text string, decimals int) (int64, error) {
	unsigned, negative := strings.CutPrefix(text, "-")
	whole, fraction, point := strings.Cut(unsigned, ".")
	if len(text) > maxDecimal || !allDigits(whole) || (point && !allDigits(fraction)) || len(fraction) > decimals {
		return 0, ErrNotMoney
	}
	if decimals == maxDecimal {
		decimals = len(fraction)
	}
	n, err := strconv.ParseUint(whole+fraction+strings.Repeat("0", decimals-len(fraction)), 10, 64)
	if err != nil {
		return 0, ErrOverflow
	}
	return withSign(n, negative)
}

// withSign makes an int64 of a size and a sign; the smallest int64 has a size that is no int64.
func withSign(n uint64, negative bool) (int64, error) {
	switch {
	case negative && n <= -math.MinInt64:
		return int64(-n), nil //nolint:gosec // G115: two's complement, in range by the case
	case !negative && n <= math.MaxInt64:
		return int64(n), nil
	}
	return 0, ErrOverflow
}

func allDigits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}
