package upstream

import "net/http"

// Over puts next in the place of the connections: for tests of what the chain costs.
func (u *Upstream) Over(next http.RoundTripper) {
	chain := u.chain()
	chain[len(chain)-1].wrap = func(http.RoundTripper) http.RoundTripper { return next }
	u.head = build(chain)
}
