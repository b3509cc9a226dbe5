package dns_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/discovery/discoverytest"
	"tiffin/backends/upstream/discovery/dns"
)

// knot is a real name server, Knot DNS, that is authoritative for test.
type knot struct {
	t      *testing.T
	dir    string
	addr   string
	serial int
	cmd    *exec.Cmd
	log    chan string
}

// startKnot starts the server, or skips the test where it is not installed.
func startKnot(t *testing.T, records ...string) *knot {
	t.Helper()
	program, err := exec.LookPath("knotd")
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal("knotd is not installed (Debian: knot)")
	case err != nil:
		t.Skip("knotd is not installed (Debian: knot)")
	}
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	port := free.LocalAddr().(*net.UDPAddr).Port
	k := &knot{t: t, dir: t.TempDir(), addr: free.LocalAddr().String(), log: make(chan string, 1024)}
	k.write(records)
	k.file("knot.conf", fmt.Sprintf(`
server:
    rundir: %[1]q
    listen: 127.0.0.1@%[2]d
database:
    storage: %[1]q
log:
  - target: stdout
    any: info
template:
  - id: default
    storage: %[1]q
    zonefile-load: whole
    journal-content: none
zone:
  - domain: test
    file: zone
`, k.dir, port))
	k.cmd = exec.Command(program, "-c", filepath.Join(k.dir, "knot.conf"))
	k.run()
	return k
}

func (k *knot) run() {
	output, err := k.cmd.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	if err := k.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	go func() {
		defer close(k.log)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			k.log <- lines.Text()
		}
	}()
	k.t.Cleanup(func() {
		k.cmd.Process.Signal(syscall.SIGTERM)
		for range k.log { // until it closes its output
		}
		k.cmd.Wait()
	})
	k.wait("server started")
}

// wait reads the log up to a line with the text.
func (k *knot) wait(text string) {
	k.t.Helper()
	var seen []string
	for line := range k.log {
		if seen = append(seen, line); strings.Contains(line, text) {
			return
		}
	}
	k.t.Fatalf("knotd ended without %q:\n%s", text, strings.Join(seen, "\n"))
}

func (k *knot) file(name, text string) {
	k.t.Helper()
	if err := os.WriteFile(filepath.Join(k.dir, name), []byte(text), 0o600); err != nil {
		k.t.Fatal(err)
	}
}

func (k *knot) write(records []string) {
	k.serial++
	k.file("zone", fmt.Sprintf("test. 60 SOA ns.test. admin.test. %d 60 60 60 60\nns.test. 60 A 127.0.0.1\ntest. 60 NS ns.test.\n%s\n",
		k.serial, strings.Join(records, "\n")))
}

// reload serves other records.
func (k *knot) reload(records ...string) {
	k.write(records)
	k.cmd.Process.Signal(syscall.SIGHUP)
	k.wait(fmt.Sprintf("serial %d -> %d", k.serial-1, k.serial))
}

func (k *knot) watch(cfg dns.Config) *discoverytest.Watch {
	cfg.Resolvers = []string{k.addr}
	return discoverytest.Start(k.t, dns.New(impatient(cfg), dns.Deps{}), true)
}

func TestAgainstKnot(t *testing.T) {
	many, set := crowd()
	k := startKnot(t, append(many, name+" 0 AAAA 2001:db8::1",
		"_orders._tcp.shop.test. 0 SRV 10 5 8100 a.test.", "_orders._tcp.shop.test. 0 SRV 20 5 8100 b.test.",
		"a.test. 0 CNAME c.test.", "c.test. 0 A 10.0.0.1", "c.test. 0 AAAA 2001:db8::c", "b.test. 0 A 10.0.0.2")...)
	f := &far{addr: k.addr}

	addresses, services := f.config(), f.services()
	k.watch(addresses).Set(append(set, discovery.Endpoint{Addr: "[2001:db8::1]:8100"}))
	w := k.watch(services)
	w.Set([]discovery.Endpoint{{Addr: "10.0.0.1:8100", Weight: 5}, {Addr: "[2001:db8::c]:8100", Weight: 5}})

	k.reload("_orders._tcp.shop.test. 0 SRV 20 5 8100 b.test.", "b.test. 0 A 10.0.0.2")
	w.Until([]discovery.Endpoint{{Addr: "10.0.0.2:8100", Weight: 5}}) // a session may have begun in the old zone and ended in the new one
	k.reload("other.test. 0 A 10.0.0.2")
	if err := w.Failure(); !strings.Contains(err.Error(), "names no instance") {
		t.Errorf("no such name: %v", err)
	}
	services.Name = "_orders._tcp.elsewhere.example" // another's zone
	if err := k.watch(services).Failure(); !strings.Contains(err.Error(), "answered REFUSED") {
		t.Errorf("not its zone: %v", err)
	}
}
