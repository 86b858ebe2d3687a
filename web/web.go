// Package web owns the pages of a person: signing in, choosing as whom to work, naming stand-ins and covering for others,
// and reading the record. It reads what a browser sends, calls one use case of a room, and shows the outcome in the
// person's language. It decides nothing and keeps nothing.
//
// What all pages have in common is in frame, the pages of administrators are in admin, and gallery shows every page in
// every state.
package web

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/admin"
	"github.com/standin-id/standin/web/apps"
	"github.com/standin-id/standin/web/explain"
	"github.com/standin-id/standin/web/flow"
	"github.com/standin-id/standin/web/frame"
)

// Rooms are the rooms whose use cases the pages call.
type Rooms = frame.Rooms

// Config says what the pages stand on.
type Config struct {
	Rooms
	// Secure says that browsers reach the pages by https: cookies are then theirs alone, "__Host-".
	Secure bool
	Now    func() time.Time
	Log    *slog.Logger
	// Demo adds the page of people to continue as, and the gallery. Only the command demo gives it.
	Demo *Demo
}

// site is all pages of this package.
type site struct {
	*frame.Site
	demo *Demo
}

// visit is one request by somebody who is signed in.
type visit struct {
	*frame.Visit
	demo *Demo // nil but in the demonstration
}

// New returns the handler of all pages, and of what they load.
func New(c Config) http.Handler {
	s := &site{demo: c.Demo, Site: frame.New(frame.Config{Rooms: c.Rooms, Secure: c.Secure, Now: c.Now, Log: c.Log, Trial: c.Demo != nil},
		Pages(), admin.Pages(), apps.Pages(), explain.Pages(), flow.Pages())}
	mux := http.NewServeMux()
	s.Mount(mux)
	mux.HandleFunc("GET /signin", s.showSignIn)
	mux.HandleFunc("POST /signin", s.signIn)
	mux.HandleFunc("POST /signout", s.signOut)
	mux.HandleFunc("POST /stop", s.stop)
	mux.HandleFunc("GET "+signin.LinkPage, s.showLink)
	mux.HandleFunc("POST "+signin.LinkPage, s.useLink)
	mux.HandleFunc("GET "+signin.SetUpPage, s.showSetUp)
	mux.HandleFunc("POST "+signin.SetUpPage, s.setUp)
	for pattern, p := range map[string]struct {
		do   func(*visit) error
		also frame.Allowance
	}{
		"GET /{$}":                        {(*visit).home, 0},
		"GET /prove":                      {(*visit).showProve, frame.WithoutTerms},
		"POST /prove":                     {(*visit).prove, frame.WithoutTerms},
		"POST /password/known":            {(*visit).knowLink, 0},
		"GET /terms":                      {(*visit).showTerms, frame.WithoutTerms},
		"POST /terms":                     {(*visit).acceptTerms, frame.WithoutTerms},
		"GET /choose":                     {(*visit).showChooser, frame.AfterEnd},
		"POST /choose":                    {(*visit).choose, frame.AfterEnd},
		"GET /stop":                       {(*visit).showStop, 0},
		"POST /extend":                    {(*visit).extend, 0},
		"GET /cover/name":                 {(*visit).showName, 0},
		"POST /cover/name":                {(*visit).name, 0},
		"GET /cover/{delegation}":         {(*visit).showDelegation, 0},
		"GET /cover/{delegation}/edit":    {(*visit).showEdit, 0},
		"POST /cover/{delegation}/edit":   {(*visit).edit, 0},
		"POST /cover/{delegation}/{verb}": {(*visit).change, 0},
		"GET /settings":                   {(*visit).showSettings, 0},
		"POST /settings/{what}":           {(*visit).changeSettings, 0},
		"GET /audit":                      {(*visit).audit, 0},
		"GET /audit/export":               {(*visit).exportAudit, 0},
		"POST /audit/verify":              {(*visit).verify, 0},
		"GET /audit/exports":              {(*visit).exportsPage, 0},
		"POST /audit/exports":             {(*visit).askExport, 0},
		"GET /audit/exports/{id}/file":    {(*visit).fetchExport, 0},
		"POST /audit/exports/{id}/delete": {(*visit).deleteExport, 0},
	} {
		mux.HandleFunc(pattern, s.SignedIn(func(v *frame.Visit) error { return p.do(&visit{v, s.demo}) }, p.also))
	}
	admin.Mount(mux, s.Site)
	apps.Mount(mux, s.Site)
	explain.Mount(mux, s.Site)
	flow.Mount(mux, s.Site)
	if s.demo != nil {
		mux.HandleFunc("GET /continue", s.showContinue)
		mux.HandleFunc("POST /continue", s.continueAs)
		if s.demo.Gallery != nil {
			mux.Handle("GET /gallery", s.demo.Gallery)
			mux.Handle("GET /gallery/{page}/{state}", s.demo.Gallery)
		}
	}
	return frame.Guarded(mux)
}

// CannotReturn returns what writes the page for a sign-in to an application that can neither go on nor be sent back: code
// is one of flow's, client and address what the request said. It needs no room.
func CannotReturn(log *slog.Logger, now func() time.Time) func(w http.ResponseWriter, r *http.Request, status int, code, client, address string) {
	return flow.CannotReturn(log, now)
}

// Fail writes the page for a status that no handler came to answer with: a request that was refused before, or a handler
// that panicked. It needs no room.
func Fail(log *slog.Logger, now func() time.Time) func(w http.ResponseWriter, r *http.Request, status int) {
	return frame.Fail(log, now)
}
