package upstream

import (
	"slices"
	"strings"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/discovery/consul"
	"tiffin/backends/upstream/discovery/dns"
	"tiffin/backends/upstream/discovery/file"
	"tiffin/backends/upstream/discovery/kubernetes"
	"tiffin/backends/upstream/discovery/static"
	"tiffin/fault"
)

// source is who knows the instances, and how they are spoken to.
type source struct {
	discovery.Target
	provider discovery.Provider
}

// maker makes a provider of its part of a URL; serverName is what certificates are checked against unless the URL says otherwise.
type maker func(u discovery.URL, dial dialer) (provider discovery.Provider, serverName string, problems []fault.Invalid)

// providers is the table of them all, by the URL's scheme.
func providers() map[string]maker {
	return map[string]maker{
		"http":  listed,
		"https": listed,
		"file": func(u discovery.URL, _ dialer) (discovery.Provider, string, []fault.Invalid) {
			cfg, problems := file.Parse(u)
			return file.New(cfg, file.Deps{}), "", problems
		},
		"dns":     resolved,
		"dns+srv": resolved,
		"consul": func(u discovery.URL, dial dialer) (discovery.Provider, string, []fault.Invalid) {
			cfg, problems := consul.Parse(u)
			return consul.New(cfg, consul.Deps{Dial: dial}), "", problems
		},
		"kubernetes": func(u discovery.URL, dial dialer) (discovery.Provider, string, []fault.Invalid) {
			cfg, problems := kubernetes.Parse(u)
			return kubernetes.New(cfg, kubernetes.Deps{Dial: dial}), cfg.ServerName(), problems
		},
	}
}

func listed(u discovery.URL, _ dialer) (discovery.Provider, string, []fault.Invalid) {
	cfg, problems := static.Parse(u)
	return static.New(cfg), "", problems
}

func resolved(u discovery.URL, dial dialer) (discovery.Provider, string, []fault.Invalid) {
	cfg, problems := dns.Parse(u)
	return dns.New(cfg, dns.Deps{Dial: dial}), cfg.ServerName(), problems
}

// newSource makes the provider that a service's URL asks for.
func newSource(text string, dial dialer) (source, []fault.Invalid) {
	target, problems := discovery.ParseTarget(text)
	if problems != nil {
		return source{}, problems
	}
	table := providers()
	provide, known := table[target.Provider.Scheme]
	if !known {
		return source{}, []fault.Invalid{{
			Path: "url", Reason: "has an unknown scheme", Remedy: "begin it with one of " + strings.Join(schemes(table), ", "),
		}}
	}
	provider, serverName, problems := provide(target.Provider, dial)
	if target.ServerName == "" {
		target.ServerName = serverName
	}
	return source{target, provider}, problems
}

func schemes(table map[string]maker) []string {
	var names []string
	for scheme := range table {
		names = append(names, scheme+"://")
	}
	slices.Sort(names)
	return names
}
