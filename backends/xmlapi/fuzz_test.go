package xmlapi

import (
	"encoding/xml"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tiffin/internal/testkit/hostile"
)

// FuzzDecode: whatever comes, the decoder ends, keeps its limits, and what it takes it can write and read again to the same value.
func FuzzDecode(f *testing.F) {
	for _, seed := range broken() {
		f.Add("application/xml", []byte(seed))
		f.Add("text/xml; charset=windows-1252", []byte(seed))
	}
	const longest = 10_000
	for _, a := range hostile.Answers(f, "testdata/hostile", map[string]string{
		"namespace": "urn:parcel:v1", "open": strings.TrimSuffix(doc(""), "</Parcel>"), "inside": must, "first": "<ID>p1</ID>",
		"nil": `<ID xsi:nil="true"/>`, "close": "</Parcel>",
	}) {
		if len(a.Body) < longest {
			f.Add(a.ContentType, a.Body)
		}
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		first, err := read(contentType, string(body))
		if err != nil {
			if reported := (*Fault)(nil); errors.As(err, &reported) && reported.Code == "" {
				t.Fatal("a fault without a code")
			}
			return
		}
		if first.ID == "" && !strings.Contains(string(body), "ID") {
			t.Fatal("an answer out of nothing")
		}
		written, err := xml.Marshal(first)
		if err != nil {
			t.Skip("not to be written: ", err) // a year beyond 9999 cannot
		}
		second, err := read("", string(written))
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatal(diff)
		}
	})
}

// broken are documents that break something, and some that are good.
func broken() []string {
	return []string{
		"", "\uFEFF", "<", "<?xml", "{}", doc(must), doc(must)[:70],
		`<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]>` + doc(must+"<Note>&c;</Note>"),
		`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + doc(must+"<Note>&e;</Note>"),
		`<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd">` + doc(must),
		doc(must + strings.Repeat("<New>", 1000)),
		doc(must + "<New" + attributes(1000) + "/>"),
		doc(must + `<New a="` + strings.Repeat("x", 1<<16) + `"/>`),
		`<?xml version="1.0" encoding="UTF-16"?>` + doc(must),
		`<?xml version="1.0" encoding="ISO-8859-1"?>` + doc(must+"<Note>Cr\xe8me</Note>"),
		doc(must + must), doc(must) + doc(must), doc(must) + "ok",
		doc(must + `<Note xsi:nil="true"/><Sent xsi:nil="true">x</Sent>`),
		doc(must + `<Sent>2026-11-23T18:30:00</Sent><Stop><Name>a</Name><Stop><Name>b</Name></Stop></Stop><Tag> x </Tag>`),
		`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` + doc(must) + `</s:Body></s:Envelope>`,
		`<Fault xmlns="urn:parcel:v1"><Code>FULL</Code><Text>No room.</Text><Retryable>true</Retryable></Fault>`,
		`<p:Parcel xmlns:p="urn:parcel:v1"><p:ID>p1</p:ID><p:Weight unit="kg" xmlns:unit="urn:x:y" unit:unit="lb">1.50</p:Weight></p:Parcel>`,
	}
}
