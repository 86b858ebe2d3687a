// Package gallery shows every page in every state, with invented people, so that each can be looked at and measured. It
// needs no room and no sign-in, exists in the demonstration and in tests alone, and refuses to be anything else: nothing
// that it shows is kept or done.
package gallery

import (
	"embed"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/standin-id/standin/web"
	"github.com/standin-id/standin/web/admin"
	"github.com/standin-id/standin/web/apps"
	"github.com/standin-id/standin/web/explain"
	"github.com/standin-id/standin/web/flow"
	"github.com/standin-id/standin/web/frame"
)

// Gallery lists every page in every state.
type Gallery struct {
	frame.Base
	Pages []Page
}

// Page is one page's states.
type Page struct {
	Name   string
	States []State
}

// State is one page in one state, which is answered with Status, or 200 where that is 0.
type State struct {
	Page, Name string
	Status     int
	View       func(b frame.Base) frame.Page
}

// Now is when everything in the gallery happens: Saturday 21 November 2026, 9:18 in Berlin.
var Now = time.Date(2026, 11, 21, 8, 18, 0, 0, time.UTC)

//go:embed gallery.html
var files embed.FS

// sets are all pages that are to be shown.
func sets() []frame.Set {
	own := frame.Set{Files: files, Views: map[string]frame.Page{"gallery": &Gallery{}}}
	return []frame.Set{web.Pages(), admin.Pages(), apps.Pages(), explain.Pages(), flow.Pages(), own}
}

// States returns every page in every state.
func States() []State {
	var all []State
	for _, some := range [][]State{entranceStates(), chooserStates(), homeStates(), namingStates(), explainStates(), delegationStates(),
		actingStates(), auditStates(), peopleStates(), failureStates(), setUpStates(), organisationStates(), exportsStates(), signInsStates(), appsStates(), signingStates(), flowStates()} {
		all = append(all, some...)
	}
	return all
}

func pages() []Page {
	var all []Page
	for _, s := range States() {
		at := slices.IndexFunc(all, func(p Page) bool { return p.Name == s.Page })
		if at < 0 {
			at, all = len(all), append(all, Page{Name: s.Page})
		}
		all[at].States = append(all[at].States, s)
	}
	return all
}

// Handler answers GET /gallery, /gallery/{page}/{state} and /assets/: every page in every state, in the language and theme
// of the browser.
func Handler(log *slog.Logger) http.Handler {
	g := &gallery{frame.New(frame.Config{Now: time.Now, Log: log}, sets()...)}
	mux := http.NewServeMux()
	g.Mount(mux)
	mux.HandleFunc("GET /gallery", g.serve)
	mux.HandleFunc("GET /gallery/{page}/{state}", g.serve)
	return frame.Guarded(mux)
}

type gallery struct{ *frame.Site }

func (g *gallery) serve(w http.ResponseWriter, r *http.Request) {
	b := g.Plain(r)
	b.Now, b.Location = Now, berlin()
	b.Me, b.Organisation, b.Stamp = ada(), "Acme Ltd", "gallery"
	b.RequestID = "r-7c1e40"
	name, view, status := "gallery", frame.Page(&Gallery{Base: b, Pages: pages()}), http.StatusOK
	if wanted := r.PathValue("page"); wanted != "" {
		name = ""
		for _, state := range States() {
			if state.Page == wanted && state.Name == r.PathValue("state") {
				name, view, status = state.Page, state.View(b), state.Status
			}
		}
	}
	if name == "" {
		g.Fail(w, r, b, frame.NoPage())
		return
	}
	if status == 0 {
		status = http.StatusOK
	}
	g.Show(w, r, status, name, view)
}
