package auth

import (
	"context"
	"strings"

	"tiffin/fault"
	"tiffin/identity"
)

// requirement is what a field asks of its caller.
type requirement struct {
	authenticated bool
	// scopes are alternatives: all scopes of one of them are needed. None means that no scope is.
	scopes [][]string
}

// decide says why the caller of ctx may not have what asks for req, nil if they may. missing are the scopes that would help.
func (req requirement) decide(ctx context.Context) (refused *fault.Error, missing []string) {
	caller, known := identity.From(ctx)
	switch {
	case !known && (req.authenticated || len(req.scopes) > 0):
		return fault.New(fault.Unauthenticated, "Sign in to see this."), nil
	case len(req.scopes) == 0:
		return nil, nil
	}
	for n, alternative := range req.scopes {
		lacking := without(alternative, caller)
		if len(lacking) == 0 {
			return nil, nil
		}
		if n == 0 || len(lacking) < len(missing) {
			missing = lacking
		}
	}
	return fault.New(fault.Forbidden, "%s", missingText(missing)), missing
}

// without lists the scopes that the caller lacks.
func without(scopes []string, caller *identity.Principal) []string {
	var lacking []string
	for _, scope := range scopes {
		if !caller.HasScope(scope) {
			lacking = append(lacking, scope)
		}
	}
	return lacking
}

func missingText(scopes []string) string {
	if len(scopes) == 1 {
		return "missing scope " + scopes[0]
	}
	return "missing scopes " + strings.Join(scopes, ", ")
}
