package xmlapi

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// parcel has one of everything that a shape knows.
type parcel struct {
	XMLName struct{} `xml:"urn:parcel:v1 Parcel"`
	ID      Token
	Weight  weight
	Note    *string
	Sent    *DateTime
	Stops   []stop  `xml:"Stop"`
	Tags    []Token `xml:"Tag"`
}

type weight struct {
	Unit  string  `xml:"unit,attr"`
	Scale *string `xml:"scale,attr"`
	Value Token   `xml:",chardata"`
}

type stop struct {
	Name  string
	Inner []stop `xml:"Stop"`
}

func doc(inside string) string {
	return `<Parcel xmlns="urn:parcel:v1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` + inside + `</Parcel>`
}

// must are the elements without which no parcel is one.
const must = `<ID>p1</ID><Weight unit="kg">1.50</Weight>`

func read(contentType, text string) (parcel, error) {
	c := New(Config{Service: "parcels"}, nil)
	var into parcel
	want, err := c.shape(&into)
	if err == nil {
		err = c.decode(contentType, []byte(text), want, &into)
	}
	return into, err
}

func TestDecode(t *testing.T) {
	plain := parcel{ID: "p1", Weight: weight{Unit: "kg", Value: "1.50"}}
	with := func(change func(*parcel)) parcel {
		p := plain
		change(&p)
		return p
	}
	note := "a<b & c"
	tests := []struct {
		name, doc string
		want      parcel
	}{
		{"plain", doc(must), plain},
		{"any order", doc(`<Weight unit="kg">1.50</Weight><ID>p1</ID>`), plain},
		{"white space in tokens", doc(`<ID> p1&#10;</ID> <Weight unit="kg"> 1.50 </Weight>`), plain},
		{"declaration, byte order mark, comments", "\uFEFF" + `<?xml version="1.0" encoding="UTF-8"?><!-- a -->` + doc(`<!-- b -->`+must) + "<!-- c -->\n", plain},
		{"a prefix", `<p:Parcel xmlns:p="urn:parcel:v1"><p:ID>p1</p:ID><p:Weight unit="kg">1.50</p:Weight></p:Parcel>`, plain},
		{"unknown elements", doc(must + `<New><ID>other</ID>text<Weight/></New>`), plain},
		{"elements of another namespace", doc(`<ID xmlns="urn:other:v1">other</ID>` + must + `<Note xmlns="">none</Note>`), plain},
		{"attributes of another namespace", doc(`<ID>p1</ID><Weight xmlns:o="urn:other:v1" unit="kg" o:unit="lb" xml:lang="en" o:scale="x">1.50</Weight>`), plain},
		{"CDATA and entities", doc(must + `<Note>a&lt;b <![CDATA[& c]]></Note>`), with(func(p *parcel) { p.Note = &note })},
		{"a comment inside a text", doc(must + `<Note>a&lt;<!-- x -->b &amp; c</Note>`), with(func(p *parcel) { p.Note = &note })},
		{"nil is absent", doc(must + `<Note xsi:nil="true"/><Sent xsi:nil="1"> </Sent>`), plain},
		{"nil=false is there", doc(must + `<Note xsi:nil="false">a&lt;b &amp; c</Note>`), with(func(p *parcel) { p.Note = &note })},
		{
			"a date without zone is UTC", doc(must + `<Sent>2026-11-23T18:30:00.5</Sent>`),
			with(func(p *parcel) { p.Sent = &DateTime{time.Date(2026, 11, 23, 18, 30, 0, 5e8, time.UTC)} }),
		},
		{
			"a date with zone", doc(must + `<Sent>2026-11-23T18:30:00+02:00</Sent>`),
			with(func(p *parcel) { p.Sent = &DateTime{time.Date(2026, 11, 23, 16, 30, 0, 0, time.UTC)} }),
		},
		{
			"lists, also inside each other", doc(must + `<Stop><Name>a</Name><Stop><Name>b</Name></Stop></Stop><Tag>x</Tag><Stop><Name>c</Name></Stop><Tag>y</Tag>`),
			with(func(p *parcel) {
				p.Stops = []stop{{Name: "a", Inner: []stop{{Name: "b"}}}, {Name: "c"}}
				p.Tags = []Token{"x", "y"}
			}),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := read("application/xml", tt.doc)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if got.Sent != nil && got.Sent.Location() != time.UTC {
				t.Errorf("%v is not in UTC", got.Sent)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	bomb := `<!DOCTYPE Parcel [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>` + doc(must+`<Note>&b;</Note>`)
	tests := []struct{ name, doc, want string }{
		{"nothing", "", "no document"},
		{"white space", " \n", "no document"},
		{"a comment only", "<!-- gone -->", "no document"},
		{"text", "Service Temporarily Unavailable", "around the root"},
		{"JSON", `{"error":"x"}`, "around the root"},
		{"HTML", `<!DOCTYPE html><html><body>502</body></html>`, "document type"},
		{"another root", `<Letter xmlns="urn:parcel:v1"/>`, "root element"},
		{"the root of no namespace", `<Parcel>` + must + `</Parcel>`, "root element"},
		{"the root of another namespace", `<Parcel xmlns="urn:parcel:v2">` + must + `</Parcel>`, "root element"},
		{"a SOAP envelope", `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` + doc(must) + `</s:Body></s:Envelope>`, "root element"},
		{"a nil root", `<Parcel xmlns="urn:parcel:v1" xmlns:xsi="` + xsi + `" xsi:nil="true"/>`, "nil"},
		{"truncated in the root", doc(must)[:60], "syntax error"},
		{"truncated before the end tag", strings.TrimSuffix(doc(must), "</Parcel>"), "unexpected EOF"},
		{"truncated in the end tag", strings.TrimSuffix(doc(must), ">"), "unexpected EOF"},
		{"a second root", doc(must) + doc(must), "around the root"},
		{"trailing text", doc(must) + "ok", "around the root"},
		{"leading text", "ok" + doc(must), "around the root"},
		{"trailing garbage", doc(must) + "<", "syntax error"},
		{"an entity bomb", bomb, "document type"},
		{"an external entity", `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + doc(must+`<Note>&e;</Note>`), "document type"},
		{"an undefined entity", doc(must + `<Note>&e;</Note>`), "entity"},
		{"a style sheet", `<?xml-stylesheet href="x"?>` + doc(must), "processing instruction"},
		{"an instruction inside", doc(must + `<?php echo ?>`), "processing instruction"},
		{"a declaration that is not the first", " <?xml version=\"1.0\"?>" + doc(must), "processing instruction"},
		{"XML 1.1", `<?xml version="1.1"?>` + doc(must), "version"},
		{"a single element twice", doc(must + `<ID>p2</ID>`), "<ID> twice"},
		{"an optional one twice", doc(must + `<Note>a</Note><Note>b</Note>`), "<Note> twice"},
		{"once nil, once not", doc(must + `<Note xsi:nil="true"/><Note>b</Note>`), "<Note> twice"},
		{"a missing element", doc(`<ID>p1</ID>`), "<Weight> is missing"},
		{"a missing element of a list", doc(must + `<Stop/>`), "<Name> is missing"},
		{"one of another namespace is missing", doc(must[len(`<ID>p1</ID>`):] + `<ID xmlns="urn:other:v1">p1</ID>`), "<ID> is missing"},
		{"a nil where there must be a value", doc(`<ID xsi:nil="true"/>` + must), "<ID> is nil"},
		{"a nil with content", doc(must + `<Note xsi:nil="true">a</Note>`), "nil has content"},
		{"a nil with an element", doc(must + `<Note xsi:nil="true"><a/></Note>`), "nil has content"},
		{"a nil that is no boolean", doc(must + `<Note xsi:nil="yes"/>`), "neither true nor false"},
		{"a missing attribute", doc(`<ID>p1</ID><Weight>1.50</Weight>`), "attribute unit"},
		{"only a foreign attribute", doc(`<ID>p1</ID><Weight xmlns:o="urn:other:v1" o:unit="lb">1.50</Weight>`), "attribute unit"},
		{"an attribute twice", doc(`<ID>p1</ID><Weight unit="kg" unit="lb">1.50</Weight>`), "attribute twice"},
		{"text between elements", doc(must + `oops`), "between elements"},
		{"an element inside a text", doc(`<ID>p<b>1</b></ID>`), "inside a text"},
		{"an undeclared prefix of an element", doc(must + `<o:New/>`), "prefix"},
		{"an undeclared prefix of an attribute", doc(must + `<Note o:nil="true"/>`), "prefix"},
		{"a date that is none", doc(must + `<Sent>23.11.2026</Sent>`), "not a date"},
		{"a character that XML does not have", doc(must + "<Note>\x01</Note>"), "character"},
		{"invalid UTF-8", doc(must + "<Note>\xff</Note>"), "UTF-8"},
		{"mismatched tags", doc(must + `<Note></note>`), "syntax error"},
		{"elements nested deeper than the bound", doc(must + strings.Repeat("<New>", 16) + strings.Repeat("</New>", 16)), "deeper than the bound of 16"},
		{"more elements than the bound", doc(must + strings.Repeat("<New/>", 20_000)), "more elements than the bound of 20000"},
		{"more attributes than the bound", doc(must + `<New` + attributes(17) + `/>`), "more attributes than the bound of 16"},
		{"a huge attribute", doc(must + `<New a="` + strings.Repeat("x", 64<<10) + `"/>`), "longer than the bound of 65536"},
		{"a huge text", doc(must + `<Note>` + strings.Repeat("x", 64<<10) + `</Note>`), "longer than the bound"},
		{"a huge name", `<` + strings.Repeat("x", 64<<10), "longer than the bound"},
		{"a fault without a code", `<Fault xmlns="urn:parcel:v1"><Retryable>true</Retryable></Fault>`, "<Code> is missing"},
		{"a fault that does not say whether to retry", `<Fault xmlns="urn:parcel:v1"><Code>X</Code><Retryable/></Fault>`, "neither true nor false"},
		{"a truncated fault", `<Fault xmlns="urn:parcel:v1"><Code>X</Code><Retryable>true</Retryable>`, "unexpected EOF"},
		{"the fault of another namespace", `<Fault xmlns="urn:other:v1"><Code>X</Code><Retryable>true</Retryable></Fault>`, "root element"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := read("application/xml", tt.doc)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
			if isFault := new(Fault); errors.As(err, &isFault) {
				t.Errorf("read as the fault %v", isFault)
			}
			if diff := cmp.Diff(parcel{}, got); diff != "" {
				t.Errorf("half an answer was left behind: %s", diff)
			}
		})
	}
}

func attributes(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, " a%d=''", i)
	}
	return text.String()
}

func TestDecodeFault(t *testing.T) {
	tests := []struct {
		doc  string
		want Fault
	}{
		{`<Fault xmlns="urn:parcel:v1"><Code>FULL</Code><Text>No room.</Text><Retryable>true</Retryable></Fault>`, Fault{Code: "FULL", Text: "No room.", Retryable: true}},
		{`<f:Fault xmlns:f="urn:parcel:v1"><f:Code> LOST </f:Code><f:Retryable>0</f:Retryable><f:More/></f:Fault>`, Fault{Code: "LOST"}},
	}
	for _, tt := range tests {
		_, err := read("application/xml", tt.doc)
		var got *Fault
		if !errors.As(err, &got) || *got != tt.want {
			t.Errorf("%s: %v, want %v", tt.doc, err, &tt.want)
		}
	}
}

func TestCharset(t *testing.T) {
	note := func(declaration, text string) string {
		return declaration + doc(must+"<Note>"+text+"</Note>")
	}
	latin, cp := `<?xml version="1.0" encoding="ISO-8859-1"?>`, `<?xml version='1.0' encoding='windows-1252'?>`
	tests := []struct {
		name, contentType, doc string
		want                   string // the note
		wantErr                string
	}{
		{"UTF-8 by default", "application/xml", note("", "Crème €"), "Crème €", ""},
		{"UTF-8 declared", "", note(`<?xml version="1.0" encoding="utf-8"?>`, "Crème €"), "Crème €", ""},
		{"Latin 1 declared", "text/xml", note(latin, "Cr\xe8me"), "Crème", ""},
		{"Windows-1252 declared", "text/xml", note(cp, "\x80 5, \x93so\x94"), "€ 5, “so”", ""},
		{"Latin 1 by Content-Type", "text/xml; charset=iso-8859-1", note("", "Cr\xe8me"), "Crème", ""},
		{"Content-Type counts before the declaration", `text/xml; charset="UTF-8"`, note(latin, "Crème"), "Crème", ""},
		{"a byte order mark counts before both", "text/xml; charset=iso-8859-1", "\uFEFF" + note(latin, "Crème"), "Crème", ""},
		{"Latin 1 that says nothing", "text/xml", note("", "Cr\xe8me"), "", "UTF-8"},
		{"an undefined byte", "text/xml", note(cp, "\x81"), "", "does not define"},
		{"an unknown charset declared", "", note(`<?xml version="1.0" encoding="EBCDIC-CP-US"?>`, "x"), "", "charset"},
		{"an unknown charset by Content-Type", "text/xml; charset=utf-7", note("", "x"), "", "charset"},
		{"UTF-16", "text/xml", "\xFE\xFF\x00<\x00P", "", "UTF-8"},
		{"UTF-16 declared", "text/xml", note(`<?xml version="1.0" encoding="UTF-16"?>`, "x"), "", "charset"},
		{"a declaration that does not end", "text/xml", `<?xml version="1.0"` + strings.Repeat(" ", 2000) + `encoding="ISO-8859-1"?>`, "", "declaration"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := read(tt.contentType, tt.doc)
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Errorf("error %v, want %q in it", err, tt.wantErr)
				}
				return
			}
			if err != nil || got.Note == nil || *got.Note != tt.want {
				t.Errorf("read %v, %v, want the note %q", got.Note, err, tt.want)
			}
		})
	}
}

func TestShapeRefuses(t *testing.T) {
	type noName struct{ ID string }
	type noNamespace struct {
		XMLName struct{} `xml:"Parcel"`
	}
	type nested struct {
		XMLName struct{} `xml:"urn:parcel:v1 Parcel"`
		ID      string   `xml:"Head>ID"`
	}
	type anything struct {
		XMLName struct{} `xml:"urn:parcel:v1 Parcel"`
		Rest    []string `xml:",any"`
	}
	type float struct {
		XMLName struct{} `xml:"urn:parcel:v1 Parcel"`
		Weight  float64
	}
	c := New(Config{Service: "parcels"}, nil)
	for _, into := range []any{nil, parcel{}, new(int), new(noName), new(noNamespace), new(nested), new(anything), new(float)} {
		if _, err := c.shape(into); err == nil {
			t.Errorf("%T was taken", into)
		}
	}
}
