// Package pki has authorities for tests, which certify whatever they are told to.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"time"
)

// CA is an authority that certifies whatever it is told to.
type CA struct {
	// PEM is its own certificate.
	PEM []byte

	certificate *x509.Certificate
	private     *ecdsa.PrivateKey
}

// Leaf is what a certificate says.
type Leaf struct {
	DNS, Email, URI []string
	IP              []net.IP
	// Server says that it is for servers; otherwise it is for clients.
	Server bool
	// Until is when it ends: in an hour where it is zero.
	Until time.Time
}

// Certificate is one with its key.
type Certificate struct {
	TLS             tls.Certificate
	CertPEM, KeyPEM []byte
}

// NewCA makes an authority of that name.
func NewCA(name string) *CA {
	private := newKey()
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private))
	return &CA{PEM: block("CERTIFICATE", der), certificate: must(x509.ParseCertificate(der)), private: private}
}

// Pool has the authority only.
func (c *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(c.certificate)
	return pool
}

// Issue certifies.
func (c *CA) Issue(leaf Leaf) Certificate {
	private, usage := newKey(), x509.ExtKeyUsageClientAuth
	if leaf.Server {
		usage = x509.ExtKeyUsageServerAuth
	}
	if leaf.Until.IsZero() {
		leaf.Until = time.Now().Add(time.Hour)
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "common.test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: leaf.Until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage}, DNSNames: leaf.DNS, EmailAddresses: leaf.Email, IPAddresses: leaf.IP,
	}
	for _, text := range leaf.URI {
		template.URIs = append(template.URIs, must(url.Parse(text)))
	}
	der := must(x509.CreateCertificate(rand.Reader, template, c.certificate, &private.PublicKey, c.private))
	issued := Certificate{CertPEM: block("CERTIFICATE", der), KeyPEM: block("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(private)))}
	issued.TLS = must(tls.X509KeyPair(issued.CertPEM, issued.KeyPEM))
	return issued
}

func newKey() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }

func serial() *big.Int { return must(rand.Int(rand.Reader, big.NewInt(1<<62))) }

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// must is for what fails in no test that is in order.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
