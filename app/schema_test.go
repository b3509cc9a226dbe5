package app_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"tiffin"
	"tiffin/app"
	"tiffin/app/strict"
	"tiffin/internal/testkit"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := app.Schema()
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("tiffin.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("tiffin.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// document is a YAML file as an editor sees it.
func document(t *testing.T, source []byte) any {
	t.Helper()
	text, err := yaml.YAMLToJSON(source)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestSchemaAcceptsTheExampleAndTheDefaults(t *testing.T) {
	schema := compiled(t)
	for name, source := range map[string][]byte{"example": tiffin.Example(), "defaults": mustYAML(t, app.Defaults()), "empty": []byte("{}")} {
		if err := schema.Validate(document(t, source)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The schema knows the types that the reader accepts, at every key: each is given a value of every type, and both must agree.
func TestSchemaAgreesWithTheReaderInFull(t *testing.T) {
	testkit.InFull(t)
	schema := compiled(t)
	values := map[string]any{
		"text": "x", "reference": "${HOME}", "duration": "1m30s", "whole": 3, "fraction": 1.5, "true": true, "null": nil, "list": []any{"x"},
		"mapping": map[string]any{"x": "y"}, "empty mapping": map[string]any{},
	}
	tried := 0
	var walk func(path []any, node any)
	walk = func(path []any, node any) {
		switch node := node.(type) {
		case map[string]any:
			for key, below := range node {
				walk(append(slices.Clip(path), key), below)
			}
		case []any:
			for i, below := range node {
				walk(append(slices.Clip(path), i), below)
			}
		}
		for name, value := range values {
			source, err := yaml.Marshal(nested(path, value))
			if err != nil {
				t.Fatal(err)
			}
			cfg := app.Defaults()
			_, read := strict.Read("t.yaml", source, &cfg, strict.Outside{})
			checked := schema.Validate(document(t, source))
			if (read == nil) != (checked == nil) && !(enumerated(checked) && read == nil) {
				t.Errorf("%s at %v:\nreader: %v\nschema: %v", name, path, read, checked)
			}
			tried++
		}
	}
	walk(nil, document(t, mustYAML(t, exampleConfig(t))))
	if tried < 1000 {
		t.Errorf("only %d were tried", tried)
	}
}

// exampleConfig has an entry in every list that the example has one in.
func exampleConfig(t *testing.T) app.Config {
	t.Helper()
	cfg := app.Defaults()
	if _, err := strict.Read("example", tiffin.Example(), &cfg, strict.Outside{}); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// nested is a document with one value at a path.
func nested(path []any, value any) any {
	for _, step := range slices.Backward(path) {
		if key, ok := step.(string); ok {
			value = map[string]any{key: value}
		} else {
			value = []any{value}
		}
	}
	return value
}

// enumerated says of a refusal that it is about a value, which is Validate's to judge and not the reader's.
func enumerated(err error) bool { return err != nil && strings.Contains(err.Error(), "'anyOf' failed") }

func TestSchemaRefusesWhatIsUnknown(t *testing.T) {
	schema := compiled(t)
	for _, source := range []string{
		"lisen: x", "edge: {pth: /}", "services: {orders: {ulr: x}}", "auth: {issuers: [{uri: x}]}", "edge: {clients: {ios: {version: 1}}}",
		"mode: prod", "log: {level: loud}", "drain: 5", "drain: 5 minutes", "edge: {operation: {limits: {depth: {mode: off}}}}",
		"edge: {persisted: {trusted: {mode: warn}}}", "auth: {issuers: [{tokens: saml}]}", "tls: {client_auth: always}", `tls: {min_version: "1.1"}`,
	} {
		if err := schema.Validate(document(t, []byte(source))); err == nil {
			t.Errorf("%s passes", source)
		}
	}
	for _, source := range []string{
		"mode: ${MODE}", "log: {level: '${LEVEL:-info}'}", "drain: 1m30s", "drain:", "edge: {clients: {ios: {min_version: 4}}}",
		"edge: {persisted: {trusted: {mode: measure}}}", "auth: {issuers: [{tokens: opaque}]}", "tls: {client_auth: request}", "tls: {min_version: 1.3}",
	} {
		if err := schema.Validate(document(t, []byte(source))); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
}

// Editors show the example's comments and the defaults.
func TestSchemaTellsWhatKeysAreFor(t *testing.T) {
	text, err := app.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]struct {
			Description string
			Default     any
			Properties  map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	if p := schema.Properties["drain"]; p.Default != "30s" || !strings.HasPrefix(p.Description, "How long requests and orders in flight") {
		t.Errorf("%+v", p)
	}
	if p := schema.Properties["mode"]; p.Default != "production" || strings.Contains(p.Description, "Every key") {
		t.Errorf("%+v", p)
	}
	for _, service := range []string{"orders", "geocoding"} { // the example shows the keys of the first only
		if at := string(schema.Properties["services"].Properties[service]); !strings.Contains(at, "who knows the instances") {
			t.Errorf("services.%s: %.300s", service, at)
		}
	}
	comments := regexp.MustCompile(`(?m)^ *# .*\n *[a-z_]+:`).FindAllString(string(tiffin.Example()), -1)
	if n := strings.Count(string(text), `"description"`); n < len(comments) {
		t.Errorf("%d descriptions of %d comments", n, len(comments))
	}
}
