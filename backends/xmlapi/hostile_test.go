package xmlapi_test

import (
	"errors"
	"net/http"
	"testing"

	"tiffin/backends/xmlapi"
	"tiffin/fault"
	"tiffin/internal/testkit"
	"tiffin/internal/testkit/hostile"
)

// hostilePieces make the corpus answers to a ping.
func hostilePieces() map[string]string {
	return map[string]string{
		"namespace": "urn:ping:v1",
		"open":      `<PingResponse xmlns="urn:ping:v1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`,
		"inside":    `<Text>pong</Text>`,
		"first":     `<Text>pong</Text>`,
		"nil":       `<Text xsi:nil="true"/>`,
		"close":     `</PingResponse>`,
	}
}

// Every hostile answer ends in the error that its file names, leaves the caller's document as it was, and is never taken for an answer.
func TestHostileAnswers(t *testing.T) {
	for _, a := range hostile.Answers(t, "testdata/hostile", hostilePieces()) {
		t.Run(a.Name, func(t *testing.T) {
			network := testkit.Start(t, map[string]http.Handler{"ping": a})
			got := pong{Text: "before"}
			err := xmlapi.New(xmlapi.Config{Service: "ping"}, network.Transport()).Call(t.Context(), "/ping", "", ping{}, &got)
			if said := whatItIs(err); said != a.Want || got.Text != "before" {
				t.Errorf("%s (%v), read %q; want %s", said, err, got.Text, a.Want)
			}
		})
	}
}

// whatItIs is an error in the words of the corpus.
func whatItIs(err error) string {
	var settled *fault.Error
	if !errors.As(err, &settled) || settled.Code != fault.ServiceUnavailable {
		return "no fault of the service"
	}
	var reported *xmlapi.Fault
	switch reports := errors.As(err, &reported); {
	case reports && reported.Retryable && settled.Retryable:
		return "fault-retryable " + reported.Code
	case reports && !reported.Retryable && !settled.Retryable:
		return "fault " + reported.Code
	case reports:
		return "a fault that contradicts itself"
	case settled.Retryable:
		return "unavailable"
	}
	return "broken"
}
