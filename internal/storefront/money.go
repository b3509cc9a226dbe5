package storefront

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"golang.org/x/text/currency"
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
	return Money{Minor: minor, Currency: code}, err
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

// Currency is an ISO 4217 code in capitals.
type Currency string

// Valid reports whether the code is known.
func (c Currency) Valid() bool {
	if len(c) != 3 || strings.ToUpper(string(c)) != string(c) {
		return false
	}
	_, err := currency.ParseISO(string(c))
	return err == nil
}

// Decimals is the exponent of ISO 4217. (CLDR, which x/text has, rounds some currencies to what is used in cash.)
func (c Currency) Decimals() int {
	switch c {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	case "CLF", "UYW":
		return 4
	}
	return 2
}

// MarshalGQL writes the scalar CurrencyCode.
func (c Currency) MarshalGQL(w io.Writer) { writeQuoted(w, string(c)) }

// UnmarshalGQL reads the scalar CurrencyCode and refuses unknown codes.
func (c *Currency) UnmarshalGQL(v any) error {
	text, ok := v.(string)
	if !ok || !Currency(text).Valid() {
		return fmt.Errorf("CurrencyCode: %w, such as \"EUR\"", ErrCurrency)
	}
	*c = Currency(text)
	return nil
}

// Decimal is a decimal number as text; it is never a float. At most 20 characters.
type Decimal string

const maxDecimal = 20

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
		return -uint64(n)
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
	if err != nil || n > math.MaxInt64 {
		return 0, ErrOverflow
	}
	if negative {
		return -int64(n), nil
	}
	return int64(n), nil
}

func allDigits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}
