package certs

import (
	"net/netip"

	"tiffin/backends/upstream/discovery"
	"tiffin/fault"
)

// Config says by which authorities a service's instances are known, and by which certificate this gateway is known to them. The files are
// read again when they change. The oldest version of TLS that is spoken is 1.2.
type Config struct {
	// CAFile is a file in PEM with the authorities whose certificates instances may have. It takes the place of the system's [the system's].
	CAFile string `yaml:"ca_file"`
	// CertFile and KeyFile are files in PEM: the certificate, with those between it and the root, that is shown to instances that ask for
	// one, and its private key [none].
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
	// ServerName is the name, or the IP address, that certificates of instances must have; a name is what instances are asked for, too (SNI).
	// The Host of requests stays that of the url [server_name of the url, else the host of each instance's address].
	ServerName string `yaml:"server_name"`
}

// HasFiles reports whether there is anything to read.
func (c Config) HasFiles() bool { return c.CAFile != "" || c.CertFile != "" || c.KeyFile != "" }

// Validate reports every problem that can be seen without the files.
func (c Config) Validate() []fault.Invalid {
	var problems []fault.Invalid
	report := func(wrong bool, path, reason, remedy string) {
		if wrong {
			problems = append(problems, fault.Invalid{Path: path, Reason: reason, Remedy: remedy})
		}
	}
	report(c.CertFile == "" && c.KeyFile != "", "cert_file", "is missing beside key_file", "name the file with the certificate")
	report(c.KeyFile == "" && c.CertFile != "", "key_file", "is missing beside cert_file", "name the file with the private key")
	report(c.ServerName != "" && !isName(c.ServerName), "server_name", "is neither a host name nor an IP address", "write one such as orders.shop.internal, without a port")
	return problems
}

func isName(text string) bool {
	ip, err := netip.ParseAddr(text)
	return err == nil && ip.Zone() == "" || discovery.IsHostName(text)
}
