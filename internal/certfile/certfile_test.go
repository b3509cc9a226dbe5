package certfile_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tiffin/internal/certfile"
	"tiffin/internal/testkit/pki"
)

// all makes what needs each of the files.
func all(read certfile.Contents) (*tls.Config, error) {
	pair, err := read.Pair()
	if err != nil {
		return nil, err
	}
	pool, err := read.Pool()
	return &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: pool, MinVersion: tls.VersionTLS12}, err
}

// folder has the three files.
type folder struct {
	t     *testing.T
	files certfile.Files
}

func newFolder(t *testing.T, cert, key, authorities []byte) folder {
	t.Helper()
	dir := t.TempDir()
	at := func(key, name string) certfile.File {
		return certfile.File{Key: "tls." + key, Name: filepath.Join(dir, name)}
	}
	f := folder{t, certfile.Files{Cert: at("cert", "cert.pem"), Key: at("key", "key.pem"), Authorities: at("ca", "ca.pem")}}
	f.write(f.files.Cert, cert)
	f.write(f.files.Key, key)
	f.write(f.files.Authorities, authorities)
	return f
}

func (f folder) write(file certfile.File, text []byte) {
	f.t.Helper()
	if err := os.WriteFile(file.Name, text, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// A file that is bad at the start is named, with the reason and what is to be done; one that is bad later changes nothing, whichever it is.
func TestBadFiles(t *testing.T) {
	ca := pki.NewCA("shop")
	leaf, other := ca.Issue(pki.Leaf{DNS: []string{"a.test"}}), ca.Issue(pki.Leaf{DNS: []string{"b.test"}})
	for _, c := range []struct {
		name  string
		spoil func(f folder)
		key   string // of the file that is blamed
		want  string
	}{
		{"missing", func(f folder) { _ = os.Remove(f.files.Authorities.Name) }, "ca", "cannot be read: no such file or directory; put it there"},
		{"a folder", func(f folder) { f.replace(f.files.Cert, func(name string) error { return os.Mkdir(name, 0o700) }) }, "cert", "is no file; "},
		{"a pipe", func(f folder) { f.replace(f.files.Key, func(name string) error { return syscall.Mkfifo(name, 0o600) }) }, "key", "is no file; "},
		{"too long", func(f folder) { f.write(f.files.Key, make([]byte, 1<<20+1)) }, "key", "is longer than 1 MiB; "},
		{"another key", func(f folder) { f.write(f.files.Key, other.KeyPEM) }, "cert", "private key does not match public key; "},
		{"no key", func(f folder) { f.write(f.files.Key, leaf.CertPEM) }, "cert", "are no certificate with its key: "},
		{"no certificate", func(f folder) { f.write(f.files.Cert, []byte("none")) }, "cert", "are no certificate with its key: "},
		{"no authorities", func(f folder) { f.write(f.files.Authorities, []byte("# none\n")) }, "ca", "has no certificate in it; "},
		{"a key among authorities", func(f folder) { f.write(f.files.Authorities, append(ca.PEM, leaf.KeyPEM...)) }, "ca", "has something else than a certificate (block 2); "},
		{"half written", func(f folder) { f.write(f.files.Authorities, append(ca.PEM, ca.PEM[:len(ca.PEM)/2]...)) }, "ca", "begins 2 blocks, of which 1 are whole; "},
		{"broken", func(f folder) {
			f.write(f.files.Authorities, []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
		}, "ca", "has a certificate that cannot be read (block 1): "},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFolder(t, leaf.CertPEM, leaf.KeyPEM, append([]byte("# of the shop\n"), append(ca.PEM, pki.NewCA("next").PEM...)...))
			store, err := certfile.New(f.files, all)
			if err != nil {
				t.Fatal(err)
			}
			before := store.TLS()
			c.spoil(f)
			_, atStart := certfile.New(f.files, all)
			changed, later := store.Reload()
			if changed || store.TLS() != before {
				t.Error("a bad file counts")
			}
			for _, err := range []error{atStart, later} {
				bad, ok := errors.AsType[*certfile.Error](err)
				if !ok || bad.Path != "tls."+c.key || bad.Remedy == "" || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), filepath.Dir(f.files.Key.Name)) {
					t.Errorf("%v; want %s blamed: %s", err, c.key, c.want)
				}
				if err != nil && showsKey(err, leaf.KeyPEM) {
					t.Errorf("a key is shown: %v", err)
				}
			}
		})
	}
}

func (f folder) replace(file certfile.File, by func(string) error) {
	f.t.Helper()
	if err := errors.Join(os.Remove(file.Name), by(file.Name)); err != nil {
		f.t.Fatal(err)
	}
}

// showsKey looks for any line of the key.
func showsKey(err error, key []byte) bool {
	for line := range bytes.Lines(key) {
		if !bytes.HasPrefix(line, []byte("-----")) && strings.Contains(err.Error(), string(bytes.TrimSpace(line))) {
			return true
		}
	}
	return false
}

// What is the same as before is no change; what was bad and is as before is none either.
func TestReload(t *testing.T) {
	ca := pki.NewCA("shop")
	first, second := ca.Issue(pki.Leaf{DNS: []string{"first.test"}}), ca.Issue(pki.Leaf{DNS: []string{"second.test"}})
	f := newFolder(t, first.CertPEM, first.KeyPEM, ca.PEM)
	store, err := certfile.New(f.files, all)
	if err != nil {
		t.Fatal(err)
	}
	reload := func(want, fails bool, shows string) {
		t.Helper()
		changed, err := store.Reload()
		if got := store.TLS().Certificates[0].Leaf.DNSNames[0]; changed != want || (err != nil) != fails || got != shows {
			t.Errorf("changed %v, %v, shows %s; want %v and %s", changed, err, got, want, shows)
		}
	}
	reload(false, false, "first.test")
	f.write(f.files.Cert, second.CertPEM)
	reload(false, true, "first.test")
	f.write(f.files.Cert, first.CertPEM)
	reload(false, false, "first.test")
	f.write(f.files.Cert, second.CertPEM)
	f.write(f.files.Key, second.KeyPEM)
	reload(true, false, "second.test")
	f.write(f.files.Authorities, pki.NewCA("other").PEM)
	reload(true, false, "second.test")
	reload(false, false, "second.test")
}
