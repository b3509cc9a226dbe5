package storefront

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type colour string

func colours() []colour { return []colour{"RED", "BLUE", "OTHER"} }

func TestWriteEnum(t *testing.T) {
	for value, want := range map[colour]string{"RED": `"RED"`, "OTHER": `"OTHER"`, "BOGUS": `"OTHER"`, "": `"OTHER"`, "red": `"OTHER"`} {
		var out strings.Builder
		if WriteEnum(&out, value, "OTHER", colours()); out.String() != want {
			t.Errorf("%q goes out as %s, want %s", value, &out, want)
		}
	}
}

func TestReadEnum(t *testing.T) {
	for _, member := range colours() {
		var got colour
		if err := ReadEnum(&got, string(member), colours()); err != nil || got != member {
			t.Errorf("%s: %s, %v", member, got, err)
		}
	}
	for _, bad := range []any{"BOGUS", "", "red", nil, 1, colour("RED"), []string{"RED"}} {
		got := colour("BLUE")
		if err := ReadEnum(&got, bad, colours()); err == nil || got != "BLUE" || strings.Contains(err.Error(), "BOGUS") {
			t.Errorf("%v: %s, %v", bad, got, err)
		}
	}
}

func TestCoordinatesValid(t *testing.T) {
	for place, want := range map[Coordinates]bool{
		{0, 0}: true, {90, 180}: true, {-90, -180}: true, {90.1, 0}: false, {-90.1, 0}: false, {0, 180.1}: false, {0, -180.1}: false,
		{math.Inf(1), 0}: false, {0, math.Inf(-1)}: false,
	} {
		if place.Valid() != want {
			t.Errorf("%v: %v", place, !want)
		}
	}
	if (Coordinates{math.NaN(), 0}).Valid() || (Coordinates{0, math.NaN()}).Valid() {
		t.Error("NaN is a place")
	}
}

func TestCursorsOpenUnderTheirFilterOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		filter, inner := rapid.String().Draw(t, "filter"), rapid.StringN(0, 100, 700).Draw(t, "inner")
		cursor := SealCursor(filter, inner)
		if got, err := OpenCursor(filter, cursor); got != inner || err != nil {
			t.Errorf("%q became %q, %v", inner, got, err)
		}
		other := rapid.String().Filter(func(s string) bool { return s != filter }).Draw(t, "other")
		if _, err := OpenCursor(other, cursor); !errors.Is(err, ErrCursor) {
			t.Errorf("a cursor of %q opened under %q: %v", filter, other, err)
		}
		at := rapid.IntRange(0, len(cursor)-1).Draw(t, "at")
		changed := cursor[:at] + string(rapid.ByteRange('!', '~').Filter(func(b byte) bool { return b != cursor[at] }).Draw(t, "byte")) + cursor[at+1:]
		if _, err := OpenCursor(filter, changed); !errors.Is(err, ErrCursor) {
			t.Errorf("%q, changed to %q, opened: %v", cursor, changed, err)
		}
	})
}

func TestCursorsOfNobody(t *testing.T) {
	for _, cursor := range []string{"", "x", "AAAA", "AAAAAAAAAAA", "====", "ä", SealCursor("f", "x") + "\n", strings.Repeat("A", 1025)} {
		if _, err := OpenCursor("f", cursor); !errors.Is(err, ErrCursor) {
			t.Errorf("%.20q: %v", cursor, err)
		}
	}
	if _, err := OpenCursor("f", SealCursor("f", strings.Repeat("x", 700))); err != nil {
		t.Errorf("the longest inner cursor: %v", err)
	}
}
