package payments

import (
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

//go:embed challenge.html
var challengeHTML string

func challengePage() *template.Template {
	return template.Must(template.New("challenge").Parse(challengeHTML))
}

// maxForm bounds the answer to a challenge, in bytes.
const maxForm = 1 << 10

func (s *Service) challengeURL(ref string) string {
	return s.publicURL + "/challenge/" + url.PathEscape(ref)
}

// challengeView is what the page shows.
type challengeView struct {
	Ref, Amount, Status string
	Open                bool
}

// showChallenge asks the customer, or says how the question was answered.
func (s *Service) showChallenge(w http.ResponseWriter, r *http.Request) {
	found, ok := s.ledger.find(r.PathValue("ref"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	view := challengeView{
		Ref: found.ref, Amount: found.money(found.asked).String(), Open: found.status == actionRequired,
		Status: strings.ToLower(strings.ReplaceAll(string(found.status), "_", " ")),
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	_ = s.page.Execute(w, view) // the client has gone: nobody to tell
}

// decideChallenge takes the customer's answer and shows the page again. An answer to a question that is not open changes nothing.
func (s *Service) decideChallenge(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	decision := r.PostFormValue("decision")
	if decision != "approve" && decision != "decline" {
		http.Error(w, "The form has one field, decision: approve or decline.", http.StatusBadRequest)
		return
	}
	_, found, _ := s.ledger.with(r.PathValue("ref"), func(a *account) error {
		switch {
		case a.status != actionRequired:
		case decision == "approve":
			a.authorize()
		default:
			a.decline("the customer declined")
		}
		return nil
	})
	if !found {
		http.NotFound(w, r)
		return
	}
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
}
