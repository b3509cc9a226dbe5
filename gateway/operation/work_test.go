package operation

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"tiffin/gateway/answer"
	"tiffin/internal/testkit"
)

// megabyte is how long a request's body may be by default.
const megabyte = 1 << 20

// hostile are documents and variables made to cost as much as they can, up to a megabyte long. They are the seeds of the fuzz test.
func hostile() map[string]Params {
	h := map[string]Params{}
	for name, text := range map[string]string{
		"fragment bomb":            bomb(12, 8),
		"fragment bomb of fields":  "{a{...F0}}" + times(400, "fragment F# on A{x:a{...G#}y:a{...G#}}") + chain(400),
		"fragment cycle":           "{a{...F}}fragment F on A{a{...G}}fragment G on A{a{...F}}",
		"fragment to itself":       "{a{...F}}fragment F on A{...F a{...F}}",
		"long fragment cycle":      "{a{...F0}}" + times(500, "fragment F# on A{...G#}") + chain(500) + "fragment Z on A{...F0}",
		"fragments all of another": "{a{" + times(99, "...F# ") + "}}" + times(99, "fragment F# on A{"+times(15, "n ")+"}"),
		"chain of fragments":       "{a{...F0}}" + times(49, "fragment F# on A{a{n "+times(20, "n ")+"...G#}}") + chain(49),
		"unused fragments":         "{n}" + times(99, "fragment F# on A{...F0 ...F1 n}"),
		"deep":                     "{" + nest(100_000, "a{", "n", "}") + "}",
		"deep inline":              "{" + nest(100_000, "...{", "n", "}") + "}",
		"deep within tokens":       "{" + nest(900, "...{", "n ", "}") + "}",
		"deep value":               "{say(any:" + nest(100_000, "[", "1", "]") + ")}",
		"deep value within tokens": "{say(any:" + nest(900, "[", strings.Repeat("1 ", 2000), "]") + ")}",
		"wrong values":             "{say(lists:[" + times(90, "[\"a\" \"b\" \"c\" \"d\" \"e\" \"f\" \"g\" \"h\" \"i\" \"j\"]") + "])}",
		"aliases":                  "{" + times(100_000, "a#:n ") + "}",
		"one huge alias":           "{a{" + strings.Repeat("x", megabyte-10) + ":n}}",
		"directives":               "{n" + times(100_000, "@note") + "}",
		"unknown directives":       "{n" + times(1300, "@x#") + "}",
		"operations":               times(60_000, "query q#{n}"),
		"equal operations":         times(60_000, "query q{n}"),
		"one huge name":            "{" + strings.Repeat("n", megabyte-2) + "}",
		"huge operation name":      "query " + strings.Repeat("q", 900_000) + "{" + times(9, "say(list:["+strings.Repeat("$v ", 99)+"])") + "}",
		"huge variables' names":    "query(" + times(90, "$"+strings.Repeat("v", 5000)+"#:Int ") + "){say(list:[" + times(90, "$"+strings.Repeat("v", 5000)+"# ") + "])}",
		"huge string":              `{say(text:"` + strings.Repeat("x", megabyte-30) + `")}`,
		"escapes":                  `{say(text:"` + strings.Repeat(`\u00e4`, 170_000) + `")}`,
		"huge string, wrong type":  `{say(list:["` + strings.Repeat("x", megabyte-30) + `"])}`,
		"huge block string":        `{say(text:"""` + strings.Repeat("\n", megabyte-40) + `""")}`,
		"comments":                 "{n}" + strings.Repeat("#\n", megabyte/2-10),
		"one huge comment":         "{n}#" + strings.Repeat("x", megabyte-10),
		"commas":                   "{n}" + strings.Repeat(",", megabyte-10),
		"many variables":           "query(" + times(400, "$v#:Int ") + "){say(list:[" + times(100, "$v# ") + "])" + times(28, "x#:say(list:[$v399])") + "}",
		"unused variables":         "query(" + times(900, "$v#:Int ") + "){n}",
		"repeated field":           "{a{" + times(190, "n ") + "}}",
		"repeated fields":          "{a{" + times(100_000, "n ") + "}}",
		"overlapping sets":         "{" + times(8, "a{"+times(150, "n ")+"}") + "}",
		"overlapping arguments":    "{" + times(9, "say(any:{"+times(60, "f#:1 ")+"})") + "}",
		"overlapping types":        "{t{" + kinds(10) + "}}",
		"overlap through fragments": "{a{" + times(40, "...F# ") + "}}" +
			times(40, "fragment F# on A{a{n id x ...G#}}") + times(40, "fragment G# on A{t{"+times(10, "n ")+"}}"),
		"conflicts":          "{a{" + times(95, "x:n x:id ") + "}}",
		"unknown fields":     "{" + times(190, "nothing ") + "}",
		"unknown everything": "{" + times(9, "a@x(y:1){b(c:$d){...e}...on F{g}}") + "}",
		"introspection":      "{" + times(9, "__schema{types{...T}}") + "}fragment T on __Type{fields{type{...U}}}fragment U on __Type{fields{type{name}}}",
		"brackets":           strings.Repeat("[", megabyte),
		"braces":             strings.Repeat("{", megabyte),
		"quotes":             strings.Repeat(`"`, megabyte),
		"nothing":            strings.Repeat("\x00", megabyte),
		"not UTF-8":          "{" + strings.Repeat("\xff", megabyte-1),
	} {
		h[name] = Params{Query: text}
	}
	const ask = "query($v:Any){say(any:$v)}"
	h["deep variables"] = Params{Query: ask, Variables: map[string]any{"v": deep(9000)}}
	h["wide variables"] = Params{Query: ask, Variables: map[string]any{"v": numbers(megabyte / 2)}}
	h["long variables"] = Params{Query: ask, Variables: map[string]any{"v": strings.Repeat("x", megabyte)}}
	h["variables' names"] = Params{Query: "{n}", Variables: object(megabyte / 8)}
	h["picks"] = Params{Query: "query($v:[Pick!]){say(picks:$v)}", Variables: map[string]any{"v": many(100, map[string]any{"pick": map[string]any{"one": int64(1)}})}}
	return h
}

