package strict_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/app/strict"
	"tiffin/fault"
)

type common struct {
	Timeout time.Duration `yaml:"timeout"`
}

type config struct {
	common `yaml:",inline"`
	Listen string   `yaml:"listen"`
	Debug  bool     `yaml:"debug"`
	Size   int64    `yaml:"size"`
	Rate   float64  `yaml:"rate"`
	Tags   []string `yaml:"tags"`
	Peers  []peer   `yaml:"peers"`
	Inner  peer     `yaml:"inner"`
	hidden string   //nolint:unused // shows that a field without a tag is no key
}

type peer struct {
	URL string `yaml:"url"`
	Max int    `yaml:"max"`
}

func defaults() config {
	return config{
		common: common{Timeout: time.Second}, Listen: "127.0.0.1:8080", Size: 7, Tags: []string{"a"}, Inner: peer{URL: "http://x", Max: 3},
	}
}

func read(t *testing.T, source string) (config, *strict.Document, error) {
	t.Helper()
	c := defaults()
	doc, err := strict.Read("t.yaml", []byte(source), &c, strict.Outside{})
	return c, doc, err
}

func TestReadFillsWhatTheFileSaysAndKeepsTheRest(t *testing.T) {
	got, _, err := read(t, `
timeout: 250ms
debug: true
size: 12
rate: 0.5
tags: [x, "y"]
peers:
  - url: http://a
  - {url: http://b, max: 2}
inner:
  max: 9
listen:
`)
	if err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.Timeout, want.Debug, want.Size, want.Rate = 250*time.Millisecond, true, 12, 0.5
	want.Tags = []string{"x", "y"}
	want.Peers = []peer{{URL: "http://a"}, {URL: "http://b", Max: 2}}
	want.Inner.Max = 9
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(config{}, common{})); diff != "" {
		t.Error(diff)
	}
}

func TestReadOfNothingIsTheDefaults(t *testing.T) {
	for _, source := range []string{"", "\n", "# only a comment\n", "---\n"} {
		if got, _, err := read(t, source); err != nil || got.Listen != "127.0.0.1:8080" {
			t.Errorf("%q: %v, %+v", source, err, got)
		}
	}
}

func TestReadSaysEveryProblemWithItsPlaceAndRemedy(t *testing.T) {
	tests := []struct{ name, source, want string }{
		{"misspelt key", "lisen: x\n", `t.yaml:1:1: lisen: unknown key; did you mean listen?`},
		{"unknown key", "colour: x\n", `t.yaml:1:1: colour: unknown key; known keys: timeout, listen, debug, size, rate, tags, peers, inner`},
		{"field without a tag", "hidden: x\n", `t.yaml:1:1: hidden: unknown key; known keys: timeout`},
		{"nested unknown key", "inner:\n  ulr: x\n", `t.yaml:2:3: inner.ulr: unknown key; did you mean url?`},
		{"unknown key in a list", "peers:\n- url: x\n- uri: y\n", `t.yaml:3:3: peers[1].uri: unknown key; did you mean url?`},
		{"bad duration", "timeout: fast\n", `t.yaml:1:10: timeout: must be a duration such as 250ms, 10s or 5m`},
		{"bad number", "size: 1.5\n", `t.yaml:1:7: size: must be a whole number`},
		{"bad bool", "debug: maybe\n", `t.yaml:1:8: debug: must be true or false`},
		{"scalar for mapping", "inner: 5\n", `t.yaml:1:8: inner: must be a mapping; known keys: url, max`},
		{"mapping for scalar", "listen: {a: b}\n", `listen: must be text`},
		{"scalar for list", "tags: x\n", `t.yaml:1:7: tags: must be a list`},
		{"twice", "debug: true\ndebug: false\n", `t.yaml:2:1`},
		{"anchor", "listen: &a x\n", `t.yaml:1:9: listen: anchors and aliases are not supported; write the value out`},
		{"second document", "debug: true\n---\ndebug: false\n", `t.yaml:3:6: the file holds a second YAML document; keep one`},
		{"no YAML", "a: [1\n", `this is no YAML`},
		{"too long", "# " + strings.Repeat("x", 1<<20), `the file is longer than 1 MiB`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := read(t, test.source)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestReadSaysAllProblemsInTheOrderOfTheFile(t *testing.T) {
	_, _, err := read(t, "size: x\ndebug: y\ninner: {max: z, min: 1}\n")
	var at []string
	for line := range strings.Lines(err.Error()) {
		at = append(at, strings.Join(strings.SplitN(line, ":", 4)[1:3], ":"))
	}
	if diff := cmp.Diff([]string{"1:7", "2:8", "3:14", "3:17"}, at); diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestJoinPointsAtTheKeyOrTheNearestAbove(t *testing.T) {
	_, doc, err := read(t, "debug: true\ninner:\n  max: 3\npeers:\n- url: a\n- url: b\n")
	if err != nil {
		t.Fatal(err)
	}
	located := doc.Join(nil, []fault.Invalid{
		{Path: "peers[1].url", Reason: "is no URL"},
		{Path: "inner.url", Reason: "is missing", Remedy: "say which"},
		{Path: "inner.max", Reason: "is odd"},
		{Path: "listen", Reason: "is missing"},
	})
	want := []string{
		"t.yaml:3:3: inner.max: is odd",
		"t.yaml:2:1: inner.url: is missing; say which",
		"t.yaml:6:3: peers[1].url: is no URL",
		"t.yaml: listen: is missing",
	}
	for _, line := range want {
		if !strings.Contains(located.Error(), line) {
			t.Errorf("missing %q in\n%v", line, located)
		}
	}
	if doc.Join(nil, nil) != nil {
		t.Error("no problem must be no error")
	}
}

func FuzzRead(f *testing.F) {
	f.Add("listen: x\n")
	f.Add("peers: [{url: a}, {max: 1}]\n")
	f.Add("a: &x {b: *x}\n")
	f.Fuzz(func(t *testing.T, source string) {
		c := defaults()
		_, _ = strict.Read("t.yaml", []byte(source), &c, strict.Outside{})
	})
}
