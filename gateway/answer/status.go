package answer

import (
	"net/http"

	"tiffin/fault"
)

// Status is the HTTP status of an answer without data whose first error has this code. A code without a row here is an
// internal error.
func (m Media) Status(code fault.Code) int {
	if m == JSON && aboutDocument(code) {
		return http.StatusOK // GraphQL over HTTP, "application/json": the request was well-formed
	}
	switch code {
	case fault.ParseFailed, fault.ValidationFailed, fault.BadUserInput, fault.BadRequest, fault.PersistedQueryNotFound,
		fault.PersistedQueryNotSupported, fault.DocumentIDRequired:
		return http.StatusBadRequest
	case fault.MaxTokens, fault.MaxOperations, fault.MaxDepth, fault.MaxAliases, fault.MaxAliasLength, fault.MaxRootFields, fault.MaxFields,
		fault.MaxDirectives, fault.MaxFragments, fault.MaxFragmentDepth, fault.MaxExpansion, fault.MaxComparisons,
		fault.MaxVariables, fault.MaxValueDepth, fault.MaxListLength, fault.MaxPageSize, fault.CostTooHigh:
		return http.StatusBadRequest
	case fault.ClientTooOld:
		return http.StatusBadRequest
	case fault.RateLimited:
		return http.StatusTooManyRequests
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden, fault.DocumentNotTrusted:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case fault.NotAcceptable:
		return http.StatusNotAcceptable
	case fault.IdempotencyKeyReused:
		return http.StatusUnprocessableEntity
	case fault.PayloadTooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.UnsupportedMediaType:
		return http.StatusUnsupportedMediaType
	case fault.Overloaded, fault.ServiceUnavailable, fault.OrderNotStarted:
		return http.StatusServiceUnavailable
	case fault.Timeout:
		return http.StatusGatewayTimeout
	case fault.Internal:
		return http.StatusInternalServerError
	default:
		return http.StatusInternalServerError
	}
}

// aboutDocument reports whether the request was one of GraphQL, and only its document or variables are wrong.
func aboutDocument(code fault.Code) bool {
	switch code {
	case fault.ParseFailed, fault.ValidationFailed, fault.BadUserInput, fault.PersistedQueryNotFound, fault.PersistedQueryNotSupported:
		return true
	default:
		return false
	}
}
