package auth

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/identity"
	"tiffin/internal/testkit/pki"
)

func clients() []CertificateConfig {
	return []CertificateConfig{
		{SAN: "uri:spiffe://example.org/kiosk", Subject: "kiosk", Tenant: "acme", Class: "partner", ClientID: "kiosks", Scopes: []string{"orders:read"}},
		{SAN: "dns:Till.Example.org", Subject: "till"},
		{SAN: "email:cook@example.org", Subject: "cook"},
		{SAN: "dns:lb.example.org", Carrier: true},
	}
}

// A certificate over a real connection is one caller, by its alternative name.
func TestCertificateOverTLS(t *testing.T) {
	servers, authority := pki.NewCA("servers"), pki.NewCA("clients")
	v := NewVerifier(Config{Certificates: clients()}, Deps{})
	var got *caller
	var failed error
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got, failed = v.authenticate(r) }))
	leaf := servers.Issue(pki.Leaf{DNS: []string{"gateway.test"}, Server: true})
	server.TLS = &tls.Config{Certificates: []tls.Certificate{leaf.TLS}, ClientCAs: authority.Pool(), ClientAuth: tls.VerifyClientCertIfGiven}
	server.StartTLS()
	defer server.Close()
	ends := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	client := authority.Issue(pki.Leaf{URI: []string{"spiffe://example.org/kiosk"}, DNS: []string{"elsewhere.test"}, Until: ends})
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: servers.Pool(), ServerName: "gateway.test", Certificates: []tls.Certificate{client.TLS},
	}}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport}).Get(server.URL)
	if err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	_ = res.Body.Close()
	want := &identity.Principal{
		Issuer: identity.Certificates, Subject: "kiosk", Kind: identity.ByCertificate, Tenant: "acme", Class: "partner", ClientID: "kiosks",
		Name: "kiosk", Scopes: []string{"orders:read"}, Expires: ends,
	}
	if diff := cmp.Diff(want, got.principal); diff != "" {
		t.Error(diff)
	}
}

// state is a connection whose certificate was verified.
func state(leaf pki.Leaf) *tls.ConnectionState {
	certificate := pki.NewCA("clients").Issue(leaf)
	parsed, err := x509.ParseCertificate(certificate.TLS.Certificate[0])
	if err != nil {
		panic(err)
	}
	return &tls.ConnectionState{PeerCertificates: []*x509.Certificate{parsed}, VerifiedChains: [][]*x509.Certificate{{parsed}}}
}

func TestCertificates(t *testing.T) {
	unverified := state(pki.Leaf{DNS: []string{"till.example.org"}})
	unverified.VerifiedChains = nil
	for name, c := range map[string]struct {
		state   *tls.ConnectionState
		headers []string
		subject string
		want    error
	}{
		"plain HTTP":            {nil, nil, "", nil},
		"no certificate":        {&tls.ConnectionState{}, nil, "", nil},
		"DNS, case":             {state(pki.Leaf{DNS: []string{"tiLL.example.org"}}), nil, "till", nil},
		"email":                 {state(pki.Leaf{Email: []string{"cook@example.org"}}), nil, "cook", nil},
		"carrier":               {state(pki.Leaf{DNS: []string{"lb.example.org"}}), nil, "", nil},
		"carrier's request":     {state(pki.Leaf{DNS: []string{"lb.example.org"}}), []string{APIKeyHeader, "bad"}, "", refusedAPIKey},
		"unknown":               {state(pki.Leaf{DNS: []string{"other.test"}}), nil, "", refusedCertificate},
		"no names":              {state(pki.Leaf{}), nil, "", refusedCertificate},
		"another kind":          {state(pki.Leaf{URI: []string{"till.example.org"}}), nil, "", refusedCertificate},
		"longer":                {state(pki.Leaf{URI: []string{"spiffe://example.org/kiosk/2"}}), nil, "", refusedCertificate},
		"wildcard":              {state(pki.Leaf{DNS: []string{"*.example.org"}}), nil, "", refusedCertificate},
		"two clients'":          {state(pki.Leaf{DNS: []string{"till.example.org"}, Email: []string{"cook@example.org"}}), nil, "", refusedCertificate},
		"a client's and a load": {state(pki.Leaf{DNS: []string{"till.example.org", "lb.example.org"}}), nil, "", refusedCertificate},
		"one twice":             {state(pki.Leaf{DNS: []string{"till.example.org", "TILL.example.org"}}), nil, "till", nil},
		"not verified":          {unverified, nil, "", refusedCertificate},
		"ended since":           {state(pki.Leaf{DNS: []string{"till.example.org"}, Until: time.Now().Add(-time.Second)}), nil, "", refusedCertificateExpired},
		"with a token":          {state(pki.Leaf{DNS: []string{"till.example.org"}}), []string{"Authorization", "Bearer x"}, "", refusedSeveral},
		"with a key":            {state(pki.Leaf{DNS: []string{"till.example.org"}}), []string{APIKeyHeader, "x"}, "", refusedSeveral},
		"unknown, with a token": {state(pki.Leaf{DNS: []string{"other.test"}}), []string{"Authorization", "Bearer x"}, "", refusedCertificate},
	} {
		r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
		r.TLS = c.state
		for n := 0; n < len(c.headers); n += 2 {
			r.Header.Add(c.headers[n], c.headers[n+1])
		}
		v := NewVerifier(Config{Certificates: clients()}, Deps{})
		got, err := v.authenticate(r)
		if !errors.Is(err, c.want) || (got != nil) != (c.subject != "") || got != nil && got.principal.Subject != c.subject {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// Where no certificates are configured they are the listener's business, and say nothing of who asks.
func TestCertificatesThatAreNotLookedAt(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	r.TLS = state(pki.Leaf{DNS: []string{"till.example.org"}})
	if got, err := NewVerifier(Config{}, Deps{}).authenticate(r); got != nil || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestCertificatesValidate(t *testing.T) {
	for name, c := range map[string]struct {
		list []CertificateConfig
		want []string
	}{
		"good":        {clients(), nil},
		"no kind":     {[]CertificateConfig{{SAN: "till.example.org", Subject: "a"}}, []string{"certificates[0].san"}},
		"common name": {[]CertificateConfig{{SAN: "cn:till", Subject: "a"}}, []string{"certificates[0].san"}},
		"empty name":  {[]CertificateConfig{{SAN: "dns:", Subject: "a"}}, []string{"certificates[0].san"}},
		"nobody":      {[]CertificateConfig{{SAN: "dns:a"}}, []string{"certificates[0].subject"}},
		"both":        {[]CertificateConfig{{SAN: "dns:a", Subject: "a", Carrier: true}}, []string{"certificates[0].subject"}},
		"twice":       {[]CertificateConfig{{SAN: "dns:a", Subject: "a"}, {SAN: "dns:A", Subject: "b"}}, []string{"certificates[1].san"}},
		"several":     {[]CertificateConfig{{SAN: "x", Scopes: []string{"a b"}}}, []string{"certificates[0].scopes[0]", "certificates[0].san", "certificates[0].subject"}},
	} {
		var got []string
		for _, problem := range validateCertificates(c.list) {
			got = append(got, problem.Path)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
