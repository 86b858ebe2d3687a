// Package explain owns the pages that say what somebody could do, and why: one question with its answer, the rule that
// decided and what would change it (FEATURES.md B10), and what an administrator would see as a person, within limits that
// nobody has granted yet (B9). It decides nothing, records nothing and permits nothing: it asks decision, which says who
// may know.
package explain

import (
	"embed"
	"net/http"

	"github.com/standin-id/standin/web/frame"
)

//go:embed *.html
var files embed.FS

// visit is one request by somebody who is signed in.
type visit struct{ *frame.Visit }

// Pages are those that explain.
func Pages() frame.Set {
	return frame.Set{Files: files, Views: map[string]frame.Page{"why": &Why{}, "see": &See{}}}
}

// Mount adds the pages to the mux.
func Mount(mux *http.ServeMux, s *frame.Site) {
	for pattern, do := range map[string]func(*visit) error{"GET /why": (*visit).why, "GET /see/{person}": (*visit).see} {
		mux.HandleFunc(pattern, s.SignedIn(func(v *frame.Visit) error { return do(&visit{v}) }, 0))
	}
}
