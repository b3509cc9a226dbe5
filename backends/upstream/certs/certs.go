// Package certs is the TLS towards a service's instances: the authorities that they are known by and the certificate that this gateway is
// known by, from files that can be replaced while it runs.
//
//	Store.TLS    ──▶ the last good files, for connections that are made from now on
//	Store.Reload ──▶ the files again; what is wrong with them changes nothing
//	Explain      ──▶ a handshake that failed, said as an Error
package certs

import (
	"crypto/tls"

	"tiffin/internal/certfile"
)

// Store holds what the files last had in order. It is safe for concurrent use, but for Reload, which one goroutine calls.
type Store struct {
	cfg   Config
	files *certfile.Store
}

// New reads the files of a valid Config, if it names any.
func New(cfg Config) (*Store, error) {
	s := &Store{cfg: cfg}
	var err error
	s.files, err = certfile.New(certfile.Files{
		Cert:        certfile.File{Key: "tls.cert_file", Name: cfg.CertFile},
		Key:         certfile.File{Key: "tls.key_file", Name: cfg.KeyFile},
		Authorities: certfile.File{Key: "tls.ca_file", Name: cfg.CAFile},
	}, s.use)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Reload reads the files again and reports whether they have changed; TLS is another one then. With an error everything stays as it was.
func (s *Store) Reload() (changed bool, err error) { return s.files.Reload() }

// TLS is the configuration by the files' last good state. It is the caller's.
func (s *Store) TLS() *tls.Config { return s.files.TLS().Clone() }

// use makes one state of the files the configuration of handshakes.
func (s *Store) use(read certfile.Contents) (*tls.Config, error) {
	cfg := &tls.Config{ServerName: s.cfg.ServerName, MinVersion: tls.VersionTLS12}
	var err error
	if s.cfg.CAFile != "" {
		if cfg.RootCAs, err = read.Pool(); err != nil {
			return nil, err
		}
	}
	if s.cfg.CertFile != "" {
		pair, err := read.Pair()
		if err != nil {
			return nil, err
		}
		// Shown to whoever asks, whatever authorities they name: they may know one between, and one that they do not accept they refuse with
		// a reason. From Certificates the library would take none then.
		cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	return cfg, nil
}
