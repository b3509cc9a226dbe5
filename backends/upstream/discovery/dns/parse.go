package dns

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	mdns "github.com/miekg/dns"

	"tiffin/backends/upstream/discovery"
	"tiffin/fault"
)

const (
	maxResolvers = 8
	dnsPort      = 53
)

// Parse reads "dns://name:port" or "dns+srv://_service._proto.name", with the parameters
//
//	resolver   address of a resolver, with port 53 or its own; may be repeated [those of /etc/resolv.conf]
//	family     any, ipv4 or ipv6 [any]
//	min_ttl    floor of the time to live [1s]
//	max_ttl    ceiling of the time to live [5m]
func Parse(u discovery.URL) (Config, []fault.Invalid) {
	params, cfg := discovery.ReadParams(u.Params), Defaults()
	cfg.SRV = u.Scheme == "dns+srv"
	cfg.Family = discovery.ReadFamily(params)
	cfg.MinTTL = params.Duration("min_ttl", cfg.MinTTL, 100*time.Millisecond, time.Hour)
	cfg.MaxTTL = params.Duration("max_ttl", max(cfg.MaxTTL, cfg.MinTTL), cfg.MinTTL, 24*time.Hour)
	servers, wrong := parseResolvers(params.List("resolver", maxResolvers))
	cfg.Resolvers = servers
	problems := slices.Concat(params.Problems(), wrong, discovery.NoPath(u))
	if cfg.SRV {
		cfg.Name, wrong = parseService(u.Host)
	} else {
		cfg.Name, cfg.Port, wrong = parseName(u.Host)
	}
	return cfg, append(problems, wrong...)
}

func parseName(host string) (string, uint16, []fault.Invalid) {
	name, port, reason := discovery.SplitAddr(host, 0)
	if reason == "" && isAddress(name) {
		reason = "is an address, not a name"
	}
	if reason != "" {
		return "", 0, invalid("has a host that "+reason, `write it like "dns://orders.shop.internal:8100", or an address with http://`)
	}
	return name, port, nil
}

func parseService(host string) (string, []fault.Invalid) {
	if !discovery.IsHostName(host) || isAddress(host) {
		return "", invalid("has a host that is not the name of SRV records, which has no port", `write it like "dns+srv://_orders._tcp.shop.internal"`)
	}
	return host, nil
}

// ServerName is what the instances' certificates are checked against unless the URL says otherwise: the name that was asked for, without
// "_service._proto." in front (RFC 6125, section 1.8, source domain), for the addresses are in no certificate.
func (c Config) ServerName() string {
	name := strings.TrimSuffix(c.Name, ".")
	for c.SRV && strings.HasPrefix(name, "_") {
		_, name, _ = strings.Cut(name, ".")
	}
	return name
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// parseResolvers completes addresses with the port of DNS. Names are refused: who would resolve them?
func parseResolvers(list []string) (servers []string, problems []fault.Invalid) {
	for n, text := range list {
		host, port, reason := discovery.SplitAddr(text, dnsPort)
		if reason == "" && !isAddress(host) {
			reason = "is a name"
		}
		if reason != "" {
			problems = append(problems, invalid(fmt.Sprintf("has a resolver (%d of %d) that %s", n+1, len(list), reason), `write an IP address with an optional port such as "10.0.0.53:53"`)...)
		}
		servers = append(servers, discovery.JoinAddr(host, port))
	}
	return servers, problems
}

func invalid(reason, remedy string) []fault.Invalid {
	return []fault.Invalid{discovery.Invalid(reason, remedy)}
}

// resolvers are those of the Config, or of resolv.conf as it is now.
func (p *Provider) resolvers() ([]string, error) {
	if len(p.cfg.Resolvers) > 0 {
		return p.cfg.Resolvers, nil
	}
	conf, err := mdns.ClientConfigFromFile(p.cfg.ResolvConf)
	if err != nil {
		return nil, fmt.Errorf("reading the resolvers: %w", err)
	}
	servers := make([]string, 0, maxResolvers)
	for _, host := range conf.Servers[:min(len(conf.Servers), maxResolvers)] {
		servers = append(servers, discovery.JoinAddr(host, dnsPort))
	}
	if len(servers) == 0 {
		return nil, errors.New(p.cfg.ResolvConf + " names no resolver: give one with ?resolver=")
	}
	return servers, nil
}
