package rest

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"tiffin/fault"
)

// Problem is a service's typed refusal as it came: a problem document (RFC 9457) with the member "code" of the contract. It is
// found by errors.As, and wraps the [fault.Refused].
type Problem struct {
	Refused *fault.Refused
	// Status is that of the answer: 409, 410 or 422.
	Status int
	body   []byte
}

func (p *Problem) Error() string { return fmt.Sprintf("status %d: %v", p.Status, p.Refused) }

// Unwrap gives the refusal.
func (p *Problem) Unwrap() error { return p.Refused }

// Members decodes the document, extension members too, into the struct that into points to. What is wrong with them is a
// [fault.Unavailable] of the service.
func (p *Problem) Members(into any) error {
	if err := json.Unmarshal(p.body, into); err != nil {
		return fault.Unavailable(p.Refused.Service, fmt.Errorf("members of the refusal %q: %w", p.Refused.Reason, err))
	}
	return nil
}

// aboutKey: the service refuses the key, not what was asked; that is no answer to the question.
func (p *Problem) aboutKey() bool { return strings.HasPrefix(p.Refused.Reason, "idempotency_") }

// problem reads an answer's problem document; false where it is none or has no code.
func (c *Client) problem(res *http.Response, body []byte) (*Problem, bool) {
	var wire struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	}
	sound := isMedia(res.Header, "application/problem+json") && json.Unmarshal(body, &wire) == nil && wire.Code != ""
	if !sound {
		return nil, false
	}
	refused := &fault.Refused{Service: c.service, Reason: wire.Code, Detail: wire.Detail}
	return &Problem{Refused: refused, Status: res.StatusCode, body: bytes.Clone(body)}, true
}
