package upstream_test

import (
	"strings"
	"testing"
	"time"

	"tiffin/backends/upstream"
)

func TestURLs(t *testing.T) {
	many := "http://" + strings.Repeat("h,", 64) + "h"
	tests := []struct{ url, want string }{ // want "" where there is no problem
		{"http://127.0.0.1:8100", ""},
		{"https://orders.internal", ""},
		{"http://a:1,b:2,[::1]:8100", ""},
		{"http://a:1,b:2/v1/", ""},

		{"", "url: is missing; write it like"},
		{"127.0.0.1:8100", "url: does not begin with http"},
		{"ftp://a", "url: does not begin with http"},
		{"http://", "url: host 1 of 1 is empty"},
		{"http://a,,b", "url: host 2 of 3 is empty"},
		{"http://a,http://b", "url: has a second scheme; write the scheme once"},
		{"http://a,b,a", "url: host 3 of 3 is there twice"},
		{"http://me:secret@a", "url: host 1 of 1 has a user name or password"},
		{"http://a:99999", "url: host 1 of 1 has a port that is not"},
		{"http://a:0", "url: host 1 of 1 has a port that is not"},
		{"http://a:", "url: host 1 of 1 has a port that is not"},
		{"http://a:port", "url: host 1 of 1 is not a host name"},
		{"http://:8100", "url: host 1 of 1 is not a host name"},
		{"http://a, b", "url: host 2 of 2 is not a host name"},
		{"http://a/v1?x=1", "url: has a query"},
		{"http://a/v 1", "url: has a path with characters"},
		{many, "url: names 65 instances"},
	}
	for _, tt := range tests {
		t.Run(tt.url, func(t *testing.T) {
			cfg := upstream.Defaults()
			cfg.URL = tt.url
			checkProblems(t, cfg, tt.want)
		})
	}
}

func TestTimeouts(t *testing.T) {
	for want, spoil := range map[string]func(*upstream.Config){
		"attempt_timeout: is not a positive duration":    func(c *upstream.Config) { c.AttemptTimeout = 0 },
		"call_timeout: is not a positive duration":       func(c *upstream.Config) { c.CallTimeout = -1 },
		"write_timeout: is not a positive duration":      func(c *upstream.Config) { c.WriteTimeout = 0 },
		"attempt_timeout: is longer than call_timeout, ": func(c *upstream.Config) { c.AttemptTimeout = time.Minute },
	} {
		cfg := upstream.Defaults()
		cfg.URL = "http://a"
		spoil(&cfg)
		checkProblems(t, cfg, want)
	}
}

// checkProblems wants exactly one problem that begins with want, or none, and New of the same opinion.
func checkProblems(t *testing.T, cfg upstream.Config, want string) {
	t.Helper()
	problems := cfg.Validate()
	_, err := upstream.New(cfg, upstream.Deps{})
	if want == "" {
		if len(problems) > 0 || err != nil {
			t.Errorf("%v, %v", problems, err)
		}
		return
	}
	if len(problems) != 1 || !strings.HasPrefix(problems[0].Error(), want) || err == nil || err.Error() != problems[0].Error() {
		t.Errorf("%v, New: %v, want %q", problems, err, want)
	}
	if strings.Contains(cfg.URL, "secret") && strings.Contains(err.Error(), "secret") {
		t.Error("a password in the report")
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	cfg := upstream.Config{URL: "http://,a:0"}
	if got := len(cfg.Validate()); got != 5 {
		t.Errorf("%d problems %v, want 5", got, cfg.Validate())
	}
}
