package auth

import (
	"net/http"
	"strings"

	"tiffin/gateway/answer"
	"tiffin/identity"
	"tiffin/telemetry"
)

// Authenticate puts the caller into the context of every request that proves one: by a bearer token, an API key or the certificate of its
// connection. A request without any is anonymous and passes. One with a bad credential is answered 401, with several 400, and 503 where
// whoever could judge it cannot be asked.
func Authenticate(v *Verifier, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		found, err := v.authenticate(r)
		access := telemetry.AccessFrom(r.Context())
		switch {
		case err != nil:
			access.Refused = err.Error()
			refuse(w, r, err)
		case found == nil:
			next.ServeHTTP(w, r)
		default:
			access.Subject = found.hash
			next.ServeHTTP(w, r.WithContext(identity.WithPrincipal(r.Context(), found.principal)))
		}
	})
}

// authenticate returns who asks; nil for somebody who does not say. A request has one credential: which of two would count?
func (v *Verifier) authenticate(r *http.Request) (*caller, error) {
	authorization, keys := r.Header["Authorization"], r.Header[APIKeyHeader]
	peer, err := v.certificates.caller(r.TLS, v.now())
	switch {
	case err != nil:
		return nil, err
	case min(1, len(authorization))+min(1, len(keys)) > 1, peer != nil && len(authorization)+len(keys) > 0:
		return nil, refusedSeveral
	case len(keys) == 1:
		return v.apiKey(keys[0])
	case len(keys) > 1:
		return nil, refusedSeveral
	case len(authorization) > 0:
		token, ok := bearer(authorization)
		if !ok {
			return nil, refusedScheme
		}
		return v.token(r.Context(), token)
	default:
		return peer, nil
	}
}

// bearer reads the token (RFC 6750, section 2.1).
func bearer(authorization []string) (token string, ok bool) {
	scheme, token, ok := strings.Cut(authorization[0], " ")
	token = strings.TrimLeft(token, " ")
	return token, ok && len(authorization) == 1 && token != "" && strings.EqualFold(scheme, "Bearer")
}

func refuse(w http.ResponseWriter, r *http.Request, err error) {
	shown, challenge := present(err)
	if challenge != "" {
		w.Header().Set("WWW-Authenticate", challenge)
	}
	answer.Refuse(w, r, shown)
}
