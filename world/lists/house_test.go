package lists

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/world/table"
)

const acme standin.OrganisationID = "acme"

// house is the rooms over one database, with a clock that stands still until it is moved.
type house struct {
	*Lists
	t     *testing.T
	clock time.Time
}

var (
	operator = standin.OperatorCaller(acme, "import")
	root     = standin.Caller{Organisation: acme, Actor: "person:root", Principal: "root"} // administers everything
	lead     = standin.Caller{Organisation: acme, Actor: "person:lead", Principal: "lead"} // manages the people of sales
	plain    = standin.Caller{Organisation: acme, Actor: "person:plain", Principal: "plain"}
)

// in runs the test on each database in an organisation with the units sales, sales/emea and finance, and three people.
func in(t *testing.T, test func(h *house)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := &house{t: t, clock: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
		now := func() time.Time { return h.clock }
		l := ledger.New(d, now)
		dir := directory.New(d, l, now)
		h.Lists = New(d, l, application.New(d, l, now), dir, delegation.New(d, l, dir, now), now)
		settings := directory.DefaultSettings()
		settings.TimeZone = "Europe/Berlin"
		h.must(d.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			if _, err := dir.PutOrganisationIn(ctx, tx, operator, directory.Organisation{ID: acme, Name: "Acme", Settings: settings}); err != nil {
				return err
			}
			for _, u := range []standin.UnitID{"sales", "sales/emea", "finance"} {
				if _, err := dir.PutUnitIn(ctx, tx, operator, u); err != nil {
					return err
				}
			}
			for _, r := range []rights.Role{{ID: "super", Rank: 90, Allow: []string{"standin:*.*"}}, {ID: "staff", Rank: 1},
				{ID: "lead", Rank: 50, Allow: []string{"standin:person.manage@unit", "standin:delegation.manage@unit"}}} {
				if _, err := dir.PutRoleIn(ctx, tx, operator, r, 0); err != nil {
					return err
				}
			}
			for _, p := range []struct{ id, unit, role string }{{"root", "", "super"}, {"lead", "sales", "lead"}, {"plain", "sales", "staff"}} {
				if _, _, err := dir.PutPersonIn(ctx, tx, operator, directory.Person{ID: standin.PersonID(p.id), Name: "The " + p.id,
					Email: p.id + "@acme.example", Unit: standin.UnitID(p.unit), AcceptedAt: h.clock}); err != nil {
					return err
				}
				if _, err := dir.HoldIn(ctx, tx, operator, standin.PersonID(p.id), standin.RoleID(p.role), ""); err != nil {
					return err
				}
			}
			return nil
		}))
		test(h)
	})
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) read(text string) *table.Table {
	h.t.Helper()
	t, err := table.Read("list.csv", strings.NewReader(text))
	h.must(err)
	return t
}

func (h *house) plan(caller standin.Caller, kind Kind, text string) *Plan {
	h.t.Helper()
	before := h.everything()
	p, err := h.Plan(h.t.Context(), caller, kind, h.read(text), Options{})
	h.must(err)
	if !slices.Equal(before, h.everything()) {
		h.t.Error("planning wrote something")
	}
	return p
}

// apply plans and applies the list, and shows that sending it again does nothing more.
func (h *house) apply(caller standin.Caller, kind Kind, text string) *Plan {
	h.t.Helper()
	p := h.plan(caller, kind, text)
	told := p.Counts()
	h.must(h.Apply(h.t.Context(), caller, p, nil))
	if p.Counts() != told {
		h.t.Errorf("planned %+v, came to %+v: %v", told, p.Counts(), h.refusals(p))
	}
	if again := h.plan(caller, kind, text); !again.Empty() || again.Counts().Refuse != told.Refuse {
		h.t.Errorf("sent again: %+v, refused %v", again.Counts(), h.refusals(again))
	}
	return p
}

func (h *house) refusals(p *Plan) (all []string) {
	for _, r := range p.Refused() {
		all = append(all, fmt.Sprint(r.Line, " ", standin.CodeOf(r.Refusal)))
	}
	return all
}

// outcomes returns what becomes of each row: "create", "change name,unit", "refuse code".
func outcomes(p *Plan) (all []string) {
	for _, r := range p.Rows {
		said := string(r.Outcome)
		if r.Outcome == Change {
			said += " " + strings.Join(r.Changes, ",")
		}
		if r.Outcome == Refuse {
			said += " " + standin.CodeOf(r.Refusal)
		}
		all = append(all, said)
	}
	return all
}

func (h *house) person(email string) (p directory.Person) {
	h.t.Helper()
	h.must(h.db.View(h.t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		p, err = h.directory.PersonByEmail(ctx, tx, email)
		return err
	}))
	return p
}

// everything returns each person, role that is held and delegation, and how many records there are.
func (h *house) everything() (all []string) {
	h.t.Helper()
	h.must(h.db.View(h.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		all = nil
		note := func(resource string, state any) error {
			all = append(all, resource+" "+string(ledger.State(state)))
			return nil
		}
		if err := h.directory.Explain(ctx, tx, acme, note); err != nil {
			return err
		}
		if err := h.delegations.Explain(ctx, tx, acme, note); err != nil {
			return err
		}
		slices.Sort(all)
		var records int
		err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM records WHERE organisation = $1`, string(acme)).Scan(&records)
		all = append(all, fmt.Sprint("records ", records))
		return err
	}))
	return all
}

func (h *house) export(caller standin.Caller, kind Kind, form table.Form) *bytes.Buffer {
	h.t.Helper()
	var b bytes.Buffer
	h.must(h.Export(h.t.Context(), caller, kind, form, &b))
	return &b
}
