package operation

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The cache never holds more than its bound, and forgets what was used longest ago.
func TestCache(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCache(100)
		var recent []string // the one used last at the end
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			text := fmt.Sprint(rapid.IntRange(0, 20).Draw(t, "text"))
			e, ok := c.get(text)
			at := index(recent, text)
			if ok != (at >= 0) || ok && e.text != text {
				t.Fatalf("%s: found %v, want %v", text, ok, at >= 0)
			}
			if ok {
				recent = append(append(recent[:at:at], recent[at+1:]...), text)
				continue
			}
			weight := rapid.IntRange(1, 14).Draw(t, "weight")
			c.add(&entry{text: text, weight: weight})
			if weight <= 100/heaviest {
				recent = append(recent, text)
			}
			sum := 0
			for _, known := range recent {
				if element, ok := c.entries[known]; ok {
					sum += element.Value.(*entry).weight
				}
			}
			for len(recent) > len(c.entries) {
				recent = recent[1:]
			}
			if c.weight > 100 || sum != c.weight || c.recent.Len() != len(c.entries) {
				t.Fatalf("weight %d, sum %d, %d entries", c.weight, sum, len(c.entries))
			}
		}
	})
}

func index(list []string, text string) int {
	for n, one := range list {
		if one == text {
			return n
		}
	}
	return -1
}

// A document that is sent again is the one that was checked; one that is wrong, or too heavy, is checked again.
func TestDocumentsAreRemembered(t *testing.T) {
	p := newPipelineOf(t, Config{CacheBytes: 1 << 20}, wideSchema())
	get := func(text string) *entry {
		t.Helper()
		e, problems := p.documents.get(t.Context(), text)
		if problems != nil {
			t.Fatal(problems)
		}
		return e
	}
	if first := get("{n}"); first != get("{n}") {
		t.Error("a document is checked twice")
	}
	long := "{n}" + strings.Repeat(" ", 1<<20/heaviest)
	if first := get(long); first == get(long) {
		t.Error("a document too heavy is kept")
	}
	if e, problems := p.documents.get(t.Context(), "{nothing}"); e != nil || len(problems) == 0 || len(p.documents.cache.entries) != 1 {
		t.Error("a document that is not valid is given out, or kept")
	}
	p.documents.cache.add(get("{n}")) // a second one that was checked at the same time
	if n := p.documents.cache.weight; n != get("{n}").weight {
		t.Errorf("counted twice: %d", n)
	}
}

// An entry takes no more memory than its weight says, and not so much less that the cache would be empty.
func TestWeightOfEntries(t *testing.T) {
	const copies = 20
	p := newPipelineOf(t, Config{Introspection: true, Cost: CostConfig{Headers: true, Budget: 1 << 30}}, wideSchema())
	for name, text := range map[string]string{
		"small":         "{n}",
		"fields":        "{a{" + times(190, "n ") + "}}",
		"aliases":       "{a{" + times(29, "x#:n ") + "}}",
		"arguments":     "{a{" + times(29, "x#:say(text:\"#\") ") + "}}",
		"values":        "{say(lists:[" + times(30, "["+times(30, "# ")+"]") + "])}",
		"objects":       "{" + times(9, "x#:say(any:{"+times(40, "a#:{b:1}")+"})") + "}",
		"directives":    "{n" + times(20, "@note(text:\"#\")") + "}",
		"variables":     "query(" + times(90, "$v#:Int ") + "){say(list:[" + times(90, "$v# ") + "])}",
		"fragments":     "{a{" + times(99, "...F# ") + "}}" + times(99, "fragment F# on A{n}"),
		"sets":          "{" + times(9, "x#:a{"+times(40, "a{n}")+"}") + "}",
		"shared":        "{" + times(9, "x#:a{...F}") + "}fragment F on A{t{...on A{" + times(2, "x#:a{...G}") + "}}}fragment G on A{" + times(20, "n x id ") + "}",
		"conditions":    "query($b:Boolean!){" + times(9, "a@skip(if:$b){"+times(5, "b{n}")+"}") + "}",
		"variants":      "{t{" + times(30, "...on A{n}...on B{id}") + "}}",
		"pages":         "query($n:Int!){" + times(9, "p#:pages(first:$n){items{a{n}}}") + "}",
		"comments":      "{n}" + strings.Repeat("#\n", 3900),
		"introspection": read(t, "testdata/introspection.graphql"),
	} {
		var kept [copies]*entry
		before := live()
		for n := range kept {
			e, problems := p.documents.read(strings.Clone(text))
			if problems != nil {
				t.Fatal(name, problems)
			}
			kept[n] = e
		}
		taken, weight := int(live()-before)/copies, kept[0].weight
		runtime.KeepAlive(&kept)
		t.Logf("%-14s %6d bytes, weight %6d", name, taken, weight)
		if taken > weight {
			t.Errorf("%s takes %d bytes, its weight is %d", name, taken, weight)
		}
		if weight > 6*taken+4<<10 {
			t.Errorf("%s takes only %d bytes, its weight is %d", name, taken, weight)
		}
	}
}

func live() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
