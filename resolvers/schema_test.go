package resolvers_test

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"tiffin/backends/delivery"
	"tiffin/backends/geocoding"
	"tiffin/backends/inventory"
	"tiffin/backends/orders"
	"tiffin/backends/payments"
	"tiffin/resolvers/edges"
)

func schema(t *testing.T) *ast.Schema {
	t.Helper()
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	s, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphqls", Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ours are the definitions that the file has, in no order.
func ours(t *testing.T) []*ast.Definition {
	t.Helper()
	var out []*ast.Definition
	for _, definition := range schema(t).Types {
		if !definition.BuiltIn {
			out = append(out, definition)
		}
	}
	return out
}

func TestEveryElementIsDescribed(t *testing.T) {
	described := func(name, text string) {
		if strings.TrimSpace(text) == "" {
			t.Errorf("%s has no description", name)
		}
	}
	for _, d := range ours(t) {
		described(d.Name, d.Description)
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			described(d.Name+"."+f.Name, f.Description)
			for _, a := range f.Arguments {
				described(d.Name+"."+f.Name+"("+a.Name+")", a.Description)
			}
		}
		for _, v := range d.EnumValues {
			described(d.Name+"."+v.Name, v.Description)
		}
	}
	for _, d := range schema(t).Directives {
		if d.Position.Src.BuiltIn {
			continue
		}
		described("@"+d.Name, d.Description)
		for _, a := range d.Arguments {
			described("@"+d.Name+"("+a.Name+")", a.Description)
		}
	}
}

// Enums and unions that clients read say what to do with a member that a later version adds.
func TestOpenTypesSayWhatToDoWithAnUnknownMember(t *testing.T) {
	for _, d := range ours(t) {
		open := d.Kind == ast.Enum || d.Kind == ast.Union || d.Name == "PlacementFailure" || d.Name == "CancellationFailure"
		if open && !strings.Contains(d.Description, "does not know") && !strings.Contains(d.Description, "closed") && !strings.Contains(d.Description, "send only") {
			t.Errorf("%s does not say what a client does with a member it does not know", d.Name)
		}
	}
}

// A field that crosses to another service is nullable, so that the loss of the service costs the field and nothing else.
func TestFieldsThatCrossAreNullable(t *testing.T) {
	services := []string{orders.Service, inventory.Service, payments.Service, delivery.Service, geocoding.Service}
	crossing := 0
	for _, d := range ours(t) {
		for _, f := range d.Fields {
			upstream := f.Directives.ForName("upstream")
			if upstream == nil {
				continue
			}
			crossing++
			if f.Type.NonNull {
				t.Errorf("%s.%s crosses to another service and is not nullable", d.Name, f.Name)
			}
			if service := upstream.Arguments.ForName("service").Value.Raw; !slices.Contains(services, service) {
				t.Errorf("%s.%s: there is no service %q", d.Name, f.Name, service)
			}
		}
	}
	if crossing < 12 {
		t.Errorf("only %d fields have @upstream", crossing)
	}
}

// Each edge asks the service that the schema says of the fields it resolves, and falls back as it says.
func TestEdgesDoAsTheSchemaSays(t *testing.T) {
	said, fallbacks := map[string]string{}, map[string]string{}
	for _, d := range ours(t) {
		for _, f := range d.Fields {
			if upstream := f.Directives.ForName("upstream"); upstream != nil {
				said[f.Name] = upstream.Arguments.ForName("service").Value.Raw
				fallbacks[f.Name] = "NULL"
				if fallback := upstream.Arguments.ForName("fallback"); fallback != nil {
					fallbacks[f.Name] = fallback.Value.Raw
				}
			}
		}
	}
	list := reflect.ValueOf(edges.New(edges.Services{})).Elem()
	for i := range list.NumField() {
		field := strings.ToLower(list.Type().Field(i).Name)
		if got := list.Field(i).Elem().FieldByName("Service").String(); got != said[field] {
			t.Errorf("edge %s asks %q, the schema says %q", list.Type().Field(i).Name, got, said[field])
		}
		if got := list.Field(i).Elem().FieldByName("Fallback").String(); got != fallbacks[field] {
			t.Errorf("edge %s falls back to %s, the schema says %s", list.Type().Field(i).Name, got, fallbacks[field])
		}
	}
}

// What only a caller can see, and what needs a scope, says so in the schema: nothing below it is asked otherwise.
func TestWhatIsGuarded(t *testing.T) {
	s := schema(t)
	guarded := map[string]bool{
		"me": true, "order": true, "orders": true, "quote": true, "placement": true, "restaurant": false, "restaurants": false, "node": false,
	}
	for name, want := range guarded {
		if got := s.Query.Fields.ForName(name).Directives.ForName("authenticated") != nil; got != want {
			t.Errorf("Query.%s: authenticated %v, want %v", name, got, want)
		}
	}
	scopes := s.Mutation.Fields.ForName("placeOrder").Directives.ForName("requiresScopes")
	if scopes == nil || !strings.Contains(scopes.Arguments.ForName("scopes").Value.String(), "orders:place") {
		t.Error("Mutation.placeOrder does not need the scope orders:place")
	}
}
