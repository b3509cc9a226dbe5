package storefront

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// currencies have 0, 2, 3 and 4 decimals.
func currencies() []Currency { return []Currency{"JPY", "EUR", "KWD", "CLF"} }

func TestEveryAmountSurvivesItsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := Money{
			Minor:    rapid.OneOf(rapid.Int64(), rapid.Int64Range(-1000, 1000), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64})).Draw(t, "minor"),
			Currency: rapid.SampledFrom(currencies()).Draw(t, "currency"),
		}
		text := string(amount.Amount())
		if _, fraction, _ := strings.Cut(text, "."); len(fraction) != amount.Currency.Decimals() {
			t.Errorf("%q does not have %d decimals", text, amount.Currency.Decimals())
		}
		if back, err := ParseMoney(text, amount.Currency); back != amount || err != nil {
			t.Errorf("%v became %q became %v, %v", amount.Minor, text, back, err)
		}
		var scalar Decimal
		if err := scalar.UnmarshalGQL(text); err != nil || string(scalar) != text {
			t.Errorf("Decimal of %q: %q, %v", text, scalar, err)
		}
	})
}

func TestAmounts(t *testing.T) {
	for _, test := range []struct {
		minor    int64
		currency Currency
		want     string
	}{
		{1250, "EUR", "12.50"},
		{-5, "EUR", "-0.05"},
		{0, "EUR", "0.00"},
		{100, "EUR", "1.00"},
		{7, "EUR", "0.07"},
		{1200, "JPY", "1200"},
		{0, "JPY", "0"},
		{-1, "JPY", "-1"},
		{1250, "KWD", "1.250"},
		{1, "KWD", "0.001"},
		{-12345, "CLF", "-1.2345"},
		{math.MinInt64, "EUR", "-92233720368547758.08"},
		{math.MaxInt64, "JPY", "9223372036854775807"},
	} {
		amount := Money{test.minor, test.currency}
		if got := amount.Amount(); string(got) != test.want || amount.String() != test.want+" "+string(test.currency) {
			t.Errorf("%d %s is %q, want %q", test.minor, test.currency, got, test.want)
		}
	}
}

func TestParseMoney(t *testing.T) {
	for _, test := range []struct {
		text     string
		currency Currency
		want     int64
		err      error
	}{
		{"12.5", "EUR", 1250, nil},
		{"12.50", "EUR", 1250, nil},
		{"12", "EUR", 1200, nil},
		{"-0", "EUR", 0, nil},
		{"007", "EUR", 700, nil},
		{"1200", "JPY", 1200, nil},
		{"1.2", "KWD", 1200, nil},
		{"0.0001", "CLF", 1, nil},
		{"12.505", "EUR", 0, ErrNotMoney},
		{"12.500", "EUR", 0, ErrNotMoney},
		{"1.0", "JPY", 0, ErrNotMoney},
		{"", "EUR", 0, ErrNotMoney},
		{"-", "EUR", 0, ErrNotMoney},
		{".", "EUR", 0, ErrNotMoney},
		{".5", "EUR", 0, ErrNotMoney},
		{"5.", "EUR", 0, ErrNotMoney},
		{"+5", "EUR", 0, ErrNotMoney},
		{"--5", "EUR", 0, ErrNotMoney},
		{"1e2", "EUR", 0, ErrNotMoney},
		{"1,00", "EUR", 0, ErrNotMoney},
		{" 1", "EUR", 0, ErrNotMoney},
		{"1.2.3", "EUR", 0, ErrNotMoney},
		{"1.-5", "EUR", 0, ErrNotMoney},
		{"0x10", "EUR", 0, ErrNotMoney},
		{"1_000", "EUR", 0, ErrNotMoney},
		{"٣", "EUR", 0, ErrNotMoney},
		{"NaN", "EUR", 0, ErrNotMoney},
		{strings.Repeat("0", 22), "EUR", 0, ErrNotMoney},
		{"92233720368547758.08", "EUR", 0, ErrOverflow},
		{"-92233720368547758.09", "EUR", 0, ErrOverflow},
		{"9223372036854775808", "JPY", 0, ErrOverflow},
		{"99999999999999999999", "JPY", 0, ErrOverflow},
		{"9223372036854775807", "EUR", 0, ErrOverflow},
		{"1", "", 0, ErrCurrency},
		{"1", "eur", 0, ErrCurrency},
		{"1", "EURO", 0, ErrCurrency},
		{"1", "E1R", 0, ErrCurrency},
		{"1", "R U", 0, ErrCurrency},
		{"1", " EU", 0, ErrCurrency},
		{"1", "EU ", 0, ErrCurrency},
		{"1", "DEM", 0, ErrCurrency},
		{"1", "ÄÖ", 0, ErrCurrency},
	} {
		got, err := ParseMoney(test.text, test.currency)
		want := Money{test.want, test.currency}
		if test.err != nil {
			want = Money{}
		}
		if got != want || !errors.Is(err, test.err) {
			t.Errorf("ParseMoney(%q, %q) = %v, %v; want %v, %v", test.text, test.currency, got, err, want, test.err)
		}
		if input := (MoneyInput{Decimal(test.text), test.currency}); true {
			if in, inErr := input.Money(); in != got || !errors.Is(inErr, test.err) {
				t.Errorf("%+v: %v, %v", input, in, inErr)
			}
		}
	}
}

