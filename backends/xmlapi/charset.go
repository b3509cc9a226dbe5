package xmlapi

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// maxDeclaration is how far into a document its XML declaration may reach, in bytes.
const maxDeclaration = 1 << 10

// toUTF8 converts a document to UTF-8. What counts is, in this order (RFC 7303, section 3): a byte order mark, the charset of
// the Content-Type, the XML declaration; without any it is UTF-8. The result may still hold bytes that are no UTF-8: the parser refuses
// them.
func toUTF8(contentType string, body []byte) ([]byte, error) {
	if unmarked, ok := bytes.CutPrefix(body, []byte("\xEF\xBB\xBF")); ok {
		return unmarked, nil
	}
	label, err := charset(contentType, body)
	if err != nil {
		return nil, err
	}
	switch strings.ToLower(label) {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return body, nil
	case "iso-8859-1", "iso_8859-1", "latin1":
		return charmap.ISO8859_1.NewDecoder().Bytes(body)
	case "windows-1252", "cp1252":
		return fromWindows1252(body)
	}
	return nil, errors.New("a charset other than UTF-8, ISO-8859-1 and Windows-1252")
}

// asItIs is for a parser of a text that is UTF-8 by now, whatever its declaration says.
func asItIs(_ string, in io.Reader) (io.Reader, error) { return in, nil }

// fromWindows1252 refuses the five bytes that the code page leaves undefined; the decoder turns them into U+FFFD.
func fromWindows1252(body []byte) ([]byte, error) {
	text, err := charmap.Windows1252.NewDecoder().Bytes(body)
	if err == nil && bytes.ContainsRune(text, '\uFFFD') {
		err = errors.New("a byte that Windows-1252 does not define")
	}
	return text, err
}

func charset(contentType string, body []byte) (string, error) {
	if _, params, err := mime.ParseMediaType(contentType); err == nil && params["charset"] != "" {
		return params["charset"], nil
	}
	return declared(body)
}

// declared finds the encoding of the XML declaration; "" where there is none, or where it is UTF-8.
func declared(body []byte) (label string, err error) {
	if !bytes.HasPrefix(body, []byte("<?xml")) {
		return "", nil
	}
	sniffer := xml.NewDecoder(bytes.NewReader(body[:min(len(body), maxDeclaration)]))
	sniffer.CharsetReader = func(found string, in io.Reader) (io.Reader, error) {
		label = found
		return in, nil
	}
	if _, err := sniffer.RawToken(); err != nil {
		return "", fmt.Errorf("the XML declaration: %w", err)
	}
	return label, nil
}
