package certfile

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

// Pair is the certificate with its key.
func (c Contents) Pair() (tls.Certificate, error) {
	pair, err := tls.X509KeyPair(c.cert, c.key)
	if err != nil { // its errors show nothing of the key
		return pair, c.files.Cert.bad(fmt.Sprintf("and %s (%s) are no certificate with its key: %v", c.files.Key.Name, c.files.Key.Key, err),
			"write both in PEM, the key without a password", err)
	}
	return pair, nil
}

const beginning = "-----BEGIN "

// Pool has the authorities. A block that is no certificate makes it fail, where the library would leave it out: that is how a file looks
// that is still being written, and who relies on an authority is to hear that it does not count.
func (c Contents) Pool() (*x509.CertPool, error) {
	pool, file := x509.NewCertPool(), c.files.Authorities
	found := 0
	for rest := c.authorities; ; found++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, file.bad(fmt.Sprintf("has something else than a certificate (block %d)", found+1), "leave only certificates of authorities in it", nil)
		}
		authority, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, file.bad(fmt.Sprintf("has a certificate that cannot be read (block %d): %v", found+1, err), "take it out, or write it anew", err)
		}
		pool.AddCert(authority)
	}
	switch blocks := bytes.Count(c.authorities, []byte(beginning)); {
	case blocks != found:
		return nil, file.bad(fmt.Sprintf("begins %d blocks, of which %d are whole", blocks, found), "write the certificates of authorities in PEM, each to its end", nil)
	case found == 0:
		return nil, file.bad("has no certificate in it", "write the certificates of authorities in PEM", nil)
	}
	return pool, nil
}
