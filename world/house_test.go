package world

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/signin"
)

// house is the rooms over one database, with a clock that stands still until it is moved.
type house struct {
	*World
	t      *testing.T
	acting *acting.Acting
	clock  time.Time
}

func settle(t *testing.T, d *db.DB) *house {
	h := &house{t: t, clock: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	now := func() time.Time { return h.clock }
	l := ledger.New(d, now)
	dir := directory.New(d, l, now)
	del := delegation.New(d, l, dir, now)
	h.acting = acting.New(d, l, dir, del, now)
	quick := argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	s := signin.New(d, l, dir, h.acting, now, signin.Options{Hash: quick})
	h.World = New(d, l, application.New(d, l, now), dir, del, s, now)
	return h
}

// in runs the test with a house on each database.
func in(t *testing.T, test func(h *house)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(settle(t, d)) })
}

// plan plans the text, which must be fine.
func (h *house) plan(text string) *Plan {
	h.t.Helper()
	p, err := h.Plan(h.t.Context(), load(h.t, text))
	if err != nil {
		h.t.Fatalf("plan: %v", err)
	}
	return p
}

// apply plans and applies the text, and shows that applying it again would change nothing.
func (h *house) apply(text string) *Plan {
	h.t.Helper()
	p := h.plan(text)
	if err := h.Apply(h.t.Context(), p, nil); err != nil {
		h.t.Fatalf("what was planned is refused: %v", err)
	}
	again := h.plan(text)
	if !again.Empty() {
		h.t.Errorf("applying twice changes %+v", again.Changes)
	}
	if fmt.Sprint(again.Kept) != fmt.Sprint(p.Kept) {
		h.t.Errorf("kept the second time %v, the first time %v", again.Kept, p.Kept)
	}
	return p
}

// refused returns the problems for which planning the text is refused, and shows that nothing was written.
func (h *house) refused(text string) Problems {
	h.t.Helper()
	before := h.everything()
	_, err := h.Plan(h.t.Context(), load(h.t, text))
	ps, ok := errors.AsType[Problems](err)
	if !ok || standin.KindOf(err) != standin.Invalid {
		h.t.Fatalf("it is planned: %v", err)
	}
	if after := h.everything(); !slices.Equal(before, after) {
		h.t.Error("a file that was refused changed something")
	}
	return ps
}

func (h *house) view(fn func(ctx context.Context, tx *db.Tx) error) {
	h.t.Helper()
	if err := h.db.View(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

// everything returns each row of each room and each record, one on a line and in order, but for what chance decides.
func (h *house) everything() (all []string) {
	h.t.Helper()
	h.view(func(ctx context.Context, tx *db.Tx) error {
		all = nil
		orgs, err := h.directory.Organisations(ctx, tx)
		if err != nil {
			return err
		}
		for _, org := range orgs {
			yield := func(resource string, state any) error {
				all = append(all, line(org, "row", resource, ledger.State(state)))
				return nil
			}
			for _, explain := range []func(context.Context, *db.Tx, standin.OrganisationID, func(string, any) error) error{
				h.directory.Explain, h.applications.Explain, h.delegations.Explain, h.acting.Explain, h.signin.Explain} {
				if err := explain(ctx, tx, org, yield); err != nil {
					return err
				}
			}
			p := &planner{World: h.World, ctx: ctx, tx: tx}
			err := p.eachRecord(ledger.Filter{Organisation: org}, func(r ledger.Record) bool {
				all = append(all, line(org, fmt.Sprintf("record %s %s %s", r.Actor, r.Action, r.Outcome), r.Resource, r.After))
				return true
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	slices.Sort(all)
	return all
}

var fingerprint = regexp.MustCompile(`"fingerprint":"[0-9a-f]*"`)

// line leaves out what differs between two equal houses: the salts of passwords and of other secrets.
func line(org standin.OrganisationID, what, resource string, state json.RawMessage) string {
	if strings.HasPrefix(resource, "password:") {
		state = nil
	}
	return fmt.Sprint(org, " ", what, " ", resource, " ", string(fingerprint.ReplaceAll(state, nil)))
}

// as is the person acting in their own name.
func as(org standin.OrganisationID, id standin.PersonID) standin.Caller {
	return standin.Caller{Organisation: org, Actor: standin.PersonActor(id), Principal: id}
}

func (h *house) person(id standin.PersonID) (p directory.Person) {
	h.t.Helper()
	h.view(func(ctx context.Context, tx *db.Tx) (err error) {
		p, err = h.directory.Person(ctx, tx, "acme", id)
		return err
	})
	return p
}

func (h *house) client(id standin.ClientID) (c application.Client) {
	h.view(func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = h.applications.Client(ctx, tx, id)
		return err
	})
	return c
}

func (h *house) delegation(id standin.DelegationID) (d delegation.Delegation) {
	h.t.Helper()
	h.view(func(ctx context.Context, tx *db.Tx) (err error) {
		d, err = h.delegations.Load(ctx, tx, "acme", id)
		return err
	})
	return d
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

type hashed = signin.PasswordHash

func (h *house) organisation() (o directory.Organisation) {
	h.t.Helper()
	h.view(func(ctx context.Context, tx *db.Tx) (err error) {
		o, err = h.directory.Organisation(ctx, tx, "acme")
		return err
	})
	return o
}

// role returns a role as it is, but with these permissions.
func (h *house) role(id standin.RoleID, allow ...string) (r rights.Role) {
	h.t.Helper()
	h.view(func(ctx context.Context, tx *db.Tx) error {
		role, err := h.directory.Role(ctx, tx, "acme", id)
		r = role.Role
		return err
	})
	r.Allow = allow
	return r
}
