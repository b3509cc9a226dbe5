package storefront

import (
	"fmt"
	"io"
	"strings"
)

// Currency is an ISO 4217 code in capitals.
type Currency string

// codes are the active codes of ISO 4217 (list one of 2025), those of metals and funds too. All have three letters, so that three
// letters found in here are a code.
const codes = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF " +
	"CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS " +
	"INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR " +
	"MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE " +
	"SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAD XAF XAG " +
	"XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG"

// Valid reports whether the code is one of ISO 4217.
func (c Currency) Valid() bool {
	return len(c) == 3 && strings.Contains(codes, string(c)) && !strings.Contains(string(c), " ")
}

// Decimals is the exponent of ISO 4217.
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
