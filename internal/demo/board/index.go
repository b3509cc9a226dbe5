package board

import (
	_ "embed"
	"html/template"
	"net/http"

	"tiffin/internal/demo/audit"
	"tiffin/internal/demo/stage"
)

//go:embed index.html
var indexText string

// view is what the page shows.
type view struct {
	URL    string
	Places []Place
	Audit  audit.Report
	Faults []stage.Fault
	Calls  map[string]map[string]int
	Kinds  []stage.Kind
}

func (b *board) index(w http.ResponseWriter, _ *http.Request) {
	page := template.Must(template.New("index").Parse(indexText)) // a person looks at it: once in a while
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_ = page.Execute(w, view{b.URL, b.Places, b.Audit(), b.Faults.List(), b.Calls.Snapshot(), stage.Kinds()}) // the reader has gone
}
