package variables

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"pgregory.net/rapid"
)

const schemaText = `
scalar Any
enum Colour { RED GREEN }
input Pick @oneOf { one: Int pick: Pick picks: [Pick] }
input In { i: Int f: Float s: String b: Boolean d: ID c: Colour a: Any must: Int! = 1 list: [Int!] lists: [[Int]] in: In pick: Pick picks: [[Pick]] }
input Hard { must: Int! }
type Query { x(i: Int, f: Float, s: String, b: Boolean, d: ID, c: Colour, a: Any, l: [Int], ll: [[Int]], in: In, hard: Hard, pick: Pick, picks: [Pick]): Int }
`

func load() *ast.Schema { return gqlparser.MustLoadSchema(&ast.Source{Input: schemaText}) }

// coerce coerces $v of a type.
func coerce(t interface{ Fatal(...any) }, schema *ast.Schema, declared string, raw map[string]any) (map[string]any, *Wrong) {
	doc, err := parser.ParseQuery(&ast.Source{Input: "query($v:" + declared + "){x}"})
	if err != nil {
		t.Fatal(declared, err)
	}
	return Coerce(schema, doc.Operations[0], raw)
}

type (
	object = map[string]any
	list   = []any
)

func TestCoerce(t *testing.T) {
	schema := load()
	const one = "exactly one field must be given, and not be null"
	for _, c := range []struct {
		declared    string
		value, want any
		wrong       string
	}{
		{"Int", int64(3), int64(3), ""},
		{"Int", 3.0, int64(3), ""},
		{"Int", 3.5, nil, "variable.v: is no Int"},
		{"Int", 1e300, nil, "variable.v: is no Int"},
		{"Int", "3", nil, "variable.v: is no Int"},
		{"Int", true, nil, "variable.v: is no Int"},
		{"Int", nil, nil, ""},
		{"Int!", nil, nil, "variable.v: must not be null"},
		{"Float", int64(3), int64(3), ""},
		{"Float", 3.5, 3.5, ""},
		{"Float", "3.5", nil, "variable.v: is no Float"},
		{"String", "x", "x", ""},
		{"String", int64(1), nil, "variable.v: is no String"},
		{"Boolean", true, true, ""},
		{"Boolean", "true", nil, "variable.v: is no Boolean"},
		{"ID", "x", "x", ""},
		{"ID", int64(1), int64(1), ""},
		{"ID", 4.0, int64(4), ""},
		{"ID", 4.5, nil, "variable.v: is no ID"},
		{"Colour", "RED", "RED", ""},
		{"Colour", "red", nil, "variable.v: is no Colour"},
		{"Colour", int64(1), nil, "variable.v: is no Colour"},
		{"Any", object{"x": list{1.5}}, object{"x": list{1.5}}, ""},
		{"[Int]", list{int64(1), nil, 2.0}, list{int64(1), nil, int64(2)}, ""},
		{"[Int]", int64(1), list{int64(1)}, ""},
		{"[Int!]", list{int64(1), nil}, nil, "variable.v[1]: must not be null"},
		{"[Int]", "x", nil, "variable.v: is no Int"},
		{"[Int]", object{}, nil, "variable.v: is no Int"},
		{"[[Int]]", int64(1), list{list{int64(1)}}, ""},
		{"[[Int]]", list{int64(1), list{int64(2)}}, list{list{int64(1)}, list{int64(2)}}, ""},
		{"In", object{}, object{}, ""},
		{"In", object{"i": 1.0, "list": int64(1), "in": object{"lists": int64(1)}}, object{"i": int64(1), "list": list{int64(1)}, "in": object{"lists": list{list{int64(1)}}}}, ""},
		{"In", object{"must": nil}, nil, "variable.v.must: must not be null"},
		{"In", object{"in": object{"list": list{int64(1), nil}}}, nil, "variable.v.in.list[1]: must not be null"},
		{"In", object{"x": int64(1)}, nil, "variable.v.x: is no field of In"},
		{"In", list{}, nil, "variable.v: must be an object of type In"},
		{"In", "x", nil, "variable.v: must be an object of type In"},
		{"[In]", object{"i": int64(1)}, list{object{"i": int64(1)}}, ""},
		{"Hard", object{}, nil, "variable.v.must: must be given"},
		{"Pick!", object{"one": int64(1)}, object{"one": int64(1)}, ""},
		{"Pick", nil, nil, ""},
		{"Pick!", object{}, nil, "variable.v: " + one},
		{"Pick!", object{"one": nil}, nil, "variable.v: " + one},
		{"Pick!", object{"one": int64(1), "pick": object{"one": int64(1)}}, nil, "variable.v: " + one},
		{"Pick!", object{"one": int64(1), "pick": nil}, nil, "variable.v: " + one},
		{"Pick!", object{"pick": object{"pick": object{}}}, nil, "variable.v.pick.pick: " + one},
		{"[Pick]", list{object{"one": int64(1)}, object{}}, nil, "variable.v[1]: " + one},
		{"[Pick]", object{}, nil, "variable.v: " + one},
		{"In", object{"pick": object{}}, nil, "variable.v.pick: " + one},
		{"In", object{"pick": nil, "picks": nil}, object{"pick": nil, "picks": nil}, ""},
		{"In", object{"picks": list{list{object{"one": int64(1)}}, list{nil, object{}}}}, nil, "variable.v.picks[1][1]: " + one},
		{"In", object{"picks": object{}}, nil, "variable.v.picks: " + one},
	} {
		values, bad := coerce(t, schema, c.declared, object{"v": c.value, "other": 1})
		text := ""
		if bad != nil {
			text = bad.Error()
		}
		want := object{"v": c.want}
		if c.wrong != "" {
			want = nil
		}
		if text != c.wrong || !cmp.Equal(values, want) {
			t.Errorf("%s %v: %v %q, want %v %q", c.declared, c.value, values, text, want, c.wrong)
		}
	}
}

