package admin

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// guard keeps pages that are open in an operator's browser away from a route, for nothing here asks for a credential. What a page of
// another origin sends with an unsafe method is refused with 403. So is what a page sends from a host's name that was pointed at this
// machine (DNS rebinding), for which it would be of the same origin: where a write has an Origin it is of localhost or of an address. On a
// loopback address, which has no other name than localhost, requests that go by another are refused with 421, reads too: those say nothing of
// their origin.
func guard(next http.Handler) http.Handler {
	guarded := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case onLoopback(r) && !isOwn(r.Host):
			http.Error(w, "Ask for this by localhost or by its address: another name may be a page's that wants to see it.", http.StatusMisdirectedRequest)
		case r.Method != http.MethodGet && r.Method != http.MethodHead && !isOwnOrigin(r.Header.Get("Origin")):
			http.Error(w, "A page may send this only from localhost or from an address.", http.StatusForbidden)
		default:
			guarded.ServeHTTP(w, r)
		}
	})
}

// onLoopback reports whether only this machine can have sent the request.
func onLoopback(r *http.Request) bool {
	address, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return address != nil && address.IP.IsLoopback()
}

func isOwnOrigin(origin string) bool {
	if origin == "" {
		return true // no page
	}
	u, err := url.Parse(origin)
	return err == nil && isOwn(u.Host)
}

// isOwn is true of localhost and of addresses, which nobody can point elsewhere.
func isOwn(host string) bool {
	name := (&url.URL{Host: host}).Hostname()
	_, err := netip.ParseAddr(name)
	return err == nil || strings.EqualFold(name, "localhost")
}
