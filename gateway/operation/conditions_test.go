package operation

import "testing"

// A variable with a default can stand for the Boolean! of @skip and @include although it can be null. That it is null must not get as far as
// an executor, which would panic.
func TestConditionsAreNotNull(t *testing.T) {
	p := newPipelineOf(t, Config{}, wideSchema())
	null, yes := map[string]any{"x": nil}, map[string]any{"x": true}
	for _, c := range []struct {
		document  string
		variables map[string]any
		want      string
	}{
		{"query($x:Boolean=true){n @skip(if:$x)}", null, "BAD_USER_INPUT"},
		{"query($x:Boolean=true){n @include(if:$x)}", null, "BAD_USER_INPUT"},
		{"query($x:Boolean=true){a{n @skip(if:false) @include(if:$x)}}", null, "BAD_USER_INPUT"},
		{"query($x:Boolean=true){...@skip(if:$x){n}}", null, "BAD_USER_INPUT"},
		{"query($x:Boolean=true){a{...F @skip(if:$x)}} fragment F on A{n}", null, "BAD_USER_INPUT"},
		{"query($x:Boolean=true){a{...F}} fragment F on A{a{...{n @skip(if:$x)}}}", null, "BAD_USER_INPUT"},
		{"query($x:Boolean=true){n @skip(if:$x)}", nil, ""},
		{"query($x:Boolean=true){n @skip(if:$x)}", yes, ""},
		{"query($x:Boolean!){n @skip(if:$x)}", null, "BAD_USER_INPUT"},
		{"query($x:Boolean){n @skip(if:$x)}", null, "GRAPHQL_VALIDATION_FAILED"},
		{"query($x:Boolean=null){n @skip(if:$x)}", nil, "GRAPHQL_VALIDATION_FAILED"},
		{"query($x:Any){say(any:$x)}", null, ""},
		{"query($x:Any,$y:Boolean=true){say(any:$x) n @skip(if:$y)}", null, ""},
	} {
		if got := refusal(t, p, Params{Query: c.document, Variables: c.variables}); got != c.want {
			t.Errorf("%s %v: %q, want %q", c.document, c.variables, got, c.want)
		}
	}
}
