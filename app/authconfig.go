package app

import (
	"tiffin/backends/upstream/credential"
	"tiffin/fault"
	"tiffin/gateway"
	"tiffin/gateway/certs"
)

// forward is what of a client's request some service is told.
func (s Services) forward() gateway.Forward {
	var all gateway.Forward
	for _, service := range s.all() {
		all.Headers = append(all.Headers, service.Identity.Forward...)
		kind := service.Identity.Credential
		all.Token = all.Token || kind == credential.Token || kind == credential.Exchange
	}
	return all
}

// validateAuth reports what is wrong with auth, by itself and with what surrounds it.
func (c Config) validateAuth() []fault.Invalid {
	problems := c.Auth.Validate()
	if c.Mode == Production && !c.Auth.SignsIn() && !c.Auth.AnonymousOnly {
		problems = append(problems, fault.Invalid{
			Path: "", Reason: "says no way to sign in, so that every caller is anonymous",
			Remedy: "list an issuer, write anonymous_only: true where that is meant, or mode: development",
		})
	}
	if len(c.Auth.Certificates) > 0 && c.TLS.WithDefaults().ClientAuth == certs.None {
		problems = append(problems, fault.Invalid{
			Path: "certificates", Reason: "are never shown: tls.client_auth asks for none", Remedy: "set tls.client_auth and tls.client_ca",
		})
	}
	return problems
}
