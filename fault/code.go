package fault

// Code is a member of the closed set that clients find in extensions.code. Clients treat a code they do not know like [Internal].
type Code string

// The codes. docs/errors.md is checked against this list.
const (
	// ParseFailed: the document is no GraphQL.
	ParseFailed Code = "GRAPHQL_PARSE_FAILED"
	// PersistedQueryNotFound: the request names a document that is not known here. Apollo's clients then send its text.
	PersistedQueryNotFound Code = "PERSISTED_QUERY_NOT_FOUND"
	// PersistedQueryNotSupported: documents are not remembered by their hash. Apollo's clients then send texts only.
	PersistedQueryNotSupported Code = "PERSISTED_QUERY_NOT_SUPPORTED"
	// DocumentNotTrusted: only listed documents are served, and this is none of them.
	DocumentNotTrusted Code = "DOCUMENT_NOT_TRUSTED"
	// DocumentIDRequired: the document is a listed one, and has to be named by its id.
	DocumentIDRequired Code = "DOCUMENT_ID_REQUIRED"
	// ValidationFailed: the document does not fit the schema.
	ValidationFailed Code = "GRAPHQL_VALIDATION_FAILED"
	// BadUserInput: a variable or an argument has a value that the schema or the field does not accept.
	BadUserInput Code = "BAD_USER_INPUT"
	// BadRequest: the HTTP request is not a GraphQL request (GraphQL over HTTP, "Request").
	BadRequest Code = "BAD_REQUEST"
	// MethodNotAllowed: neither GET nor POST, or a mutation by GET.
	MethodNotAllowed Code = "METHOD_NOT_ALLOWED"
	// NotAcceptable: no media type of the Accept header can be produced.
	NotAcceptable Code = "NOT_ACCEPTABLE"
	// UnsupportedMediaType: the body's Content-Type is not application/json in UTF-8.
	UnsupportedMediaType Code = "UNSUPPORTED_MEDIA_TYPE"
	// PayloadTooLarge: the body is longer than the configured bound.
	PayloadTooLarge Code = "PAYLOAD_TOO_LARGE"
	// MaxTokens: the document has more tokens than the configured bound.
	MaxTokens Code = "MAX_TOKENS"
	// MaxOperations: the document has more operations than the configured bound.
	MaxOperations Code = "MAX_OPERATIONS"
	// MaxDepth: fields are nested deeper than the configured bound; there is one of its own for introspection.
	MaxDepth Code = "MAX_DEPTH"
	// MaxAliases: an operation has more aliases than the configured bound, its fragments spread out.
	MaxAliases Code = "MAX_ALIASES"
	// MaxAliasLength: an alias is longer than the configured bound.
	MaxAliasLength Code = "MAX_ALIAS_LENGTH"
	// MaxRootFields: an operation has more root fields than the configured bound.
	MaxRootFields Code = "MAX_ROOT_FIELDS"
	// MaxFields: a selection set has more fields than the configured bound, its fragments spread out.
	MaxFields Code = "MAX_FIELDS"
	// MaxDirectives: an operation has more directives than the configured bound, its fragments spread out.
	MaxDirectives Code = "MAX_DIRECTIVES"
	// MaxFragments: the document defines more fragments than the configured bound.
	MaxFragments Code = "MAX_FRAGMENTS"
	// MaxFragmentDepth: fragments are inside of one another, without a field between them, deeper than the configured bound.
	MaxFragmentDepth Code = "MAX_FRAGMENT_DEPTH"
	// MaxExpansion: an operation has more fields in all than the configured bound, its fragments spread out.
	MaxExpansion Code = "MAX_EXPANSION"
	// MaxComparisons: so many fields share a name in the answer that comparing them takes more steps than the configured bound.
	MaxComparisons Code = "MAX_COMPARISONS"
	// MaxVariables: the variables are longer than the configured bound.
	MaxVariables Code = "MAX_VARIABLES"
	// MaxValueDepth: a variable or an argument is nested deeper than the configured bound.
	MaxValueDepth Code = "MAX_VALUE_DEPTH"
	// MaxListLength: a list in a variable or an argument is longer than the configured bound.
	MaxListLength Code = "MAX_LIST_LENGTH"
	// MaxPageSize: an argument such as first asks for more than the configured bound.
	MaxPageSize Code = "MAX_PAGE_SIZE"
	// CostTooHigh: the operation's estimated cost is above the caller's budget; the message says both.
	CostTooHigh Code = "COST_TOO_HIGH"
	// Unauthenticated: the field needs a caller, or the credential is not valid.
	Unauthenticated Code = "UNAUTHENTICATED"
	// Forbidden: the caller lacks a scope.
	Forbidden Code = "FORBIDDEN"
	// RateLimited: the caller asked for too much in too short a time.
	RateLimited Code = "RATE_LIMITED"
	// ClientTooOld: this version of the client is not served any more; only an update helps.
	ClientTooOld Code = "CLIENT_TOO_OLD"
	// NotFound: the thing asked for does not exist, or not for this caller.
	NotFound Code = "NOT_FOUND"
	// Timeout: the operation's or a service's time was used up.
	Timeout Code = "TIMEOUT"
	// Overloaded: the gateway is full or stopping.
	Overloaded Code = "OVERLOADED"
	// ServiceUnavailable: a service behind the gateway failed; extensions.service names it.
	ServiceUnavailable Code = "SERVICE_UNAVAILABLE"
	// OrderNotStarted: placeOrder wrote nothing; it is safe to repeat with the same key.
	OrderNotStarted Code = "ORDER_NOT_STARTED"
	// IdempotencyKeyReused: the key was used with another payload.
	IdempotencyKeyReused Code = "IDEMPOTENCY_KEY_REUSED"
	// Internal: anything unclassified; the log has the text under the requestId.
	Internal Code = "INTERNAL"
)

// Codes lists the whole set, in the order of the documentation.
func Codes() []Code {
	return []Code{
		ParseFailed, ValidationFailed, PersistedQueryNotFound, PersistedQueryNotSupported, DocumentNotTrusted, DocumentIDRequired, BadUserInput, BadRequest, MethodNotAllowed, NotAcceptable, UnsupportedMediaType,
		PayloadTooLarge, MaxTokens, MaxOperations, MaxDepth, MaxAliases, MaxAliasLength, MaxRootFields, MaxFields, MaxDirectives, MaxFragments,
		MaxFragmentDepth, MaxExpansion, MaxComparisons, MaxVariables, MaxValueDepth, MaxListLength, MaxPageSize, CostTooHigh,
		Unauthenticated, Forbidden, RateLimited, ClientTooOld, NotFound, Timeout, Overloaded, ServiceUnavailable,
		OrderNotStarted, IdempotencyKeyReused, Internal,
	}
}
