package transport

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"tiffin/fault"
	"tiffin/gateway/answer"
	"tiffin/gateway/operation"
)

// readBody reads the parameters of a POST.
func readBody(r *http.Request) (operation.Params, *fault.Error) {
	if !isJSON(r.Header) {
		return operation.Params{}, fault.New(fault.UnsupportedMediaType, "Send the body as application/json in UTF-8, without a Content-Encoding.")
	}
	body, err := readAll(r)
	if err != nil {
		return operation.Params{}, unread(err)
	}
	return parseParams(body)
}

func unread(err error) *fault.Error {
	if over, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.New(fault.PayloadTooLarge, "The body is longer than %d bytes.", over.Limit)
	}
	return fault.New(fault.BadRequest, "The body did not arrive whole.")
}

// readAll reads the body, into memory of its length where it says one: the chain has bounded it.
func readAll(r *http.Request) ([]byte, error) {
	if r.ContentLength <= 0 {
		return io.ReadAll(r.Body)
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, body)
	return body, err
}

// isJSON accepts application/json only: every other type is one that a foreign page's form could send, or that we cannot read.
func isJSON(h http.Header) bool {
	if h.Get("Content-Type") == string(answer.JSON) && h.Get("Content-Encoding") == "" {
		return true // what nearly all write needs no parsing
	}
	media, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset, given := params["charset"]
	return err == nil && media == "application/json" && (!given || strings.EqualFold(charset, "utf-8")) && h.Get("Content-Encoding") == ""
}
