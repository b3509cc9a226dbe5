package app

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/goccy/go-yaml"

	"tiffin"
	"tiffin/app/strict"
	upstreamcerts "tiffin/backends/upstream/certs"
	"tiffin/fault"
	"tiffin/gateway/certs"
	"tiffin/internal/certfile"
)

// Load reads a configuration file over the defaults. Its error says everything that is wrong, a line each.
func Load(file string) (Config, error) {
	source, err := read(file)
	if err != nil {
		return Config{}, err
	}
	return Parse(file, source)
}

// Parse reads a configuration from text; file is its name in errors.
func Parse(file string, source []byte) (Config, error) {
	cfg, _, err := decode(file, source, outside())
	if err != nil {
		return Config{}, err
	}
	return cfg, nil
}

// Check reads a configuration file as Load does, and the certificates that it names; and says what of it is unsafe though it is valid: see
// [Config.Unsafe].
func Check(file string) (unsafe strict.Problems, err error) {
	source, err := read(file)
	if err != nil {
		return nil, err
	}
	cfg, doc, err := decode(file, source, outside())
	if doc == nil {
		return nil, err
	}
	if err == nil {
		err = doc.Join(nil, cfg.certificates())
	}
	return doc.Place(cfg.Unsafe()), err
}

// certificates is what is wrong with the files of the listener's and the services' TLS, one problem of each, as the start would find it.
func (c Config) certificates() []fault.Invalid {
	var problems []fault.Invalid
	report := func(above string, err error) {
		if bad, ok := errors.AsType[*certfile.Error](err); ok {
			bad.Path = above + bad.Path
			problems = append(problems, bad.Invalid)
		}
	}
	if c.TLS.Enabled() {
		_, err := certs.New(c.TLS)
		report("", err)
	}
	for _, service := range c.Services.all() {
		_, err := upstreamcerts.New(service.TLS)
		report("services."+service.name+".", err)
	}
	return problems
}

// Show is a valid configuration file with every key. No secret is in it: what the file takes from outside is shown as it is written there,
// and secrets that stand in the file are masked.
func Show(file string) ([]byte, error) {
	source, err := read(file)
	if err != nil {
		return nil, err
	}
	if _, err := Parse(file, source); err != nil {
		return nil, err
	}
	written := Defaults()
	if _, err := strict.Read(file, source, &written, strict.Outside{}); err != nil {
		return nil, err
	}
	return written.YAML()
}

// YAML is the configuration as a file with every key; secrets are masked.
func (c Config) YAML() ([]byte, error) {
	c.Auth = c.Auth.WithDefaults() // what an issuer leaves out is filled in where it is used
	return yaml.MarshalWithOptions(mask(c), yaml.IndentSequence(true))
}

// Schema is the JSON Schema of configuration files, for editors.
func Schema() ([]byte, error) { return strict.Schema(Defaults(), tiffin.Example()) }

func read(file string) ([]byte, error) {
	source, err := os.ReadFile(file) //nolint:gosec // the operator's own file
	if err != nil {
		return nil, fmt.Errorf("the configuration cannot be read: %w", err)
	}
	return source, nil
}

// decode gives no document where the file is no YAML, and with an error what could be read.
func decode(file string, source []byte, outside strict.Outside) (Config, *strict.Document, error) {
	cfg := Defaults()
	doc, err := strict.Read(file, source, &cfg, outside)
	if doc == nil {
		return cfg, nil, err
	}
	return cfg, doc, doc.Join(err, cfg.Validate())
}

// outside is where references in configuration files lead.
func outside() strict.Outside {
	return strict.Outside{
		Lookup: os.LookupEnv,
		Open:   func(name string) (io.ReadCloser, error) { return os.Open(name) }, //nolint:gosec // the operator names it
	}
}
