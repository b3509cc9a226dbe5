package gateway_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"tiffin/gateway"
	"tiffin/gateway/internal/gqltest"
)

// guarded has a directive in every place where one can be.
const guarded = `
directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | ENUM | SCALAR
directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | ENUM | SCALAR

type Query {
  open: Int
  page: Page
  pages: [Page!]
  holes: [Page]
  strict: Page!
  thing: Thing
  either: Either
  vault: Vault
}
type Mutation { write: Int!  guarded: Int! @requiresScopes(scopes: [["write"]])  soft: Int @requiresScopes(scopes: [["write"]]) }
type Page {
  title: String
  note: String @requiresScopes(scopes: [["notes"]])
  must: String! @requiresScopes(scopes: [["must"]])
  owner: Owner!
  peek: Owner
  grade: Grade
}
type Owner { name: String  mail: String! @authenticated  secret: String! @requiresScopes(scopes: [["a", "b"], ["c"]]) }
interface Thing { id: Int  shared: Int @authenticated }
type Open implements Thing { id: Int  shared: Int  size: Int! }
type Closed implements Thing { id: Int @requiresScopes(scopes: [["ids"]])  shared: Int  size: Int! @requiresScopes(scopes: [["must"]]) }
union Either = Open | Vault
type Vault @requiresScopes(scopes: [["vault"]]) { gold: Int }
enum Grade @requiresScopes(scopes: [["grades"]]) { A B }
`

// fetches notes which resolvers were called.
type fetches struct {
	mu    sync.Mutex
	names []string
}

func (f *fetches) resolver(name string, value any) gqltest.Resolver {
	return func(context.Context, map[string]any) (any, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.names = append(f.names, name)
		return value, nil
	}
}

func guardedSchema(f *fetches) *gqltest.Schema {
	owner := map[string]any{"name": "n", "mail": "m", "secret": "s"}
	page := map[string]any{"title": "t", "owner": owner, "peek": owner, "grade": "A", "must": "must"}
	resolvers := map[string]gqltest.Resolver{}
	for name, value := range map[string]any{
		"Query.open": 1, "Query.page": page, "Query.pages": []any{page, page}, "Query.holes": []any{page, page}, "Query.strict": page,
		"Query.thing":  map[string]any{"__typename": "Closed", "id": 7, "shared": 8, "size": 9},
		"Query.either": map[string]any{"__typename": "Vault", "gold": 5}, "Query.vault": map[string]any{"gold": 5},
		"Mutation.write": 1, "Mutation.guarded": 2, "Mutation.soft": 3, "Page.note": "the note", "Page.owner": owner,
	} {
		resolvers[name] = f.resolver(name, value)
	}
	return &gqltest.Schema{Source: guarded, Resolvers: resolvers}
}

