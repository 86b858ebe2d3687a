// Package api owns /api/v1: for every use case one operation, described by OpenAPI 3.1 at /api/openapi.json. An operation
// reads what was sent, calls the use case that the pages call, and writes the outcome; so rules and records are the same.
// It refuses fields it does not know, callers it cannot name, and changes made for another identity than the present one.
// It decides nothing itself.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/acting/impact"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/decision/deeds"
	"github.com/standin-id/standin/decision/trials"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/directory/checks"
	"github.com/standin-id/standin/directory/rules"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/token/keys"
	"github.com/standin-id/standin/token/logout"
	"github.com/standin-id/standin/world/exports"
	"github.com/standin-id/standin/world/lists"
)

// Rooms are the rooms whose use cases the operations call.
type Rooms struct {
	DB           *db.DB
	Ledger       *ledger.Ledger
	Applications *application.Applications
	Directory    *directory.Directory
	Delegations  *delegation.Delegations
	Acting       *acting.Acting
	Previews     *impact.Previews
	Signin       *signin.Signin
	Lists        *lists.Lists
	Checks       *checks.Checks
	Rules        *rules.Rules
	Trials       *trials.Trials
	Decisions    *decision.Decisions
	Exports      *exports.Exports
	Tokens       *token.Tokens
	Signing      *keys.Keys
	Logout       *logout.Logout
}

// Config is what the program around the API knows.
type Config struct {
	Secure bool // browsers reach it by https
	Now    func() time.Time
	Log    *slog.Logger
}

// Prefix is where all operations begin.
const Prefix = "/api/v1"

type api struct {
	Rooms
	secure  bool
	now     func() time.Time
	log     *slog.Logger
	huma    huma.API
	origins *http.CrossOriginProtection
	deeds   *deeds.Deeds
}

// New returns the handler of everything below /api/.
func New(rooms Rooms, c Config) http.Handler {
	mux := http.NewServeMux()
	a := &api{Rooms: rooms, secure: c.Secure, now: c.Now, log: c.Log, origins: http.NewCrossOriginProtection()}
	a.deeds = deeds.New(rooms.DB, rooms.Ledger, rooms.Directory, rooms.Applications, rooms.Acting, c.Now)
	a.huma = humago.New(mux, config(signin.CookieName(c.Secure)))
	a.describeMe()
	a.describeActing()
	a.describePeople()
	a.describeOrganisation()
	a.describeDelegations()
	a.describeAudit()
	a.describeChecks()
	a.describeExports()
	a.describeLogins()
	a.describeGroups()
	a.describeLinks()
	a.describeKeeping()
	a.describeImpact()
	a.describeReports()
	a.describeLists()
	a.describeRules()
	a.describeDecisions()
	a.describeRoleTrials()
	a.describeResources()
	a.describeRecords()
	a.describeGranted()
	a.describeSigning()
	mux.Handle("GET "+DescriptionPath, a.description())
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) { astray(mux, w, r) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		mux.ServeHTTP(w, r)
	})
}

// astray answers where no operation is, and says so where one is by another method.
func astray(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if _, pattern := mux.Handler(&http.Request{Method: method, URL: r.URL, Host: r.Host}); strings.HasPrefix(pattern, "/") || pattern == "" {
			continue
		}
		allowed = append(allowed, method)
	}
	if allowed == nil {
		Fail(w, r, http.StatusNotFound)
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	Fail(w, r, http.StatusMethodNotAllowed)
}

// about says what an operation is, for its description.
type about struct {
	id, summary, text string
	tag               string
	status            int   // of success, where it is not 200
	fails             []int // statuses of failure, besides those that all of its kind have
	open              bool  // for everybody
	person            bool  // for people who signed in, not for API keys
	stops             bool  // for whoever signed in, in whatever state, even from a page of an old identity (P6)
	any               bool  // for every API key
	people            bool  // for API keys made for people, too
	decide            bool  // for API keys made for decide, too
	record            bool  // for API keys made for record, too
	admin             bool  // administration, which may ask for a proof first
	lines             bool  // the answer is JSON lines
	file              bool  // the answer is an export, in the form that was asked for
	list              bool  // the body is a list of many rows
	sheet             bool  // the answer is such a list
	early             bool  // possible before the privacy notice was accepted
}

// put adds one operation. do is given who asks; what it refuses becomes a problem.
func put[I, O any](a *api, method, path string, op about, do func(ctx context.Context, who standin.Caller, in *I) (*O, error)) {
	operation := a.operation(method, path, op)
	huma.Register(a.huma, operation, func(ctx context.Context, in *I) (*O, error) {
		from := asker(ctx)
		out, err := do(ctx, from.Caller, in)
		if err != nil {
			return nil, a.problem(ctx, from.operation, err)
		}
		return out, nil
	})
}

// body is an answer with content.
type body[T any] struct {
	Body T
}

// none is an answer without content.
type none struct{}
