package transport

import (
	"cmp"
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tiffin/fault"
	"tiffin/gateway/operation"
)

// wireParams are the parameters as JSON (section "Request Parameters"). Others are allowed and ignored; null is as good as absent. A document
// is named by documentId, and by what Relay's clients call it.
type wireParams struct {
	Query         string `json:"query"`
	DocumentID    string `json:"documentId"`
	RelayID       string `json:"doc_id"`
	PlainID       string `json:"id"`
	OperationName string `json:"operationName"`
	Variables     object `json:"variables"`
	Extensions    object `json:"extensions"`
}

// kinds say what each parameter must be.
func kinds() map[string]string {
	return map[string]string{
		"/query": "a string", "/documentId": "a string or null", "/doc_id": "a string or null", "/id": "a string or null", "/operationName": "a string or null",
		"/variables": "an object or null", "/extensions": "an object or null",
	}
}

// parseParams reads a body. Nothing of it is in an error: the client has it, and others may read the log.
func parseParams(body []byte) (operation.Params, *fault.Error) {
	var wire wireParams
	if err := decode(body, &wire); err != nil {
		return operation.Params{}, badBody(err)
	}
	return operation.Params{
		Query: wire.Query, DocumentID: cmp.Or(wire.DocumentID, wire.RelayID, wire.PlainID), OperationName: wire.OperationName,
		Variables: wire.Variables, Extensions: wire.Extensions,
	}, nil
}

// decode is strict: UTF-8, names once and in the right case, nothing after the value.
func decode(data []byte, into any) error { return json.Unmarshal(data, into) }

func badBody(err error) *fault.Error {
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok {
		if wrong.JSONPointer == "" {
			return fault.New(fault.BadRequest, "The body must be one JSON object; batches are not served.")
		}
		if kind, ok := kinds()[string(wrong.JSONPointer)]; ok {
			return fault.New(fault.BadRequest, "The parameter %s must be %s.", wrong.JSONPointer[1:], kind)
		}
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fault.New(fault.BadRequest, "The body is no strict JSON, from byte %d on.", syntax.ByteOffset)
	}
	return fault.New(fault.BadRequest, "The body is no strict JSON.")
}
