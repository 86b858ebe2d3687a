// Package admin owns the pages of administrators: people, groups and what is imported; the organisation, its units, roles,
// keys and reports. Each page reads what a browser sends, calls one use case of a room, and shows the outcome. Who may do
// what is decided by the rooms; a page only leaves out what would be refused.
package admin

import (
	"embed"
	"maps"
	"net/http"

	"github.com/standin-id/standin/web/frame"
)

//go:embed *.html
var files embed.FS

// visit is one request by somebody who is signed in.
type visit struct{ *frame.Visit }

// pages are what answers, by the pattern of its address.
type pages map[string]func(*visit) error

// Pages are those of administrators.
func Pages() frame.Set {
	views := peopleViews()
	maps.Copy(views, organisationViews())
	maps.Copy(views, signingViews())
	return frame.Set{Files: files, Views: views, Shared: []string{"trying.html"}}
}

// Mount adds the pages to the mux.
func Mount(mux *http.ServeMux, s *frame.Site) {
	for _, some := range []pages{peoplePages(), signInPages(), organisationPages(), signingPages()} {
		for pattern, do := range some {
			mux.HandleFunc(pattern, s.SignedIn(func(v *frame.Visit) error { return do(&visit{v}) }, 0))
		}
	}
}

// ok shows the page.
func (v *visit) ok(name string, page frame.Page) error {
	v.Show(v.W, v.R, http.StatusOK, name, page)
	return nil
}

// lead leads on to the page after something was done, which it says.
func (v *visit) lead(to, done string, pairs ...string) error {
	v.Tell("done."+done, pairs...)
	http.Redirect(v.W, v.R, to, http.StatusSeeOther)
	return nil
}