// What the document says is decided before anything is fetched: a field that is refused, and an object that would be null without it, is
// never asked for, comes back null, and has its error. The schema's directives are not implemented here: the decision alone holds.
func TestWithheld(t *testing.T) {
	const anonymous = "-"
	const signIn, sign = "Sign in to see this.", "UNAUTHENTICATED"
	cases := []struct {
		name, scope, document string
		status                int
		data                  string
		errors                string // path code message, one after the other
		fetched               string
	}{
		{"nothing to decide", anonymous, "{open}", 200, `{"open":1}`, "", "Query.open"},
		{"allowed", "notes", "{page{title note}}", 200, `{"page":{"title":"t","note":"the note"}}`, "", "Query.page Page.note"},
		{
			"below the root", "", "{page{title n: note}}", 200, `{"page":{"title":"t","n":null}}`,
			"[page n] FORBIDDEN missing scope notes", "Query.page",
		},
		{
			"in a list, for each object", "", "{pages{note}}", 200, `{"pages":[{"note":null},{"note":null}]}`,
			"[pages 0 note] FORBIDDEN missing scope notes, [pages 1 note] FORBIDDEN missing scope notes", "Query.pages",
		},
		{
			"must not be null: its object is not fetched", "", "{open page{title must}}", 200, `{"open":1,"page":null}`,
			"[page must] FORBIDDEN missing scope must", "Query.open",
		},
		{
			"takes two objects along", anonymous, "{open page{title owner{mail}}}", 200, `{"open":1,"page":null}`,
			"[page owner mail] " + sign + " " + signIn, "Query.open",
		},
		{
			"stops at what may be null", anonymous, "{page{title peek{name mail}}}", 200, `{"page":{"title":"t","peek":null}}`,
			"[page peek mail] " + sign + " " + signIn, "Query.page",
		},
		{
			"takes a list along", "", "{open pages{must}}", 200, `{"open":1,"pages":null}`,
			"[pages] FORBIDDEN missing scope must", "Query.open",
		},
		{
			"a list that may hold null is fetched", "", "{open holes{must}}", 200, `{"open":1,"holes":[null,null]}`,
			"[holes 0 must] FORBIDDEN missing scope must, [holes 1 must] FORBIDDEN missing scope must", "Query.open Query.holes",
		},
		{
			"takes everything along", "", "{open strict{must}}", 403, "null",
			"[strict must] FORBIDDEN missing scope must", "",
		},
		{
			"all root fields, one by what is below it", anonymous, "{page{owner{mail}} vault{gold}}", 401, "null",
			"[page owner mail] " + sign + " " + signIn + ", [vault] " + sign + " " + signIn, "",
		},
		{
			"merged from two places", "", "{open page{title} ...F}fragment F on Query{page{must}}", 200, `{"open":1,"page":null}`,
			"[page must] FORBIDDEN missing scope must", "Query.open",
		},
		{
			"one fragment, whole in one place only", "", "{a:page{...F} b:page{...F peek{secret}} open}fragment F on Page{title peek{name}}", 200,
			`{"a":{"title":"t","peek":{"name":"n"}},"b":{"title":"t","peek":null},"open":1}`,
			"[b peek secret] FORBIDDEN missing scope c", "Query.page Query.page Query.open",
		},
		{
			"skipped", "", "query($no:Boolean=false){page{title must@include(if:$no) note@skip(if:true)}}", 200, `{"page":{"title":"t"}}`, "",
			"Query.page",
		},
		{
			"an alternative", "a", "{open page{peek{secret}}}", 200, `{"open":1,"page":{"peek":null}}`,
			"[page peek secret] FORBIDDEN missing scope b", "Query.open Query.page",
		},
		{
			"an interface's field, by the object's own rule", "", "{thing{id}}", 200, `{"thing":{"id":null}}`,
			"[thing id] FORBIDDEN missing scope ids", "Query.thing",
		},
		{
			"an interface's field, by the interface's rule", anonymous, "{thing{shared}}", 200, `{"thing":{"shared":null}}`,
			"[thing shared] " + sign + " " + signIn, "Query.thing",
		},
		{
			"one of an interface's objects", "", "{thing{...on Open{size}...on Closed{size}}}", 200, `{"thing":null}`,
			"[thing size] FORBIDDEN missing scope must", "Query.thing",
		},
		{
			"not that object", "", "{thing{...on Open{size}}}", 200, `{"thing":{}}`, "", "Query.thing",
		},
		{
			"a type, returned", "", "{open vault{gold}}", 200, `{"open":1,"vault":null}`,
			"[vault] FORBIDDEN missing scope vault", "Query.open",
		},
		{
			"a type, in a union", "", "{either{...on Vault{gold}}}", 200, `{"either":{"gold":null}}`,
			"[either gold] FORBIDDEN missing scope vault", "Query.either",
		},
		{"a type, allowed", "vault", "{either{...on Vault{gold}}}", 200, `{"either":{"gold":5}}`, "", "Query.either"},
		{"an enum", "", "{page{grade}}", 200, `{"page":{"grade":null}}`, "[page grade] FORBIDDEN missing scope grades", "Query.page"},
		{
			"a mutation that must not be null: none is begun", "", "mutation{write guarded}", 403, "null",
			"[guarded] FORBIDDEN missing scope write", "",
		},
		{
			"a mutation that may be null", "", "mutation{write soft}", 200, `{"write":1,"soft":null}`,
			"[soft] FORBIDDEN missing scope write", "Mutation.write",
		},
	}
	for _, c := range cases {
		synctest.Test(t, func(t *testing.T) {
			var f fetches
			e := start(t, gateway.Config{}, func(d *gateway.Deps) { d.Schema = guardedSchema(&f) })
			for range 2 { // also when it is remembered
				f.names = nil
				r := post(c.document).with("Accept", graphqlType)
				if c.scope != anonymous {
					r = r.bearer(e.token(c.scope))
				}
				got := e.do(r)
				if got.status != c.status || string(got.body.Data) != c.data || got.told() != c.errors {
					t.Errorf("%s: %d %s\n%s", c.name, got.status, got.text, got.told())
				}
				if fetched := strings.Join(f.names, " "); fetched != c.fetched {
					t.Errorf("%s: fetched %s, want %s", c.name, fetched, c.fetched)
				}
			}
		})
	}
}

