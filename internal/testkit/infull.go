package testkit

import "strings"

// inFull is how the tests end that `make test` runs without the race detector, too.
const inFull = "InFull"

// InFull leaves a test to the run without the race detector: one that takes long under it, and in which it would see nothing that it does not see
// elsewhere. The name of the test ends in InFull; `make test` finds it by that.
func InFull(t interface {
	T
	Name() string
},
) {
	t.Helper()
	if name, _, _ := strings.Cut(t.Name(), "/"); !strings.HasSuffix(name, inFull) {
		t.Fatalf("%s: the name does not end in %s, nothing would run it", name, inFull)
	}
	if Race {
		t.Skipf("the race detector makes it too slow; make test runs it without")
	}
}
