package certs

import (
	"tiffin/fault"
)

// Config says by which certificate the gateway proves who it is, and whose certificates clients may prove themselves by.
type Config struct {
	// Cert and Key are files in PEM: the certificate with those between it and the root, and its private key. Without them the gateway
	// speaks plain HTTP [none].
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
	// MinVersion is the oldest version of TLS that is spoken: 1.2 or 1.3 ["1.2"].
	MinVersion string `enum:"1.2,1.3" yaml:"min_version"`
	// ClientCA is a file in PEM with the authorities whose certificates clients may have [none].
	ClientCA string `yaml:"client_ca"`
	// ClientAuth is none; request, where a client without a certificate passes and one with a bad one does not; or require [none].
	ClientAuth ClientAuth `enum:"none,request,require" yaml:"client_auth"`
}

// ClientAuth is what is asked of clients.
type ClientAuth string

// What can be asked of clients.
const (
	None    ClientAuth = "none"
	Request ClientAuth = "request"
	Require ClientAuth = "require"
)

// WithDefaults fills in what is empty.
func (c Config) WithDefaults() Config {
	if c.MinVersion == "" {
		c.MinVersion = "1.2"
	}
	if c.ClientAuth == "" {
		c.ClientAuth = None
	}
	return c
}

// Enabled reports whether TLS is spoken.
func (c Config) Enabled() bool { return c.Cert != "" || c.Key != "" }

// Validate reports every problem that can be seen without the files.
func (c Config) Validate() []fault.Invalid {
	c = c.WithDefaults()
	var problems []fault.Invalid
	report := func(wrong bool, path, reason, remedy string) {
		if wrong {
			problems = append(problems, fault.Invalid{Path: path, Reason: reason, Remedy: remedy})
		}
	}
	report(c.Cert == "" && c.Key != "", "cert", "is missing beside key", "name the file with the certificate")
	report(c.Key == "" && c.Cert != "", "key", "is missing beside cert", "name the file with the private key")
	report(c.MinVersion != "1.2" && c.MinVersion != "1.3", "min_version", "is no version that is safe", `write "1.2" or "1.3"`)
	switch c.ClientAuth {
	case None:
		report(c.ClientCA != "", "client_auth", "is none, so that client_ca does nothing", "write request or require, or take client_ca out")
	case Request, Require:
		report(c.ClientCA == "", "client_ca", "is missing: there is nobody whose certificates count", "name the file with the authorities")
		report(!c.Enabled(), "client_auth", "needs TLS", "name the files of cert and key")
	default:
		report(true, "client_auth", "is not known", "write none, request or require")
	}
	return problems
}
