// Package certs is the TLS of the listener: the gateway's certificate and the authorities of clients' certificates, from files that can be
// replaced while it runs. Who a client is by its certificate, package auth decides.
//
//	Store.TLS ──▶ each handshake ──▶ the last good files
//	Store.Reload ──▶ the files again; what is wrong with them changes nothing
package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
)

// maxFile bounds each file, in bytes.
const maxFile = 1 << 20

// Store holds what the files last had in order. It is safe for concurrent use, but for Reload, which one goroutine calls.
type Store struct {
	cfg     Config
	read    contents
	current atomic.Pointer[tls.Config]
}

// contents are the files' bytes.
type contents struct{ cert, key, authorities []byte }

func (c contents) same(other contents) bool {
	return bytes.Equal(c.cert, other.cert) && bytes.Equal(c.key, other.key) && bytes.Equal(c.authorities, other.authorities)
}

// New reads the files of a Config that is valid and enabled.
func New(cfg Config) (*Store, error) {
	s := &Store{cfg: cfg.WithDefaults()}
	if _, err := s.Reload(); err != nil {
		return nil, err
	}
	return s, nil
}

// Reload reads the files again and reports whether they have changed. Handshakes from now on go by what they have; connections that are
// open stay. With an error everything stays as it was.
func (s *Store) Reload() (changed bool, err error) {
	read, err := s.files()
	if err != nil || s.current.Load() != nil && read.same(s.read) {
		return false, err
	}
	next, err := s.parse(read)
	if err != nil {
		return false, err
	}
	s.read = read
	s.current.Store(next)
	return true, nil
}

func (s *Store) files() (read contents, err error) {
	for _, file := range []struct {
		key, name string
		to        *[]byte
	}{{"cert", s.cfg.Cert, &read.cert}, {"key", s.cfg.Key, &read.key}, {"client_ca", s.cfg.ClientCA, &read.authorities}} {
		if file.name == "" {
			continue
		}
		if *file.to, err = readFile(file.name); err != nil {
			return read, fmt.Errorf("tls.%s: %w", file.key, err)
		}
	}
	return read, nil
}

func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() > maxFile:
		return nil, fmt.Errorf("%s is no file of at most %d bytes", name, maxFile)
	}
	return os.ReadFile(name) //nolint:gosec // the operator's own file
}

func (s *Store) parse(read contents) (*tls.Config, error) {
	pair, err := tls.X509KeyPair(read.cert, read.key)
	if err != nil {
		return nil, fmt.Errorf("tls.cert and tls.key: %w", err) // its errors show nothing of the key
	}
	cfg := s.base()
	cfg.Certificates = []tls.Certificate{pair}
	if s.cfg.ClientAuth == None {
		return cfg, nil
	}
	cfg.ClientCAs = x509.NewCertPool()
	if !cfg.ClientCAs.AppendCertsFromPEM(read.authorities) {
		return nil, errors.New("tls.client_ca: there is no certificate in the file")
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
	cfg.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return s.current.Load(), nil }
	return cfg
}