// FuzzParseMoney holds what is accepted against arithmetic without bounds.
func FuzzParseMoney(f *testing.F) {
	for _, text := range []string{"12.50", "-0.05", "1200", "1e9", "", "-", "99999999999999999999", "-92233720368547758.08", "0.00000", "1.2.3"} {
		for n := range currencies() {
			f.Add(text, n)
		}
	}
	f.Fuzz(func(t *testing.T, text string, n int) {
		code := currencies()[(n%4+4)%4]
		got, err := ParseMoney(text, code)
		if err != nil {
			if got != (Money{}) {
				t.Errorf("%q: %v with an error", text, got)
			}
			return
		}
		scale := new(big.Rat).SetInt64(int64(math.Pow10(code.Decimals())))
		exact, ok := new(big.Rat).SetString(text)
		if !ok || exact.Mul(exact, scale).Cmp(new(big.Rat).SetInt64(got.Minor)) != 0 {
			t.Errorf("ParseMoney(%q, %s) = %d", text, code, got.Minor)
		}
		if again, err := ParseMoney(string(got.Amount()), code); again != got || err != nil {
			t.Errorf("%q became %v became %v, %v", text, got, again, err)
		}
	})
}

// Sum is that of arithmetic without bounds, or says that it does not fit.
func TestSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.OneOf(rapid.Int64(), rapid.Int64Range(-9, 9)), 1, 6).Draw(t, "parts")
		fits, exact := true, new(big.Int)
		var amounts []Money
		for _, part := range parts {
			exact.Add(exact, big.NewInt(part))
			fits = fits && exact.IsInt64()
			amounts = append(amounts, Money{part, "EUR"})
		}
		got, err := Sum(amounts...)
		if fits && (err != nil || got != Money{exact.Int64(), "EUR"}) || !fits && (!errors.Is(err, ErrOverflow) || got != Money{}) {
			t.Errorf("%v, %v; exactly %v", got, err, exact)
		}
	})
	if _, err := Sum(); !errors.Is(err, ErrNotMoney) {
		t.Errorf("the sum of nothing: %v", err)
	}
	if _, err := Sum(Money{1, "EUR"}, Money{1, "JPY"}); !errors.Is(err, ErrMixedCurrency) {
		t.Errorf("of two currencies: %v", err)
	}
}

func TestCurrencies(t *testing.T) {
	for decimals, codes := range map[int]string{
		0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
		2: "EUR USD GBP CHF SEK INR HUF TWD IDR COP MGA MRU",
		3: "BHD IQD JOD KWD LYD OMR TND",
		4: "CLF UYW",
	} {
		for code := range strings.FieldsSeq(codes) {
			if c := Currency(code); !c.Valid() || c.Decimals() != decimals {
				t.Errorf("%s: valid %v, %d decimals, want %d", code, c.Valid(), c.Decimals(), decimals)
			}
		}
	}
}

func TestScalarsFromClients(t *testing.T) {
	var code Currency
	for _, bad := range []any{"eur", "EU", "", "EUX", 978, nil, []string{"EUR"}} {
		if err := code.UnmarshalGQL(bad); !errors.Is(err, ErrCurrency) || code != "" {
			t.Errorf("CurrencyCode of %v: %v", bad, err)
		}
	}
	if err := code.UnmarshalGQL("JPY"); err != nil || code != "JPY" {
		t.Errorf("%q, %v", code, err)
	}
	var amount Decimal
	for _, bad := range []any{"", "-", "1e5", "1,5", " 1", "1.", 12.5, 12, nil, strings.Repeat("1", 22), "x\"}"} {
		if err := amount.UnmarshalGQL(bad); err == nil || amount != "" || strings.Contains(err.Error(), "}") {
			t.Errorf("Decimal of %v: %v", bad, err)
		}
	}
	for _, good := range []string{"0", "-0.05", "12.50", "1.23456789", "99999999999999999999"} {
		if err := amount.UnmarshalGQL(good); err != nil || string(amount) != good {
			t.Errorf("Decimal of %q: %q, %v", good, amount, err)
		}
	}
}

func TestScalarsToClients(t *testing.T) {
	var out strings.Builder
	Money{-5, "EUR"}.Amount().MarshalGQL(&out)
	Currency("EUR").MarshalGQL(&out)
	if out.String() != strconv.Quote("-0.05")+`"EUR"` {
		t.Error(out.String())
	}
}