// told are the errors as "path code message".
func (a answer) told() string {
	var all []string
	for _, e := range a.body.Errors {
		all = append(all, fmt.Sprint(e.Path, " ", e.Extensions["code"], " ", e.Message))
	}
	return strings.Join(all, ", ")
}

// However many objects there can be, deciding ends, and what is refused is withheld.
func TestWithheldBeyondTheBoundOfWork(t *testing.T) {
	source := `directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
		type Query { open: Int n: N } interface N { n: N x: Int! }`
	for name := range strings.SplitSeq("ABCDEFGH", "") {
		source += " type " + name + ` implements N { n: N x: Int! @requiresScopes(scopes: [["x"]]) }`
	}
	value := map[string]any{"__typename": "A", "x": "the secret"}
	for range 9 {
		value = map[string]any{"__typename": "A", "x": "the secret", "n": value}
	}
	document := "{open " + strings.Repeat("n{", 10) + "x" + strings.Repeat("}", 11) // 8 to the 10th combinations
	synctest.Test(t, func(t *testing.T) {
		var f fetches
		schema := &gqltest.Schema{Source: source, Resolvers: map[string]gqltest.Resolver{"Query.n": f.resolver("n", value), "Query.open": f.resolver("open", 1)}}
		e := start(t, gateway.Config{}, func(d *gateway.Deps) { d.Schema = schema })
		got := e.do(post(document).bearer(e.token("")))
		if got.status != 200 || strings.Contains(got.text, "the secret") || got.code() != "FORBIDDEN" || !slices.Contains(f.names, "open") {
			t.Errorf("%d %s", got.status, got.text)
		}
	})
}

// The schema is shown to whom the configuration shows it.
func TestIntrospectionByScope(t *testing.T) {
	for _, c := range []struct {
		name  string
		on    bool
		scope string
		want  map[string]int // by the caller's scope
	}{
		{"off", false, "", map[string]int{"-": 400, "": 400, "schema:read": 400}},
		{"by scope", false, "schema:read", map[string]int{"-": 400, "": 400, "schema:read": 200}},
		{"on", true, "", map[string]int{"-": 200, "": 200, "schema:read": 200}},
		{"on, a scope has no say", true, "schema:read", map[string]int{"-": 200, "": 200}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var cfg gateway.Config
			cfg.Operation.Introspection, cfg.Operation.IntrospectionScope = c.on, c.scope
			e := start(t, cfg)
			for scope, want := range c.want {
				r := post("{__schema{description}}").with("Accept", graphqlType)
				if scope != "-" {
					r = r.bearer(e.token(scope))
				}
				if got := e.do(r); got.status != want {
					t.Errorf("%s, as %q: %d %s", c.name, scope, got.status, got.text)
				}
			}
		})
	}
}