func TestAbsentVariables(t *testing.T) {
	schema := load()
	for _, c := range []struct {
		declared string
		want     object
		wrong    string
	}{
		{"Int", object{}, ""},
		{"Int!", nil, "variable.v: must be given"},
		{"Int=3", object{"v": int64(3)}, ""},
		{"Int!=3", object{"v": int64(3)}, ""},
		{"[Int]=3", object{"v": list{int64(3)}}, ""},
		{"[Int]=[]", object{"v": list(nil)}, ""},
		{"In={in:{c:RED list:1}}", object{"v": object{"in": object{"c": "RED", "list": list{int64(1)}}}}, ""},
	} {
		values, bad := coerce(t, schema, c.declared, nil)
		if bad == nil != (c.wrong == "") || bad != nil && bad.Error() != c.wrong || !cmp.Equal(values, c.want) {
			t.Errorf("%s: %v %v, want %v %q", c.declared, values, bad, c.want, c.wrong)
		}
	}
}

// Whatever is sent, coercing ends without a panic, and what was coerced is coerced to itself.
func TestCoerceRandomValues(t *testing.T) {
	schema := load()
	rapid.Check(t, func(t *rapid.T) {
		declared := rapid.SampledFrom([]string{"Int", "[Int!]", "In!", "[[In]]", "Pick", "[Pick!]!", "Any", "Colour", "ID"}).Draw(t, "type")
		values, bad := coerce(t, schema, declared, object{"v": randomValue(t, 4)})
		if bad != nil {
			if !strings.HasPrefix(bad.Path, "variable.v") || bad.Text == "" {
				t.Fatalf("%+v", bad)
			}
			return
		}
		again, bad := coerce(t, schema, declared, values)
		if bad != nil || !cmp.Equal(values, again) {
			t.Fatalf("%v, then %v %v", values, again, bad)
		}
	})
}

func randomValue(t *rapid.T, depth int) any {
	kind := rapid.IntRange(0, 7).Draw(t, "kind")
	if depth == 0 {
		kind %= 6
	}
	switch kind {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.Int64().Draw(t, "int")
	case 3:
		return rapid.Float64().Draw(t, "float")
	case 4:
		return rapid.SampledFrom([]string{"", "RED", "1"}).Draw(t, "text")
	case 5, 6:
		o := object{}
		for _, name := range rapid.SliceOfN(rapid.SampledFrom([]string{"one", "pick", "picks", "i", "must", "list", "in", "x"}), 0, 3).Draw(t, "names") {
			o[name] = randomValue(t, max(depth-1, 0))
		}
		return o
	default:
		l := list{}
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			l = append(l, randomValue(t, depth-1))
		}
		return l
	}
}
