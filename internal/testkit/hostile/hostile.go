// Package hostile has answers that no service should give, for the tests of the clients that must survive them.
package hostile

import (
	"bufio"
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Answer is what a service could answer and should not: a file of "name: value" lines, an empty line, and a body.
//
//	status: 200
//	content-type: text/xml
//	want: unavailable
//
// In the body {name} stands for a piece that is the test's own, {9×text} for so many copies of text, and \xFF for a byte.
type Answer struct {
	Name        string
	Status      int
	ContentType string
	// Want is what the client is to make of it, in words of the test.
	Want string
	Body []byte
}

// Answers reads all files of a folder; pieces are what the names in braces stand for.
func Answers(t testing.TB, folder string, pieces map[string]string) []Answer {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no answers in %s, %v", folder, err)
	}
	var answers []Answer
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // a test's own file
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, newAnswer(t, strings.TrimSuffix(filepath.Base(file), ".txt"), text, pieces))
	}
	return answers
}

func newAnswer(t testing.TB, name string, text []byte, pieces map[string]string) Answer {
	t.Helper()
	head, body, _ := bytes.Cut(text, []byte("\n\n"))
	a := Answer{Name: name, Body: expand(string(body), pieces)}
	for lines := bufio.NewScanner(bytes.NewReader(head)); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), ": ")
		switch key {
		case "status":
			a.Status, _ = strconv.Atoi(value)
		case "content-type":
			a.ContentType = value
		case "want":
			a.Want = value
		}
	}
	if a.Status == 0 || a.Want == "" {
		t.Fatalf("%s has no status, or does not say what is wanted", name)
	}
	return a
}

// expand puts in what a body's braces and escapes stand for.
func expand(body string, pieces map[string]string) []byte {
	for name, piece := range pieces {
		body = strings.ReplaceAll(body, "{"+name+"}", piece)
	}
	body = regexp.MustCompile(`\{\d+×[^}]*\}`).ReplaceAllStringFunc(body, func(copies string) string {
		count, text, _ := strings.Cut(strings.Trim(copies, "{}"), "×")
		n, _ := strconv.Atoi(count) // digits
		return strings.Repeat(text, n)
	})
	return regexp.MustCompile(`\\x[0-9A-F]{2}`).ReplaceAllFunc([]byte(body), func(escape []byte) []byte {
		value, _ := strconv.ParseUint(string(escape[2:]), 16, 8) // hexadecimal digits
		return []byte{byte(value)}
	})
}

// ServeHTTP gives the answer, with Retry-After, to whatever was asked.
func (a Answer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", a.ContentType)
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // whoever has enough leaves
}
