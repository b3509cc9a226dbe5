package upstream

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tiffin/fault"
)

// maxInstances bounds the list in a URL; more than that is discovery's work.
const maxInstances = 64

const exampleURL = `write it like "http://127.0.0.1:8100,127.0.0.1:8101"`

// instance is one place where the service can be reached.
type instance struct {
	scheme, host string
	// base is put in front of every path: "" or "/v1".
	base string
}

// address points the request, which is ours, at the instance. An escaped path stays as it was escaped.
func (i instance) address(req *http.Request) *http.Request {
	req.URL.Scheme, req.URL.Host, req.Host = i.scheme, i.host, ""
	if req.URL.RawPath != "" {
		req.URL.RawPath = i.base + req.URL.RawPath
	}
	req.URL.Path = i.base + req.URL.Path
	return req
}

// parseURL reads a multi-host URL; no instances where there are problems, which are all of path "url".
func parseURL(text string) ([]instance, []fault.Invalid) {
	scheme, rest, ok := strings.Cut(text, "://")
	switch {
	case text == "":
		return nil, problem("is missing", exampleURL)
	case !ok || scheme != "http" && scheme != "https":
		return nil, problem("does not begin with http:// or https://", exampleURL)
	case strings.Contains(rest, "://"):
		return nil, problem("has a second scheme", "write the scheme once, in front; "+exampleURL)
	case strings.ContainsAny(rest, "?#"):
		return nil, problem("has a query or a fragment", "end it with the path")
	}
	hosts, base, _ := strings.Cut(rest, "/")
	if base = strings.TrimRight(base, "/"); base != "" {
		base = "/" + base
	}
	if u, err := url.Parse(base); err != nil || u.EscapedPath() != u.Path {
		return nil, problem("has a path with characters that need escaping", "use letters, digits, and -._~/")
	}
	return parseHosts(scheme, strings.Split(hosts, ","), base)
}

func parseHosts(scheme string, hosts []string, base string) (instances []instance, problems []fault.Invalid) {
	if len(hosts) > maxInstances {
		return nil, problem(fmt.Sprintf("names %d instances, more than %d", len(hosts), maxInstances), "put a balancer in front of them")
	}
	for n, host := range hosts {
		if reason := wrongHost(scheme, host); reason != "" {
			problems = append(problems, problem(fmt.Sprintf("host %d of %d %s", n+1, len(hosts), reason), exampleURL)...)
		}
		if slices.Contains(hosts[:n], host) {
			problems = append(problems, problem(fmt.Sprintf("host %d of %d is there twice", n+1, len(hosts)), "leave one out")...)
		}
		instances = append(instances, instance{scheme, host, base})
	}
	if problems != nil {
		return nil, problems
	}
	return instances, nil
}

// wrongHost says what is wrong with "host" or "host:port"; empty if nothing.
func wrongHost(scheme, host string) string {
	u, err := url.Parse(scheme + "://" + host)
	switch {
	case strings.Contains(host, "@"):
		return "has a user name or password in it, and credentials do not belong into a URL"
	case host == "":
		return "is empty"
	case err != nil || u.Host != host || u.Hostname() == "" || strings.ContainsAny(host, " \t"):
		return "is not a host name or address with an optional port"
	case !validPort(u):
		return "has a port that is not 1 to 65535"
	}
	return ""
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && port > 0
}

func problem(reason, remedy string) []fault.Invalid {
	return []fault.Invalid{{Path: "url", Reason: reason, Remedy: remedy}}
}
