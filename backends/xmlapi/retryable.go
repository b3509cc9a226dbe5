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
// It knows answers in memory only, and leaves the body as it is.
func RetryableFault(res *http.Response) bool {
	retryable := false
	body.Peek(res, func(content []byte) { retryable = saysRetryable(res.Header.Get("Content-Type"), content) })
	return retryable
}

func saysRetryable(contentType string, content []byte) bool {
	if len(content) > maxFault || !bytes.Contains(content, []byte(faultName)) {
		return false
	}
	text, err := toUTF8(contentType, content)
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
