package strict_test

import (
	"io"
	"io/fs"
	"strings"
	"testing"

	"tiffin/app/strict"
)

// outside has a few variables and files.
func outside() strict.Outside {
	variables := map[string]string{"HOST": "db.test", "EMPTY": "", "YAML": "{a: b}\nlisten: evil", "AGAIN": "${HOST}", "_a1": "x"}
	files := map[string]string{
		"/run/secrets/key": "s3cret\n", "/run/secrets/windows": "s3cret\r\n", "/run/secrets/empty": "\n", "/run/secrets/binary": "\xff\xfe",
		"/run/secrets/long": strings.Repeat("s3cret", 20000), "/run/secrets/lines": "a\nb\n",
	}
	return strict.Outside{
		Lookup: func(name string) (string, bool) { value, found := variables[name]; return value, found },
		Open: func(name string) (io.ReadCloser, error) {
			text, found := files[name]
			if !found {
				return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
			}
			return io.NopCloser(strings.NewReader(text)), nil
		},
	}
}

func TestReferences(t *testing.T) {
	for written, want := range map[string]string{
		"${HOST}":                         "db.test",
		"http://${HOST}:80/${_a1}":        "http://db.test:80/x",
		"${MISSING:-other}":               "other",
		"${EMPTY:-other}":                 "other",
		"${MISSING:-}":                    "",
		"${HOST:-other}":                  "db.test",
		"${file:/run/secrets/key}":        "s3cret",
		"${file:/run/secrets/windows}":    "s3cret",
		"${file:/run/secrets/lines}":      "a\nb",
		"a$$b":                            "a$b",
		"$${HOST}":                        "${HOST}",
		"$$$$":                            "$$",
		"nothing":                         "nothing",
		"${YAML}":                         "{a: b}\nlisten: evil", // text, whatever it looks like
		"${AGAIN}":                        "${HOST}",              // and not looked at again
		"${MISSING:-$$}":                  "$$",
		"${file:/run/secrets/key}${HOST}": "s3cretdb.test",
	} {
		var c config
		if _, err := strict.Read("t.yaml", []byte("listen: '"+written+"'\n"), &c, outside()); err != nil || c.Listen != want {
			t.Errorf("%s: %q, %v; want %q", written, c.Listen, err, want)
		}
		c = config{}
		if _, err := strict.Read("t.yaml", []byte("listen: '"+written+"'\n"), &c, strict.Outside{}); err != nil || c.Listen != written {
			t.Errorf("as it is written: %q, %v", c.Listen, err)
		}
	}
}

// References work in lists, in lists of structs and below names; in keys they are only text.
func TestReferencesEverywhereInText(t *testing.T) {
	var c config
	if _, err := strict.Read("t.yaml", []byte("tags: ['${HOST}', b]\npeers: [{url: 'http://${HOST}'}]\ninner: {url: '${HOST}'}\n"), &c, outside()); err != nil {
		t.Fatal(err)
	}
	if c.Tags[0] != "db.test" || c.Peers[0].URL != "http://db.test" || c.Inner.URL != "db.test" {
		t.Errorf("%+v", c)
	}
	var n named
	if _, err := strict.Read("t.yaml", []byte("clients: {'${HOST}': {min_version: '${HOST}'}}\n"), &n, outside()); err != nil || n.Clients["${HOST}"].MinVersion != "db.test" {
		t.Errorf("%+v %v", n, err)
	}
}

func TestBadReferences(t *testing.T) {
	const form = "write ${NAME}, ${NAME:-otherwise}, ${file:/path}, or $$ for a dollar sign"
	for source, want := range map[string]string{
		"listen: ${MISSING}\n":                    "t.yaml:1:9: listen: needs the variable MISSING, which is not set or empty; set it, or write ${MISSING:-} where it may be missing",
		"\ninner:\n  url: x${EMPTY}\n":            "t.yaml:3:8: inner.url: needs the variable EMPTY",
		"listen: pa$word\n":                       "listen: has a dollar sign that begins no reference; write ${NAME}, or $$ for a dollar sign",
		"listen: a$\n":                            "begins no reference",
		"listen: ${HOST\n":                        "begins no reference",
		"listen: ${}\n":                           form,
		"listen: ${1A}\n":                         form,
		"listen: ${HOST:=x}\n":                    form,
		"listen: ${HOST-x}\n":                     form,
		"listen: ${ HOST }\n":                     form,
		"listen: ${file:/run/secrets/none}\n":     `listen: needs the file "/run/secrets/none": file does not exist; name an absolute path`,
		"listen: ${file:secret}\n":                "its path is not absolute",
		"listen: ${file:}\n":                      "its path is not absolute",
		"listen: ${file:/run/secrets/empty}\n":    "it is empty",
		"listen: ${file:/run/secrets/binary}\n":   "it is no text in UTF-8",
		"listen: ${file:/run/secrets/long}\n":     "it is longer than 64 KiB",
		"size: ${HOST}\n":                         "size: must be a whole number; a reference such as ${NAME} stands in text only",
		"timeout: ${HOST}\n":                      "timeout: must be a duration such as 250ms, 10s or 5m; a reference",
		"debug: ${HOST}\n":                        "a reference such as ${NAME} stands in text only",
		"tags: ['${MISSING}', '${ALSO}']\n":       "tags[1]: needs the variable ALSO",
		"listen: ${MISSING}\nlisen: x\nsize: a\n": "t.yaml:3:7: size",
	} {
		c := defaults()
		_, err := strict.Read("t.yaml", []byte(source), &c, outside())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\ngot  %v\nwant %s", source, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: a secret in %v", source, err)
		}
	}
}
