package discovery

import (
	"net/url"
	"strings"

	"tiffin/fault"
)

// maxURL bounds the text of a URL in bytes.
const maxURL = 8192

const example = `write it like "http://10.0.0.1:8100,10.0.0.2:8100/v1" or "dns+srv://_orders._tcp.shop.internal?scheme=https&path=/v1"`

// Target is what a service's URL says: who knows the instances, and how they are spoken to.
type Target struct {
	// Provider is for the provider of its Scheme.
	Provider URL
	// Scheme is "http" or "https".
	Scheme string
	// BasePath goes in front of every request's path: "" or "/v1", without a slash at its end and with nothing that needs escaping.
	BasePath string
	// ServerName is what the certificates of the instances are checked against, where the URL says so. Otherwise it is empty, and some
	// providers' Config knows one (its ServerName method).
	ServerName string
}

// URL is a provider's part of a Target, split but not judged: the provider's Parse does that.
type URL struct {
	// Scheme selects the provider: "http" and "https" (static), "file", "dns", "dns+srv", "consul", "kubernetes".
	Scheme string
	// Host is all between "://" and the next slash: for static a list, separated by commas.
	Host string
	// Path begins with a slash where it is not empty, and is not escaped. It is empty for static, whose path is the base path.
	Path string
	// Params are those of the provider, without the ones that Target holds.
	Params url.Values
}

// ParseTarget reads a service's URL, or says everything that is wrong with it (each of path "url"; no text of the URL but its parameters'
// names is repeated).
//
//	http://host:port,host:port/base      static; https:// likewise
//	<provider>://...?scheme=https&path=/base&server_name=shop.internal
//
// scheme [http], path [none] and server_name [see Target] are for every provider but static.
func ParseTarget(text string) (Target, []fault.Invalid) {
	scheme, rest, ok := strings.Cut(text, "://")
	switch {
	case text == "":
		return Target{}, problem("is missing", example)
	case len(text) > maxURL:
		return Target{}, problem("is longer than 8192 bytes", "let another provider know the instances")
	case !ok || !isScheme(scheme):
		return Target{}, problem("does not begin with http://, https:// or the name of a provider such as dns://", example)
	case strings.Contains(beforeQuery(rest), "://"):
		return Target{}, problem("has a second scheme", "write the scheme once, in front; "+example)
	case isHTTP(scheme):
		return parseStatic(scheme, rest)
	}
	return parseProvided(text)
}

func beforeQuery(text string) string {
	before, _, _ := strings.Cut(text, "?")
	return before
}

func isHTTP(scheme string) bool { return scheme == "http" || scheme == "https" }

// isScheme accepts RFC 3986's schemes in lower case.
func isScheme(s string) bool {
	for n, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z'
		if !letter && (n == 0 || !strings.ContainsRune("0123456789+-.", rune(c))) {
			return false
		}
	}
	return s != ""
}

func parseStatic(scheme, rest string) (Target, []fault.Invalid) {
	if strings.ContainsAny(rest, "?#") {
		return Target{}, problem("has a query or a fragment", "end it with the path")
	}
	hosts, path, _ := strings.Cut(rest, "/")
	base, problems := basePath("/" + path)
	return Target{Provider: URL{Scheme: scheme, Host: hosts}, Scheme: scheme, BasePath: base}, problems
}

func parseProvided(text string) (Target, []fault.Invalid) {
	u, err := url.Parse(text) // its error repeats the text
	if err != nil {
		return Target{}, problem("is not a URL", example)
	}
	query, err := url.ParseQuery(u.RawQuery)
	switch {
	case err != nil:
		return Target{}, problem("has a query that is not of the form name=value&name=value", "escape other characters")
	case u.User != nil:
		return Target{}, problem("has a user name or password in it, and credentials do not belong into a URL", "give them by a file, see the provider")
	case u.Fragment != "" || u.Opaque != "":
		return Target{}, problem("has a fragment", "end it with the query")
	}
	common := ReadParams(query)
	t := Target{
		Provider:   URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, Params: query},
		Scheme:     common.Choice("scheme", "http", "https"),
		ServerName: common.String("server_name", ""),
	}
	base, problems := basePath(common.String("path", ""))
	t.BasePath = base
	if t.ServerName != "" && !IsHostName(t.ServerName) {
		problems = append(problems, Invalid("has a server_name that is not a host name", "write one such as shop.internal"))
	}
	for _, name := range []string{"scheme", "path", "server_name"} {
		query.Del(name)
	}
	return t, append(common.problems, problems...)
}

func basePath(path string) (string, []fault.Invalid) {
	base := strings.TrimRight(path, "/")
	if base == "" {
		return "", nil
	}
	if u, err := url.Parse(base); err != nil || base[0] != '/' || u.EscapedPath() != base || u.Path != base {
		return "", problem("has a path with characters that need escaping, or without a slash in front", "use letters, digits, and -._~/")
	}
	return base, nil
}

// Invalid is a problem of a service's URL.
func Invalid(reason, remedy string) fault.Invalid {
	return fault.Invalid{Path: "url", Reason: reason, Remedy: remedy}
}

func problem(reason, remedy string) []fault.Invalid { return []fault.Invalid{Invalid(reason, remedy)} }
