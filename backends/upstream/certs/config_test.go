package certs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tiffin/backends/upstream/certs"
)

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  certs.Config
		want []string
	}{
		"none":            {certs.Config{}, nil},
		"authorities":     {certs.Config{CAFile: "a"}, nil},
		"all":             {certs.Config{CAFile: "a", CertFile: "c", KeyFile: "k", ServerName: "orders.shop.internal"}, nil},
		"addresses":       {certs.Config{ServerName: "10.0.0.1"}, nil},
		"IPv6":            {certs.Config{ServerName: "fd00::1"}, nil},
		"half":            {certs.Config{CertFile: "c"}, []string{"key_file"}},
		"other half":      {certs.Config{KeyFile: "k"}, []string{"cert_file"}},
		"a port":          {certs.Config{ServerName: "orders.internal:443"}, []string{"server_name"}},
		"a zone":          {certs.Config{ServerName: "fe80::1%eth0"}, []string{"server_name"}},
		"several at once": {certs.Config{CertFile: "c", ServerName: "https://a"}, []string{"key_file", "server_name"}},
	} {
		var got []string
		for _, problem := range c.cfg.Validate() {
			got = append(got, problem.Path)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
