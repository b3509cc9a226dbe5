package xmlapi

import (
	"bytes"
	"encoding/xml"
	"net/http"

	"tiffin/backends/upstream/body"
)

// maxFault is the longest answer that is looked at: faults are short.
const maxFault = 4 << 10

// RetryableFault tells the client chain that an answer, whatever its status, is a [Fault] marked retryable: 200 alone would pass for success.
// It is meant for answers in memory, and leaves the body to be read from the start.
func RetryableFault(res *http.Response) bool {
	if res.ContentLength <= 0 || res.ContentLength > maxFault {
		return false
	}
	content, err := body.Read(res, maxFault)
	new(body.Memory).Put(res, content)
	if err != nil || !bytes.Contains(content, []byte(faultName)) {
		return false
	}
	text, err := toUTF8(res.Header.Get("Content-Type"), content)
	if err != nil {
		return false
	}
	var document struct {
		XMLName   xml.Name `xml:""`
		Retryable Token    `xml:"Retryable"`
	}
	parser := xml.NewDecoder(bytes.NewReader(text))
	parser.CharsetReader = asItIs
	if err := parser.Decode(&document); err != nil || document.XMLName.Local != faultName {
		return false
	}
	retryable, _ := document.Retryable.Boolean()
	return retryable
}
