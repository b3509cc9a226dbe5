package cost

import "testing"

// The examples of the GraphQL Cost Directives specification, by their numbers there.
func TestExamplesOfTheSpecification(t *testing.T) {
	t.Run("1-3: a list and what was found of it", func(t *testing.T) {
		w := newWorld(t, `
			type User { name: String age: Int @cost(weight: "2.0") }
			type Query { users(max: Int): [User] @listSize(slicingArguments: ["max"]) }`)
		const document = "query Example { users (max: 5) { age } }"
		if got := w.estimate(document, ""); got.Field != 11 || got.Type != 1+5 {
			t.Errorf("estimate %+v", got)
		}
		const data = `{ "users" : [ { "age" : 33 }, { "age" : 45 }, { "age" : 27 } ] }`
		if got := w.actual(document, "", data); got.Field != 7 || got.Type != 1+3 {
			t.Errorf("actual %+v", got)
		}
	})
	for _, c := range []struct {
		name, schema, document string
		field                  float64
	}{
		{"10: no filter", `topProducts(filter: Filter @cost(weight: "15.0")): [String] @cost(weight: "5.0") @listSize(assumedSize: 10)`, `{topProducts}`, 5},
		{"10: argument weights", `topProducts(filter: Filter @cost(weight: "15.0")): [String] @cost(weight: "5.0") @listSize(assumedSize: 10)`, `{topProducts(filter:{free:true})}`, 20},
		{"11: no argument", `mostPopularProduct(approx: Approximate @cost(weight: "-3.0")): Product @cost(weight: "5.0")`, `{mostPopularProduct{name}}`, 5},
		{"11: negative weights", `mostPopularProduct(approx: Approximate @cost(weight: "-3.0")): Product @cost(weight: "5.0")`, `{mostPopularProduct(approx:YES){name}}`, 2},
		{"11: never below zero", `mostPopularProduct(approx: Approximate @cost(weight: "-30.0")): Product @cost(weight: "5.0")`, `{mostPopularProduct(approx:YES){name}}`, 0},
		{"12: input field weights", `topProducts(filter: Filter @cost(weight: "15.0")): [String] @cost(weight: "5.0") @listSize(assumedSize: 10)`, `{topProducts(filter:{approx:YES})}`, 8},
		{"13: directive arguments", `mostPopularProduct: Product @cost(weight: "5.0")`, `{mostPopularProduct @approx(tolerance:0.5){name}}`, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, `
				directive @approx(tolerance: Float! @cost(weight: "-1.0")) on FIELD
				enum Approximate { YES }
				input Filter { approx: Approximate @cost(weight: "-12.0") free: Boolean }
				type Product { name: String }
				type Query { `+c.schema+` }`)
			if got := w.estimate(c.document, ""); got.Field != c.field {
				t.Errorf("field cost %v, want %v", got.Field, c.field)
			}
		})
	}
	t.Run("16: assumedSize", func(t *testing.T) {
		w := newWorld(t, `scalar Weighty @cost(weight: "1") type Query { topProducts: [Weighty] @listSize(assumedSize: 10) }`)
		if got := w.estimate("{topProducts}", ""); got.Type != 1+10 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("17: slicingArguments", func(t *testing.T) {
		w := newWorld(t, `scalar Weighty @cost(weight: "1") type Query { users(max: Int!): [Weighty] @listSize(slicingArguments: ["max"]) }`)
		if got := w.estimate("query($n:Int!){users(max:$n)}", `{"n":7}`); got.Type != 1+7 || got.Page != 7 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("18: sizedFields", func(t *testing.T) {
		w := newWorld(t, `
			type Film { title: String }
			type FilmEdge { cursor: ID node: Film }
			type PageInfo { endCursor: ID }
			type FilmConnection { edges: [FilmEdge] pageInfo: PageInfo }
			type Query {
				films(first: Int, after: ID, last: Int, before: ID): FilmConnection @listSize(slicingArguments: ["first", "last"], sizedFields: ["edges"])
			}`)
		// Query, FilmConnection, PageInfo, and four times FilmEdge and Film; films, edges, pageInfo, and four times node.
		for _, document := range []string{
			"{films(first:4){edges{node{title}}pageInfo{endCursor}}}",
			"{films(last:4){...F}}fragment F on FilmConnection{...{edges{node{title}}}pageInfo{endCursor}}",
		} {
			if got := w.estimate(document, ""); got.Type != 3+8 || got.Field != 3+4 || got.Page != 4 || got.Undecided != "" {
				t.Errorf("%s: %+v", document, got)
			}
		}
	})
}
