package transport

import (
	"cmp"
	"mime"
	"net/http"
	"net/url"

	"tiffin/fault"
	"tiffin/gateway/operation"
)

// readQuery reads the parameters of a GET (section "GET"). Each may be given once; variables and extensions are JSON.
func readQuery(raw string) (operation.Params, *fault.Error) {
	var params operation.Params
	values, err := url.ParseQuery(raw)
	if err != nil {
		return params, fault.New(fault.BadRequest, "The query string is not URL-encoded.")
	}
	for _, name := range []string{"query", "documentId", "doc_id", "id", "operationName", "variables", "extensions"} {
		if len(values[name]) > 1 {
			return params, fault.New(fault.BadRequest, "The parameter %s is given more than once.", name)
		}
	}
	params.Query, params.OperationName = values.Get("query"), values.Get("operationName")
	params.DocumentID = cmp.Or(values.Get("documentId"), values.Get("doc_id"), values.Get("id"))
	for name, into := range map[string]*object{"variables": (*object)(&params.Variables), "extensions": (*object)(&params.Extensions)} {
		if text := values.Get(name); text != "" && decode([]byte(text), into) != nil {
			return params, fault.New(fault.BadRequest, "The parameter %s must be a JSON object or null.", name)
		}
	}
	return params, nil
}

// simple reports whether a foreign page could send such a GET without the browser asking first (Fetch standard, "CORS-safelisted
// request-header"): then a signed-in browser must not be answered.
func simple(h http.Header) bool {
	for _, name := range []string{"X-Operation-Name", "X-Apollo-Operation-Name", "Apollo-Require-Preflight"} {
		if h.Get(name) != "" {
			return false
		}
	}
	media, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return true
	}
	switch media {
	case "application/x-www-form-urlencoded", "multipart/form-data", "text/plain":
		return true
	default:
		return false
	}
}
