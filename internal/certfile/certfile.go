// Package certfile reads certificates, keys and authorities from files that somebody replaces while the program runs: those of the
// listener, and those towards services.
//
//	Store.Reload ──▶ the files again; what is wrong with them changes nothing
//	Store.TLS    ──▶ what was made of the last good ones
package certfile

import (
	"bytes"
	"crypto/tls"
	"sync/atomic"

	"tiffin/fault"
)

// File is one that the configuration names under Key; there is none where Name is empty.
type File struct{ Key, Name string }

// Files are all in PEM: a certificate with those between it and the root, its private key, and authorities.
type Files struct{ Cert, Key, Authorities File }

// Error says which file is bad, why, and what is to be done. It shows nothing of a key.
type Error struct {
	fault.Invalid

	// Err is the cause, where there is one beside the reason.
	Err error
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Store holds what the files last had in order. It is safe for concurrent use, but for Reload, which one goroutine calls.
type Store struct {
	files   Files
	use     func(Contents) (*tls.Config, error)
	read    Contents
	current atomic.Pointer[tls.Config]
}

// New reads the files; use makes of them what [Store.TLS] returns. Errors are of type [Error], or those of use.
func New(files Files, use func(Contents) (*tls.Config, error)) (*Store, error) {
	s := &Store{files: files, use: use}
	if _, err := s.Reload(); err != nil {
		return nil, err
	}
	return s, nil
}

// TLS is what was made of the files' last good state. It is not to be changed.
func (s *Store) TLS() *tls.Config { return s.current.Load() }

// Reload reads the files again and reports whether they have changed. With an error everything stays as it was.
func (s *Store) Reload() (changed bool, err error) {
	read, err := s.files.contents()
	if err != nil || s.current.Load() != nil && read.same(s.read) {
		return false, err
	}
	next, err := s.use(read)
	if err != nil {
		return false, err
	}
	s.read = read
	s.current.Store(next)
	return true, nil
}

func (f Files) contents() (Contents, error) {
	read := Contents{files: f}
	for _, file := range []struct {
		File

		to *[]byte
	}{{f.Cert, &read.cert}, {f.Key, &read.key}, {f.Authorities, &read.authorities}} {
		if file.Name == "" {
			continue
		}
		text, err := file.text()
		if err != nil {
			return read, err
		}
		*file.to = text
	}
	return read, nil
}

// Contents are the files' texts.
type Contents struct {
	files                  Files
	cert, key, authorities []byte
}

func (c Contents) same(other Contents) bool {
	return bytes.Equal(c.cert, other.cert) && bytes.Equal(c.key, other.key) && bytes.Equal(c.authorities, other.authorities)
}
