// Package oidctest runs a certified OpenID provider (npm oidc-provider, by Node.js) for tests: what our own test issuer and our verifier agree
// on, somebody else has to agree with, too. It is apart from testkit, for it starts processes.
package oidctest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// What the provider knows its one client by, and where its tokens are for. The secret has to be encoded to be sent (RFC 6749, section 2.3.1).
const (
	ClientID     = "kiosk"
	ClientSecret = "a secret: with %25 and +"
	Audience     = "tiffin"
)

// Provider is two issuers in a process.
type Provider struct {
	// JWT is the issuer whose access tokens are JWTs, Opaque the one whose tokens are opaque.
	JWT, Opaque string

	t       testing.TB
	mu      sync.Mutex
	to      io.Writer
	answers *bufio.Scanner
}

const (
	// startTimeout bounds how long the process may take to listen; on a crowded machine one was seen that never did.
	startTimeout = 40 * time.Second
	// starts is how often it is tried.
	starts = 3
)

// Start runs the provider until the test ends. Without Node.js or its packages the test is left out; with CI=true it fails.
func Start(t testing.TB) *Provider {
	t.Helper()
	folder := filepath.Join(root(t), "internal", "testkit", "oidctest", "provider")
	_, missing := os.Stat(filepath.Join(folder, "node_modules", "oidc-provider"))
	if _, err := exec.LookPath("node"); err != nil || missing != nil {
		leaveOut(t, "left out: the tests against oidc-provider. To have them, install Node.js 20.19 or newer and run npm ci in internal/testkit/oidctest/provider")
	}
	for range starts {
		if p := start(t, folder); p != nil {
			return p
		}
	}
	t.Fatalf("oidc-provider did not start: see above")
	return nil
}

// start runs the process; nil where it says nothing for startTimeout.
func start(t testing.TB, folder string) *Provider {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, "node", "provider.mjs")
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "NODE_ENV=production")
	var complaint bytes.Buffer // read once the process has ended
	cmd.Stderr = &complaint
	to, errIn := cmd.StdinPipe()
	from, errOut := cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut, cmd.Start()); err != nil {
		cancel()
		t.Fatal(err)
	}
	end := sync.OnceFunc(func() {
		cancel()
		_ = cmd.Wait() // it was killed
	})
	t.Cleanup(end)
	late := time.AfterFunc(startTimeout, cancel)
	defer late.Stop()
	p := &Provider{t: t, to: to, answers: bufio.NewScanner(from)}
	var at struct {
		JWT    string `json:"jwt"`
		Opaque string `json:"opaque"`
	}
	if !p.answers.Scan() || json.Unmarshal(p.answers.Bytes(), &at) != nil || at.JWT == "" {
		end()
		t.Logf("oidc-provider did not start: %q %s", p.answers.Text(), complaint.String())
		return nil
	}
	p.JWT, p.Opaque = at.JWT, at.Opaque
	return p
}

// root is the folder of the module that is tested.
func root(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(folder, "go.mod")); missing == nil {
			return folder
		}
		above := filepath.Dir(folder)
		if above == folder {
			err = os.ErrNotExist
		}
		folder = above
	}
	t.Fatal("the module's folder: ", err)
	return ""
}

func leaveOut(t testing.TB, text string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(text)
	}
	t.Skip(text)
}

// Issue makes a token of a kind (access, refresh, id) for a user, as the end of a sign-in does. The issuer is jwt or opaque.
func (p *Provider) Issue(issuer, kind, user string) string {
	p.t.Helper()
	return p.do(map[string]string{"do": "issue", "issuer": issuer, "kind": kind, "user": user})
}

// Rotate replaces all keys of the issuer, and forgets what it has issued.
func (p *Provider) Rotate(issuer string) {
	p.t.Helper()
	p.do(map[string]string{"do": "rotate", "issuer": issuer})
}

func (p *Provider) do(what map[string]string) string {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	line, err := json.Marshal(what)
	if err != nil {
		p.t.Fatal(err)
	}
	var answer struct {
		Token string `json:"token"`
		Error string `json:"error"`
	}
	if _, err := p.to.Write(append(line, '\n')); err != nil || !p.answers.Scan() || json.Unmarshal(p.answers.Bytes(), &answer) != nil {
		p.t.Fatalf("oidc-provider does not answer: %v %s", err, p.answers.Text())
	}
	if answer.Error != "" {
		p.t.Fatal(answer.Error)
	}
	return answer.Token
}

// ClientToken gets an access token by client credentials (RFC 6749, section 4.4) for a resource (RFC 8707); empty for that whose audience is
// Audience.
func (p *Provider) ClientToken(issuer, scope, resource string) string {
	p.t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}
	if resource != "" {
		form.Set("resource", resource)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, issuer+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(ClientID), url.QueryEscape(ClientSecret))
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	res, err := transport.RoundTrip(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	var answer struct {
		Token string `json:"access_token"`
	}
	if err != nil || json.Unmarshal(body, &answer) != nil || answer.Token == "" {
		p.t.Fatalf("no token: %d %s, %v", res.StatusCode, body, err)
	}
	return answer.Token
}
