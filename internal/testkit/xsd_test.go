package testkit

import (
	"strings"
	"testing"
)

const parcelXSD = "testdata/parcel.xsd"

var validParcel = []byte(`<parcel xmlns="urn:parcel"><weight>1.50</weight></parcel>`)

func TestXSD(t *testing.T) {
	XSD(t, parcelXSD) // skips or fails here when xmllint is missing
	tests := []struct {
		name, schema, doc string
		want              string // in the report; "" = none
	}{
		{"valid", parcelXSD, string(validParcel), ""},
		{"wrong value", parcelXSD, `<parcel xmlns="urn:parcel"><weight>heavy</weight></parcel>`, "'heavy' is not a valid value"},
		{"wrong namespace", parcelXSD, `<parcel><weight>1.50</weight></parcel>`, "No matching global declaration"},
		{"not XML", parcelXSD, `{}`, "Start tag expected"},
		{"no document", parcelXSD, ``, "Document is empty"},
		{"no schema", "testdata/none.xsd", string(validParcel), "none.xsd"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake := &FakeT{}
			XSD(fake, tt.schema, validParcel, []byte(tt.doc))
			got := strings.Join(fake.Errors, "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("reported %q, want %q in it", got, tt.want)
			}
			if tt.want != "" && !strings.Contains(got, "document 2 of 2") {
				t.Errorf("reported %q, want the document's number in it", got)
			}
		})
	}
}

func TestXSDWithoutXmllint(t *testing.T) {
	t.Setenv("XMLLINT", "no-such-program")
	for ci, wantFatal := range map[string]bool{"": false, "true": true} {
		t.Setenv("CI", ci)
		fake := &FakeT{}
		XSD(fake, parcelXSD, validParcel)
		if fatal, skipped := len(fake.Fatals) == 1, len(fake.Skips) == 1; fatal != wantFatal || skipped == wantFatal {
			t.Errorf("CI=%q: %d fatal, %d skipped, want the test to %s", ci, len(fake.Fatals), len(fake.Skips),
				map[bool]string{true: "fail", false: "be skipped"}[wantFatal])
		}
	}
}
