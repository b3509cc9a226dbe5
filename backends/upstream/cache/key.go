package cache

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tiffin/identity"
)

// name is what tells the answers of a service apart, but for Vary. There is none, and no answer is kept, where an answer of a private
// route has nobody to belong to.
func (c *Cache) name(req *http.Request, r *route) (string, bool) {
	n := make(naming, 0, 512)
	n.add(c.cfg.Service)
	n.add(req.URL.EscapedPath())
	n.add(req.URL.RawQuery)
	n.add(language(req))
	for _, header := range r.KeyHeaders {
		n.list(req.Header.Values(header))
	}
	if r.private {
		caller, ok := identity.From(req.Context())
		if !ok {
			return "", false
		}
		n.caller(caller)
	}
	return string(n), true
}

// language is what the service is told; where that is decided below, what the caller reads.
func language(req *http.Request) string {
	if told := req.Header["Accept-Language"]; len(told) > 0 {
		return strings.Join(told, ",")
	}
	return identity.Locale(req.Context())
}

// naming is a text of fields that cannot run into each other: each says first how long it is.
type naming []byte

func (n *naming) add(field string) {
	*n = append(strconv.AppendInt(*n, int64(len(field)), 10), ':')
	*n = append(*n, field...)
}

func (n *naming) list(fields []string) {
	n.add(strconv.Itoa(len(fields)))
	for _, field := range fields {
		n.add(field)
	}
}

// caller adds all of a Principal that a service may decide by.
func (n *naming) caller(p *identity.Principal) {
	n.add(p.Issuer)
	n.add(p.Subject)
	n.add(p.Tenant)
	n.add(p.ClientID)
	n.list(sorted(p.Scopes))
}

func sorted(scopes []string) []string {
	if slices.IsSorted(scopes) {
		return scopes
	}
	return slices.Sorted(slices.Values(scopes))
}

// variant is what a request says for the header names of a Vary.
func variant(req *http.Request, names []string) string {
	var n naming
	for _, name := range names {
		n.add(name)
		n.list(req.Header.Values(name))
	}
	return string(n)
}

// pathTag is what answers under the path of req can be invalidated by.
func (c *Cache) pathTag(req *http.Request) string {
	const longest = 200
	tag := "path:" + c.cfg.Service + ":" + req.URL.EscapedPath()
	if len(tag) > longest {
		sum := sha256.Sum256([]byte(tag))
		tag = "path#" + base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return tag
}

// Invalidate makes the answers with one of the tags unreachable, at once for this process. An error says that the other gateways hear of it
// later: see [tiffin/internal/kv.Store.Invalidate]. A value within a tag is written as [url.QueryEscape] does.
func (c *Cache) Invalidate(ctx context.Context, tags ...string) error {
	return c.deps.Store.Invalidate(ctx, tags...)
}
