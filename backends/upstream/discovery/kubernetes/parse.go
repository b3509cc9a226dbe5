package kubernetes

import (
	"net/url"
	"regexp"
	"strings"

	"tiffin/backends/upstream/discovery"
	"tiffin/fault"
)

const example = `write it like "kubernetes://shop/orders:http"`

// Parse reads "kubernetes://namespace/service:port", the port by its name in the service or by the number that the pods listen on, with the
// parameters
//
//	family      any, ipv4 or ipv6 [any]
//	api         https://host:port of the API server [of the pod's cluster]
//	token_file  file with the bearer token [the service account's]
//	ca_file     authorities of the API server's certificate, in PEM [the service account's]
func Parse(u discovery.URL) (Config, []fault.Invalid) {
	params, cfg := discovery.ReadParams(u.Params), Defaults()
	cfg.Family = discovery.ReadFamily(params)
	cfg.API = params.String("api", "")
	cfg.TokenFile, cfg.CAFile = params.String("token_file", cfg.TokenFile), params.String("ca_file", cfg.CAFile)
	problems := params.Problems()
	add := func(reason, remedy string) { problems = append(problems, discovery.Invalid(reason, remedy)) }

	cfg.Namespace = u.Host
	cfg.Service, cfg.Port, _ = strings.Cut(strings.TrimPrefix(u.Path, "/"), ":")
	switch label := regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`); {
	case !label.MatchString(cfg.Namespace):
		add("has no namespace, or one that is not of lower-case letters, digits and hyphens", example)
	case !label.MatchString(cfg.Service):
		add("has no service, or one that is not of lower-case letters, digits and hyphens", example)
	case !label.MatchString(cfg.Port):
		add("has no port, or one that is neither a port's name nor a number", example)
	}
	if cfg.API = strings.TrimSuffix(cfg.API, "/"); cfg.API != "" && !isAPI(cfg.API) {
		add("has an api that is not https://host:port", "write the address of the API server, or leave it out within the cluster")
	}
	return cfg, problems
}

// isAPI accepts a URL of scheme and host, with http for what kubectl proxy opens.
func isAPI(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Scheme+"://"+u.Host != text {
		return false
	}
	_, _, reason := discovery.SplitAddr(u.Host, 443)
	return reason == ""
}

// ServerName is what the instances' certificates are checked against unless the URL says otherwise: the name of the service in the cluster.
func (c Config) ServerName() string { return c.Service + "." + c.Namespace + ".svc" }
