package upstream

import (
	"net/http"
	"slices"

	"tiffin/backends/upstream/call"
)

// Over puts next in the place of the connections, and leaves the positions of those names out: for tests of what the chain costs.
func (u *Upstream) Over(next http.RoundTripper, without ...string) {
	chain := slices.DeleteFunc(u.chain(), func(p position) bool { return slices.Contains(without, p.name) })
	chain[len(chain)-1].wrap = func(call.Position) call.Position { return u.policies.Attempt(u.observer.Try(next)) }
	u.head = u.build(chain)
}
