// Package api owns /api/v1: for every use case one operation, described by OpenAPI 3.1 at /api/openapi.json. An operation
// reads what was sent, calls the use case that the pages call, and writes the outcome; so rules and records are the same.
// It refuses fields it does not know, callers it cannot name, and changes made for another identity than the present one.
// It decides nothing itself.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
)

// Rooms are the rooms whose use cases the operations call.
type Rooms struct {
	DB           *db.DB
	Ledger       *ledger.Ledger
	Applications *application.Applications
	Directory    *directory.Directory
	Delegations  *delegation.Delegations
	Acting       *acting.Acting
	Signin       *signin.Signin
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
	secure bool
	now    func() time.Time
	log    *slog.Logger
	huma   huma.API
}

// New returns the handler of everything below /api/.
func New(rooms Rooms, c Config) http.Handler {
	mux := http.NewServeMux()
	a := &api{Rooms: rooms, secure: c.Secure, now: c.Now, log: c.Log}
	a.huma = humago.New(mux, config(signin.CookieName(c.Secure)))
	a.describeMe()
	a.describeActing()
	a.describePeople()
	a.describeOrganisation()
	a.describeDelegations()
	a.describeAudit()
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		Fail(w, r, http.StatusNotFound)
	})
	return mux
}

func config(cookie string) huma.Config {
	c := huma.DefaultConfig("Standin", "1")
	c.Info.Description = "Lets one person act for another. Actor is who is really there, principal whom they act for.\n\n" +
		"Instants are RFC 3339, spans of time are written as \"8h\" or \"90d\". Lists come in pages: `next` of a page is the " +
		"`after` of the following one. An object that can be changed has a `version`; sent back with a change, it refuses the " +
		"change with 409 where somebody else was faster. Every error is a problem (RFC 9457) with a stable `code`."
	c.OpenAPIPath = "/api/openapi"
	c.DocsPath, c.SchemasPath = "", ""
	c.CreateHooks = nil
	c.RejectUnknownQueryParameters = true
	c.Transformers = []huma.Transformer{ours}
	c.Formats = map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key": {Type: "http", Scheme: "bearer", Description: "An API key. The key itself is the actor."},
		"cookie": {Type: "apiKey", In: "cookie", Name: cookie, Description: "A person's sign-in to Standin's pages; only " +
			"from the same origin."},
	}
	c.Security = []map[string][]string{{"key": {}}, {"cookie": {}}}
	return c
}

// about says what an operation is, for its description.
type about struct {
	id, summary, text string
	tag               string
	status            int  // of success, where it is not 200
	open              bool // for everybody
	any               bool // for every API key
	people            bool // for API keys made for people, too
	admin             bool // administration, which may ask for a proof first
	early             bool // possible before the privacy notice was accepted
}

// put adds one operation. do is given who asks; what it refuses becomes a problem.
func put[I, O any](a *api, method, path string, op about, do func(ctx context.Context, who standin.Caller, in *I) (*O, error)) {
	var security []map[string][]string // as for all
	if op.open {
		security = []map[string][]string{{}}
	}
	problem := a.huma.OpenAPI().Components.Schemas.Schema(problemType, true, "")
	huma.Register(a.huma, huma.Operation{
		OperationID: op.id, Method: method, Path: Prefix + path, Summary: op.summary, Description: op.text,
		Tags: []string{op.tag}, DefaultStatus: op.status, MaxBodyBytes: bodyLimit, Security: security,
		Middlewares: huma.Middlewares{a.gate(op)},
		Responses: map[string]*huma.Response{"default": {Description: "What went wrong.",
			Content: map[string]*huma.MediaType{problemJSON: {Schema: problem}}}},
	}, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, asker(ctx).Caller, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

const bodyLimit = 256 << 10

// body is an answer with content.
type body[T any] struct {
	Body T
}

// none is an answer without content.
type none struct{}
