package auth

import (
	"net/http"
	"strings"

	"tiffin/gateway/answer"
	"tiffin/identity"
	"tiffin/telemetry"
)

// Authenticate puts the caller into the context of every request whose Authorization header proves one. A request without that
// header is anonymous and passes; one with a bad credential is answered 401, and 503 where its issuer's keys are not known yet.
func Authenticate(v *Verifier, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		credentials := r.Header.Values("Authorization")
		if len(credentials) == 0 {
			next.ServeHTTP(w, r)
			return
		}
		principal, err := v.authenticate(r, credentials)
		access := telemetry.AccessFrom(r.Context())
		if err != nil {
			access.Refused = err.Error()
			refuse(w, r, err)
			return
		}
		access.Subject = telemetry.Hash(principal.ID())
		next.ServeHTTP(w, r.WithContext(identity.WithPrincipal(r.Context(), principal)))
	})
}

func (v *Verifier) authenticate(r *http.Request, credentials []string) (*identity.Principal, error) {
	scheme, token, ok := strings.Cut(credentials[0], " ")
	if token = strings.TrimLeft(token, " "); !ok || len(credentials) > 1 || token == "" || !strings.EqualFold(scheme, "Bearer") {
		return nil, refusedScheme
	}
	return v.Verify(r.Context(), token)
}

func refuse(w http.ResponseWriter, r *http.Request, err error) {
	shown := present(err)
	if !shown.Retryable {
		w.Header().Set("WWW-Authenticate", `Bearer realm="graphql", error="invalid_token"`)
	}
	answer.Refuse(w, r, shown)
}
