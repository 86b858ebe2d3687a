// Package apps owns the pages by which applications are connected: those that sign people in here, a recipe and a test
// sign-in for each, and what was heard from it. It shows a secret once, when it is made, and hands no token to anybody; who
// may connect applications is decided by the room that keeps them.
package apps

import (
	"context"
	"embed"
	"net/http"
	"net/url"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/web/frame"
)

//go:embed *.html
var files embed.FS

// Root is where the applications are listed; each has its page below.
const Root = "/apps"

// visit is one request by somebody who is signed in.
type visit struct{ *frame.Visit }

// Pages are those of connecting applications.
func Pages() frame.Set {
	return frame.Set{Files: files, Views: map[string]frame.Page{"apps": &List{}, "app-recipes": &Recipes{}, "app-new": &New{}, "app": &App{}, "app-test": &Test{}}}
}

// Mount adds the pages to the mux.
func Mount(mux *http.ServeMux, s *frame.Site) {
	for pattern, do := range map[string]func(*visit) error{
		"GET " + Root:                     (*visit).list,
		"GET " + Root + "/new":            (*visit).offer,
		"POST " + Root + "/new":           (*visit).take,
		"GET " + Root + "/{client}":       (*visit).app,
		"GET " + Root + "/{client}/test":  (*visit).tested,
		"POST " + Root + "/{client}/test": (*visit).test,
	} {
		mux.HandleFunc(pattern, s.SignedIn(func(v *frame.Visit) error { return do(&visit{v}) }, 0))
	}
	mux.HandleFunc("GET /organisation/applications", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, Root, http.StatusSeeOther) // where they were before
	})
}

// At is the page of the client.
func At(id standin.ClientID) string { return Root + "/" + url.PathEscape(string(id)) }

func (v *visit) clientID() standin.ClientID { return standin.ClientID(v.R.PathValue("client")) }

// settles refuses who may not change the organisation's settings, and asks those who may to prove that it is still they.
func (v *visit) settles(caller standin.Caller) error {
	err := v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) error {
		return v.Directory.Require(ctx, tx, caller, "settings", "manage", "")
	})
	if err != nil {
		return err
	}
	return v.RequireProof()
}

// issuer is Standin's public address, under which applications know it.
func (v *visit) issuer() string {
	if v.Tokens != nil {
		return v.Tokens.Issuer()
	}
	scheme := "http://"
	if v.Secure {
		scheme = "https://"
	}
	return scheme + v.R.Host
}
