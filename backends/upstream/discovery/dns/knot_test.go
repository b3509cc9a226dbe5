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
	t            *testing.T
	program, dir string
	addr         string
	serial       int
	cmd          *exec.Cmd
	log          chan string
	seen         []string // of the log, since it was last waited for
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
	k := &knot{t: t, program: program, dir: t.TempDir()}
	k.write(records)
	for range 5 { // a port that is free is not kept for it
		if k.run(freePort(t)) {
			return k
		}
	}
	t.Fatalf("knotd does not start:\n%s", strings.Join(k.seen, "\n"))
	return nil
}

// freePort is a port that nobody has, neither of UDP nor of TCP.
func freePort(t *testing.T) int {
	t.Helper()
	for {
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer tcp.Close()
		port := tcp.Addr().(*net.TCPAddr).Port
		if udp, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			udp.Close()
			return port
		}
	}
}

// run starts the server at the port and reports whether it got it.
func (k *knot) run(port int) bool {
	k.addr, k.log = fmt.Sprintf("127.0.0.1:%d", port), make(chan string, 1024)
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
	k.cmd = exec.Command(k.program, "-c", filepath.Join(k.dir, "knot.conf"))
	output, err := k.cmd.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	if err := k.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	cmd, log := k.cmd, k.log
	go func() {
		defer close(log)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			log <- lines.Text()
		}
	}()
	k.t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		for range log { // until it closes its output
		}
		cmd.Wait()
	})
	return k.reads("server started")
}

// reads reads the log up to a line with the text; false where it ends before.
func (k *knot) reads(text string) bool {
	k.seen = nil
	for line := range k.log {
		if k.seen = append(k.seen, line); strings.Contains(line, text) {
			return true
		}
	}
	return false
}

func (k *knot) wait(text string) {
	k.t.Helper()
	if !k.reads(text) {
		k.t.Fatalf("knotd ended without %q:\n%s", text, strings.Join(k.seen, "\n"))
	}
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
