// Package housetest is the house with all its rooms, for their tests and for what tests it from outside: it joins them over a
// database, founds organisations, lets people in and lets them stand in for each other. It refuses to replace anything: rooms,
// databases and passwords are the real ones, and only the clock moves when told. A room's own tests add what is theirs.
package housetest

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"testing"

	"github.com/alexedwards/argon2id"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/acting/impact"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/decision"
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
	"github.com/standin-id/standin/world"
	"github.com/standin-id/standin/world/exports"
	"github.com/standin-id/standin/world/lists"
)

// Issuer is the public address of every house.
const Issuer = "https://standin.example"

// House is the rooms over one database. Its methods fail the test T where the rooms refuse, unless they return the error.
type House struct {
	T testing.TB
	*Clock
	DB           *db.DB
	Ledger       *ledger.Ledger
	Key          ledger.Key // signs the record
	Applications *application.Applications
	Directory    *directory.Directory
	Delegations  *delegation.Delegations
	Acting       *acting.Acting
	Previews     *impact.Previews
	Decisions    *decision.Decisions
	Rules        *rules.Rules
	Trials       *trials.Trials
	Signin       *signin.Signin
	Signing      *keys.Keys
	Tokens       *token.Tokens
	Logout       *logout.Logout
	World        *world.World
	Lists        *lists.Lists
	Exports      *exports.Exports
	Checks       *checks.Checks
}

// Join joins the rooms over a database in which there may be nothing yet, or another house.
func Join(t testing.TB, d *db.DB, c *Clock) *House {
	t.Helper()
	l, log := ledger.New(d, c.Now), quiet()
	h := &House{T: t, Clock: c, DB: d, Ledger: l}
	var err error
	if h.Key, err = ledger.NewKey("test.example"); err != nil {
		t.Fatal(err)
	}
	h.Directory = directory.New(d, l, c.Now)
	h.Applications = application.New(d, l, c.Now).With(h.Directory.MayKeepAccess)
	h.Delegations = delegation.New(d, l, h.Directory, c.Now)
	h.Acting = acting.New(d, l, h.Directory, h.Delegations, c.Now)
	h.Previews = impact.New(d, l, h.Directory, h.Delegations, h.Acting, c.Now)
	h.Decisions = decision.New(d, l, h.Directory, h.Applications, h.Delegations, h.Acting, c.Now)
	h.Rules = rules.New(d, l, h.Directory, c.Now)
	h.Trials = trials.New(d, l, h.Directory, h.Applications, h.Acting, c.Now)
	h.Signin = h.Door(Cheap())
	h.Signing = keys.New(d, l, h.Directory, keys.NewSeal(), c.Now, log)
	h.Tokens = token.New(token.House{DB: d, Ledger: l, Applications: h.Applications, Directory: h.Directory, Delegations: h.Delegations,
		Acting: h.Acting, Signin: h.Signin, Keys: h.Signing, Issuer: Issuer}, c.Now)
	h.Logout = logout.New(logout.House{DB: d, Ledger: l, Directory: h.Directory, Applications: h.Applications, Tokens: h.Tokens,
		Keys: h.Signing, Log: log}, c.Now)
	h.World = world.New(d, l, h.Applications, h.Directory, h.Delegations, h.Signin, c.Now)
	h.Lists = lists.New(d, l, h.Applications, h.Directory, h.Delegations, c.Now)
	t.Cleanup(h.Lists.Wait)
	h.Exports = exports.New(d, l, h.Directory, h.Applications, c.Now, log)
	h.Checks = checks.New(d, l, h.Directory, h.Key.Verifier(), c.Now, log)
	return h
}

// Cheap makes the hashing of passwords quick.
func Cheap() signin.Options {
	return signin.Options{Hash: argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}}
}

// Door is another front door of the same house, with other options.
func (h *House) Door(o signin.Options) *signin.Signin {
	return signin.New(h.DB, h.Ledger, h.Directory, h.Acting, h.Now, o)
}

// ApplyFile applies the world file of that name.
func (h *House) ApplyFile(name string) {
	h.T.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		h.T.Fatal(err)
	}
	f, err := world.Load(name, bytes.NewReader(text))
	if err != nil {
		h.T.Fatal(err)
	}
	h.Apply(f)
}

// Apply applies a world file that is read.
func (h *House) Apply(f *world.File) {
	h.T.Helper()
	plan, err := h.World.Plan(h.T.Context(), f)
	if err != nil {
		h.T.Fatal(err)
	}
	if err := h.World.Apply(h.T.Context(), plan, nil); err != nil {
		h.T.Fatal(err)
	}
}

// Update runs fn in a transaction that may write.
func (h *House) Update(fn func(ctx context.Context, tx *db.Tx) error) {
	h.T.Helper()
	if err := h.DB.Update(h.T.Context(), fn); err != nil {
		h.T.Fatal(err)
	}
}

// View runs fn in a transaction that reads.
func (h *House) View(fn func(ctx context.Context, tx *db.Tx) error) {
	h.T.Helper()
	if err := h.DB.View(h.T.Context(), fn); err != nil {
		h.T.Fatal(err)
	}
}

// Must fails the test unless something was changed.
func (h *House) Must(changed bool, err error) {
	h.T.Helper()
	if err != nil || !changed {
		h.T.Fatalf("got changed %v, %v; want a change", changed, err)
	}
}

// Operator is whoever runs the installation, who speaks to the organisation.
func Operator(org standin.OrganisationID) standin.Caller { return standin.OperatorCaller(org, "test") }

// As is the person in their own name.
func As(org standin.OrganisationID, id standin.PersonID) standin.Caller {
	return standin.Caller{Organisation: org, Actor: standin.PersonActor(id), Principal: id}
}

// Refused fails the test unless err is of the kind and code.
func Refused(t testing.TB, err error, kind standin.Kind, code string) {
	t.Helper()
	if standin.KindOf(err) != kind || standin.CodeOf(err) != code {
		t.Errorf("got %v (%s, %s), want %s, %s", err, standin.KindOf(err), standin.CodeOf(err), kind, code)
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