// bomb is a chain of fragments, each of which spreads the next so many times below an alias of its own.
func bomb(length, width int) string {
	var b strings.Builder
	b.WriteString("{a{...F0}}")
	for i := range length {
		fmt.Fprintf(&b, "fragment F%d on A{", i)
		for j := range width {
			fmt.Fprintf(&b, "x%d:a{...F%d}", j, i+1)
		}
		b.WriteByte('}')
	}
	fmt.Fprintf(&b, "fragment F%d on A{n}", length)
	return b.String()
}

// kinds nests like-named fields of an interface and of two objects that differ at each level: as many combinations as there are.
func kinds(depth int) string {
	if depth == 0 {
		return "n"
	}
	below := kinds(depth - 1)
	return "t{" + below + "}...on A{t{n}}...on B{t{n}}"
}

func object(n int) map[string]any {
	m := map[string]any{}
	for i := range n {
		m[fmt.Sprint("x", i)] = nil
	}
	return m
}

func many(n int, v any) []any { return slices.Repeat([]any{v}, n) }

// A hostile request costs no more memory than a few times its length and what the limits allow, whatever becomes of it, and its errors
// are few and no longer than the request. (An answer clips them further.)
func TestHostileRequestsAreBoundedInFull(t *testing.T) {
	testkit.InFull(t)
	p := newPipelineOf(t, Config{Introspection: true}, wideSchema())
	for name, params := range hostile() {
		if len(params.Query) > megabyte {
			t.Errorf("%s is longer than a body: %d", name, len(params.Query))
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, errs := p.Prepare(t.Context(), params)
		runtime.ReadMemStats(&after)
		allocated := after.TotalAlloc - before.TotalAlloc
		outcome := "goes on"
		if errs != nil {
			outcome = string(answer.Code(errs[0]))
		}
		t.Logf("%-26s %7d bytes: %6d KB allocated, %s", name, len(params.Query), allocated>>10, outcome)
		if allocated > 50<<20 {
			t.Errorf("%s allocates %d MB", name, allocated>>20)
		}
		if len(errs) > 20 {
			t.Errorf("%s has %d errors", name, len(errs))
		}
	}
}
