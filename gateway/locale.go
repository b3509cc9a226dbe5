package gateway

import (
	"net/http"

	"golang.org/x/text/language"

	"tiffin/identity"
)

// maxAcceptLanguage bounds the header that is looked at, in bytes; a longer one counts as none.
const maxAcceptLanguage = 256

// locale puts the language of Config.Languages that suits the caller best into the context, as it is written there.
func (g *Gateway) locale(next http.Handler) http.Handler {
	tags := make([]language.Tag, len(g.cfg.Languages))
	for n, tag := range g.cfg.Languages {
		tags[n] = language.Make(tag)
	}
	matcher := language.NewMatcher(tags)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tag := g.cfg.Languages[bestLanguage(matcher, r.Header.Get("Accept-Language"))]
		next.ServeHTTP(w, r.WithContext(identity.WithLocale(r.Context(), tag)))
	})
}

// bestLanguage is the index of the match; 0, the default, where nothing matches.
func bestLanguage(matcher language.Matcher, accept string) int {
	if accept == "" || len(accept) > maxAcceptLanguage {
		return 0
	}
	wanted, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(wanted) == 0 {
		return 0
	}
	_, index, _ := matcher.Match(wanted...)
	return index
}
