package checkout

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestHoldsCardNumber(t *testing.T) {
	for text, want := range map[string]bool{
		"4111111111111111":                               true,
		"4111 1111 1111 1111":                            true,
		"4111-1111-1111-1111":                            true,
		"4111\u00a01111\u00a01111\u20111111":             true, // no-break space, no-break hyphen
		"my card: 4111 1111 1111 1111, thanks":           true,
		"tok4111111111111111":                            true,
		"378282246310005":                                true,  // 15 digits
		"501800000009":                                   true,  // 12 digits
		"4111111111111112":                               false, // wrong check digit
		"41111111111":                                    false, // 11 digits
		"41111111111111111111":                           false, // 20 digits: no card number, however it is cut
		"12 Curry Lane, 10115 Tiffinville":               false,
		"00000000-0000-4000-8000-000000000000":           false, // a UUID
		"41111111-1111-4111-8111-111111111111":           false,
		"4111111111111111-0000-4000-8000-000000000000":   false, // the digits run on
		"4111 1111 1111 1111 12/28":                      true,  // with its expiry
		"4111111111111111 12/28 123":                     true,
		"4111-1111-1111-1111 12/28":                      true,
		"3782 822463 10005 12/28":                        true, // 4-6-5
		"2 x 4111 1111 1111 1111 12/28":                  true,
		"12 4111 1111 1111 1111 12/28":                   true,
		"x 41111111-1111-1111 y 00000000-0000-4000-8000": true,
		"": false,
	} {
		if got := holdsCardNumber(text); got != want {
			t.Errorf("holdsCardNumber(%q) = %v; want %v", text, got, want)
		}
	}
}

// Exactly one check digit completes any digits to a card number.
func TestLuhnHasOneCheckDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		head := rapid.StringMatching(`[0-9]{11,18}`).Draw(t, "head")
		complete := 0
		for digit := range 10 {
			if holdsCardNumber(fmt.Sprint(head, digit)) {
				complete++
			}
		}
		if complete != 1 {
			t.Fatalf("%d check digits complete %q; want 1", complete, head)
		}
	})
}

// Luhn's formula catches every single wrong digit.
func TestLuhnCatchesATypo(t *testing.T) {
	const good = "4111111111111111"
	for at := range good {
		for digit := byte('0'); digit <= '9'; digit++ {
			wrong := []byte(good)
			if wrong[at] == digit {
				continue
			}
			wrong[at] = digit
			if holdsCardNumber(string(wrong)) {
				t.Errorf("%s passes", wrong)
			}
		}
	}
}
