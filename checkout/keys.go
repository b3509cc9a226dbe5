package checkout

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"strconv"
	"strings"

	"tiffin/identity"
	"tiffin/internal/storefront"
)

// What the journal knows our rows by.
const (
	// kindPlace is the kind of a row that places an order, kindCancel of one that calls a confirmed order off: a row of its own, which
	// leaves that of the placing as it was.
	kindPlace  = "PLACE"
	kindCancel = "CANCEL"
	// rowVersion is that of the state machine and of the encoders of request, data and result.
	rowVersion = 1
	// The operations are part of a row's scope.
	operationPlace  = "placeOrder"
	operationCancel = "cancelOrder"
)

// scopeOf says whose key it is: nobody can read or collide with another's order. It is a JSON array, so that no name can be made to
// look like two.
func scopeOf(p *identity.Principal, operation string) string {
	scope, _ := json.Marshal([]string{p.Tenant, p.Issuer, p.Subject, operation}) //nolint:errchkjson // strings always marshal
	return string(scope)
}

// sagaID names one placing of an order everywhere. It is derived from scope and key, so that even a gateway that lost its journal
// gives the services the same ids and keys again.
type sagaID string

// sagaIDLength is 130 of the 256 bits: more than enough that no two sagas meet.
const sagaIDLength = 26

func sagaIDOf(scope, key string) sagaID {
	sum := sha256.Sum256([]byte(scope + "\x00" + key))
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])
	return sagaID(strings.ToLower(text[:sagaIDLength]))
}

// order is the id of the order.
func (id sagaID) order() string { return storefront.OrderPrefix + string(id) }

// line is the id of the order's nth line, from 1.
func (id sagaID) line(n int) string { return "lin_" + string(id) + "_" + strconv.Itoa(n) }

// payment is the payment's reference.
func (id sagaID) payment() string { return string(id) }

// key is the idempotency key of one step.
func (id sagaID) key(step string) string { return string(id) + ":" + step }
