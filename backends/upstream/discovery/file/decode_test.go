package file

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tiffin/backends/upstream/discovery"
)

func TestDecode(t *testing.T) {
	got, err := decode([]byte(`
		[ {"addr": "10.0.0.1:8100", "zone": "a", "weight": 2},
		  {"addr": "Orders-2.internal:80"},
		  {"addr": "[2001:DB8:0::1]:8100", "weight": 65535} ]
	`))
	want := []discovery.Endpoint{
		{Addr: "10.0.0.1:8100", Zone: "a", Weight: 2},
		{Addr: "orders-2.internal:80"},
		{Addr: "[2001:db8::1]:8100", Weight: 65535},
	}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if got, err := decode([]byte(`[]`)); err != nil || len(got) != 0 {
		t.Errorf("empty list: %v, %v", got, err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for text, want := range map[string]string{
		``:                                       "is not a list like",
		`{}`:                                     "is not a list like",
		`null`:                                   "is null instead of a list",
		`[null]`:                                 "entry 1 of 1 is null",
		`[{"addr":"a:1"}`:                        "is not a list like",
		`[{"addr":"a:1"}][]`:                     "has something behind the list",
		`[{"addr":"a:1"}] x`:                     "has something behind the list",
		`[{"addr":"a:1","wait":1}]`:              "is not a list like",
		`[{"addr":1}]`:                           "is not a list like",
		`[{}]`:                                   "entry 1 of 1 has an addr that is empty",
		`[{"addr":"a:1"},{"addr":"a"}]`:          "entry 2 of 2 has an addr that is not a host name or address with a port",
		`[{"addr":"http://a:1"}]`:                "entry 1 of 1 has an addr that is not",
		`[{"addr":"a:0"}]`:                       "entry 1 of 1 has an addr that has a port that is not",
		`[{"addr":"a:1","weight":0}]`:            "entry 1 of 1 has a weight that is not 1 to 65535",
		`[{"addr":"a:1","weight":-1}]`:           "entry 1 of 1 has a weight",
		`[{"addr":"a:1","weight":65536}]`:        "entry 1 of 1 has a weight",
		`[{"addr":"a:1","weight":1.5}]`:          "is not a list like",
		`[` + strings.Repeat(" ", maxFile) + `]`: "is larger than",
	} {
		if set, err := decode([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.60s: %v, %v, want %q", text, set, err, want)
		}
	}
}

// What is accepted has addresses that are accepted again, unchanged.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`[]`, `[{"addr": "10.0.0.1:8100", "zone": "a", "weight": 2}]`, `[{"addr":"[::1]:1"}]`, `[{"addr":"a:1"}] x`, `null`, `[null]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := decode(data)
		if err != nil {
			if set != nil || err.Error() == "" {
				t.Fatalf("%v with the error %q", set, err)
			}
			return
		}
		entries := []map[string]any{}
		for _, e := range set {
			entry := map[string]any{"addr": e.Addr, "zone": e.Zone}
			if e.Weight != 0 {
				entry["weight"] = e.Weight
			}
			entries = append(entries, entry)
		}
		text, err := json.Marshal(entries)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := decode(text); err != nil || !cmp.Equal(again, set) && len(set) > 0 {
			t.Fatalf("%v became %v, %v", set, again, err)
		}
	})
}
