// Package certs is the TLS of the listener: the gateway's certificate and the authorities of clients' certificates, from files that can be
// replaced while it runs. Who a client is by its certificate, package auth decides.
//
//	Store.TLS ──▶ each handshake ──▶ the last good files
//	Store.Reload ──▶ the files again; what is wrong with them changes nothing
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

// New reads the files of a Config that is valid and enabled.
func New(cfg Config) (*Store, error) {
	s := &Store{cfg: cfg.WithDefaults()}
	var err error
	s.files, err = certfile.New(certfile.Files{
		Cert:        certfile.File{Key: "tls.cert", Name: s.cfg.Cert},
		Key:         certfile.File{Key: "tls.key", Name: s.cfg.Key},
		Authorities: certfile.File{Key: "tls.client_ca", Name: s.cfg.ClientCA},
	}, s.use)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Reload reads the files again and reports whether they have changed. Handshakes from now on go by what they have; connections that are
// open stay. With an error everything stays as it was.
func (s *Store) Reload() (changed bool, err error) { return s.files.Reload() }

// use makes one state of the files the configuration of handshakes.
func (s *Store) use(read certfile.Contents) (*tls.Config, error) {
	pair, err := read.Pair()
	if err != nil {
		return nil, err
	}
	cfg := s.base()
	cfg.Certificates = []tls.Certificate{pair}
	if s.cfg.ClientAuth == None {
		return cfg, nil
	}
	if cfg.ClientCAs, err = read.Pool(); err != nil {
		return nil, err
	}
	cfg.ClientAuth = tls.VerifyClientCertIfGiven
	if s.cfg.ClientAuth == Require {
		cfg.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return cfg, nil
}

// base is what does not depend on the files.
func (s *Store) base() *tls.Config {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	if s.cfg.MinVersion == "1.3" {
		cfg.MinVersion = tls.VersionTLS13
	}
	// A session that is resumed brings the client's certificate from a handshake that may have been before the authorities changed.
	cfg.SessionTicketsDisabled = s.cfg.ClientAuth != None
	return cfg
}

// TLS is the listener's configuration: each handshake goes by the files' last good state.
func (s *Store) TLS() *tls.Config {
	cfg := s.base()
	cfg.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return s.files.TLS(), nil }
	return cfg
}
