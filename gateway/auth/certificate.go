package auth

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"tiffin/fault"
	"tiffin/identity"
)

// CertificateConfig is a client that proves itself by certificate, in the TLS handshake with this gateway.
type CertificateConfig struct {
	// SAN is the alternative name that the certificate must have, with its kind: "uri:spiffe://example.org/kiosk", "dns:kiosk.example.org"
	// or "email:kiosk@example.org". It has to be the same letter by letter; there are no patterns.
	SAN string `yaml:"san"`
	// Carrier is for a client that only carries requests of others, such as a load balancer: its certificate is in order, and who asks is
	// said by the request's own credential [false].
	Carrier bool `yaml:"carrier"`
	// Subject is who the caller is.
	Subject string `yaml:"subject"`
	// Tenant, ClientID and Class are the caller's, as identity.Principal has them [none].
	Tenant   string `yaml:"tenant"`
	ClientID string `yaml:"client_id"`
	Class    string `yaml:"class"`
	// Scopes are what the caller may do [none].
	Scopes []string `yaml:"scopes"`
}

func validateCertificates(list []CertificateConfig) []fault.Invalid {
	var problems []fault.Invalid
	seen := map[string]bool{}
	for n, c := range list {
		found := validateWho(c.Subject, c.Scopes)
		kind, name, _ := strings.Cut(c.SAN, ":")
		if name == "" || kind != "uri" && kind != "dns" && kind != "email" {
			found = append(found, fault.Invalid{Path: "san", Reason: "is no alternative name", Remedy: "write it like uri:spiffe://example.org/kiosk, dns:kiosk.example.org or email:kiosk@example.org"})
		}
		if seen[c.name()] {
			found = append(found, fault.Invalid{Path: "san", Reason: "is listed above", Remedy: "list each name once"})
		}
		if c.Carrier == (c.Subject != "") {
			found = append(found, fault.Invalid{Path: "subject", Reason: "is not who asks", Remedy: "give either a subject or carrier: true"})
		}
		seen[c.name()] = true
		problems = append(problems, fault.Under(fmt.Sprintf("certificates[%d]", n), found)...)
	}
	return problems
}

// name is the SAN as it is compared: names of hosts have no case (RFC 4343).
func (c CertificateConfig) name() string {
	if strings.HasPrefix(c.SAN, "dns:") {
		return strings.ToLower(c.SAN)
	}
	return c.SAN
}

// certificates are the clients that are known, by their SAN.
type certificates map[string]CertificateConfig

func newCertificates(list []CertificateConfig) certificates {
	known := certificates{}
	for _, c := range list {
		known[c.name()] = c
	}
	return known
}

// caller returns who is at the other end of the connection: nil without a certificate, with one of a carrier, and where the configuration
// knows no certificates at all, for then they are the listener's business only. A certificate counts once its chain was verified; the
// connection can outlive it.
func (c certificates) caller(state *tls.ConnectionState, now time.Time) (*caller, error) {
	if state == nil || len(state.PeerCertificates) == 0 || len(c) == 0 {
		return nil, nil //nolint:nilnil // nobody, and nothing wrong
	}
	if len(state.VerifiedChains) == 0 {
		return nil, refusedCertificate
	}
	certificate := state.PeerCertificates[0]
	if now.After(certificate.NotAfter) {
		return nil, refusedCertificateExpired
	}
	var found *CertificateConfig
	for _, name := range names(certificate) {
		if known, ok := c[name]; ok {
			if found != nil && found.SAN != known.SAN {
				return nil, refusedCertificate // it is two clients'
			}
			found = &known
		}
	}
	switch {
	case found == nil:
		return nil, refusedCertificate
	case found.Carrier:
		return nil, nil //nolint:nilnil // nobody, and nothing wrong
	default:
		return found.caller(certificate.NotAfter), nil
	}
}

func (c CertificateConfig) caller(ends time.Time) *caller {
	return newCaller(&identity.Principal{
		Issuer: identity.Certificates, Subject: c.Subject, Kind: identity.ByCertificate, Tenant: c.Tenant, Class: c.Class, ClientID: c.ClientID,
		Name: c.Subject, Scopes: c.Scopes, Expires: ends,
	})
}

// names are a certificate's alternative names. Its common name is none (RFC 9525, section 2).
func names(certificate *x509.Certificate) []string {
	var list []string
	for _, uri := range certificate.URIs {
		list = append(list, "uri:"+uri.String())
	}
	for _, host := range certificate.DNSNames {
		list = append(list, "dns:"+strings.ToLower(host))
	}
	for _, address := range certificate.EmailAddresses {
		list = append(list, "email:"+address)
	}
	return list
}
