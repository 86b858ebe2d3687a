package world

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// handiwork is something that is done by hand after the company was applied. Then the company is applied again, with texts
// replaced: one thing is kept, or one thing is changed, or neither.
type handiwork struct {
	do            func() error
	replace       []string
	kept, changed string
}

func handiworks(h *house) map[string]handiwork {
	ctx, root := h.t.Context(), as("acme", "root")
	settings := func(change func(s *directory.Settings)) func() error {
		return func() error {
			o := h.organisation()
			change(&o.Settings)
			_, err := h.directory.PutOrganisation(ctx, root, o)
			return err
		}
	}
	edit := func(c delegation.Change) func() error {
		return func() error {
			_, err := h.delegations.Edit(ctx, root, "d-1", c)
			return err
		}
	}
	operator := standin.OperatorCaller("acme", "console")
	keys := application.New(nil, nil, nil)
	if h.World != nil { // not where only the names are asked for
		keys = h.applications.With(h.directory.MayKeepAccess)
	}
	client := func(change func(c *application.Client)) func() error {
		return func() error {
			c, err := keys.KeptClient(ctx, root, "desk")
			if err != nil {
				return err
			}
			c.Name = "Desk"
			change(&c)
			_, err = keys.ChangeClient(ctx, root, c)
			return err
		}
	}
	return map[string]handiwork{
		"acting shortened": {settings(func(s *directory.Settings) { s.Acting.Max = 4 * time.Hour }), nil, "organisation acme settings.acting.max", ""},
		"cap lowered":      {settings(func(s *directory.Settings) { s.Delegation.Max = 80 * 24 * time.Hour }), nil, "organisation acme settings.delegation.max", ""},
		"answers recorded": {settings(func(s *directory.Settings) { s.Decisions.RecordOwn = true }),
			[]string{"calls: principal}", "calls: principal, decisions: {record_own: false}}"}, "organisation acme settings.decisions.record_own", ""},
		"answers asked": {settings(func(s *directory.Settings) { s.Delegation.Accept = true }), nil, "organisation acme settings.delegation.accept", ""},
		"super admins only": {settings(func(s *directory.Settings) { s.Impersonation.SuperAdminsOnly = true }), nil,
			"organisation acme settings.impersonation.super_admins_only", ""},
		"acting lengthened": {settings(func(s *directory.Settings) { s.Acting.Max = 12 * time.Hour }), nil, "", "organisation acme"},
		"word changed":      {settings(func(s *directory.Settings) { s.Word = "proxy" }), nil, "", "organisation acme"},
		"role narrowed": {func() error {
			_, err := h.directory.PutRole(ctx, root, h.role("manager", "desk:expense.view@unit"), 0)
			return err
		}, nil, "role manager allow", ""},
		"role lowered": {func() error {
			r := h.role("manager", "desk:expense.view@unit", "desk:expense.approve@unit")
			r.Rank = 5
			_, err := h.directory.PutRole(ctx, root, r, 0)
			return err
		}, nil, "role manager rank", ""},
		"role widened": {func() error {
			_, err := h.directory.PutRole(ctx, root, h.role("manager", "desk:*.*@org"), 0)
			return err
		}, nil, "", "role manager"},
		"role taken": {func() error {
			_, err := h.directory.Release(ctx, root, "p-1", "manager", "sales")
			return err
		}, nil, "role of person p-1/manager@sales taken away", ""},
		"moved": {func() error {
			p := h.person("p-2")
			p.Unit = "finance"
			_, _, err := h.directory.PutPerson(ctx, root, p)
			return err
		}, nil, "person p-2 unit", ""},
		"renamed": {func() error {
			p := h.person("p-2")
			p.Name = "By Hand"
			_, _, err := h.directory.PutPerson(ctx, root, p)
			return err
		}, nil, "", "person p-2"},
		"made inactive": {func() error { return h.directory.Deactivate(ctx, root, "p-2") }, nil, "", ""},
		"revoked": {func() error {
			_, err := h.delegations.Revoke(ctx, as("acme", "p-1"), "d-1")
			return err
		}, []string{"2027-01-15T00:00:00Z", "2027-01-20T00:00:00Z"}, "delegation d-1 ended", ""},
		"laid down": {func() error {
			_, err := h.delegations.LayDown(ctx, as("acme", "p-2"), "d-1")
			return err
		}, []string{`deny: ["desk:expense.reimburse"], `, ""}, "delegation d-1 ended", ""},
		"revoked, file as before": {func() error {
			_, err := h.delegations.Revoke(ctx, as("acme", "p-1"), "d-1")
			return err
		}, nil, "", ""},
		"deleted": {func() error { return h.delegations.Delete(ctx, as("acme", "p-1"), "d-1") }, nil, "delegation d-1 deleted", ""},
		"end brought forward": {edit(delegation.Change{End: new(h.clock.Add(48 * time.Hour))}),
			[]string{"2027-01-15T00:00:00Z", "2027-01-20T00:00:00Z"}, "delegation d-1 end", ""},
		"end brought forward, file too": {edit(delegation.Change{End: new(h.clock.Add(48 * time.Hour))}),
			[]string{"2027-01-15T00:00:00Z", "2026-11-21T00:00:00Z"}, "", "delegation d-1"},
		"limited": {edit(delegation.Change{Limits: &rights.Limits{Units: []standin.UnitID{"sales"}, Deny: []string{"desk:expense.reimburse"}, ReadOnly: true}}),
			[]string{"units: [sales]}}", "units: [sales, finance]}}"}, "delegation d-1 limits", ""},
		"purpose changed": {edit(delegation.Change{Purpose: new("by hand")}), []string{"purpose: annual leave", "purpose: leave"}, "", "delegation d-1"},
		"guardrails": {func() error {
			_, err := h.directory.PutGuardrails(ctx, root, h.organisation().Guardrails+"forbid (principal, action, resource);", 0)
			return err
		}, nil, "organisation acme guardrails", ""},
		"client ended": {func() error { return h.applications.EndClient(ctx, operator, "desk") }, nil, "client desk ended", ""},
		"client rotated": {func() error {
			_, _, err := keys.RotateClient(ctx, root, "desk", 0)
			return err
		}, nil, "client desk secret", ""},
		"client closed to stand-ins": {client(func(c *application.Client) { c.StandIns = false }), nil, "client desk stand_ins", ""},
		"client exchanges no more":   {client(func(c *application.Client) { c.Exchange = false }), nil, "client desk exchange", ""},
		"client asks for consent":    {client(func(c *application.Client) { c.ThirdParty = true }), nil, "", ""},
		"client asks for consent, file not": {client(func(c *application.Client) { c.ThirdParty = true }),
			[]string{"exchange: true", "exchange: true, third_party: false"}, "client desk third_party", ""},
		"client without an address": {client(func(c *application.Client) { c.RedirectURIs = []string{"https://desk.example/"} }), nil,
			"client desk redirect_uris", ""},
		"client's other settings": {client(func(c *application.Client) {
			c.ReadsAct, c.Initiate, c.Algorithm = true, "http://127.0.0.1:9000/login", application.RS256
			c.Audiences = []string{"https://api.example/"}
		}), nil, "", ""},
		"client's audience, file too": {client(func(c *application.Client) { c.Audiences = []string{"a"} }),
			[]string{"exchange: true", "exchange: true, audiences: [a, b]"}, "client desk audiences", ""},
		"key rotated": {func() error {
			_, _, err := keys.RotateKey(ctx, root, "desk-pdp", 0)
			return err
		}, nil, "API key desk-pdp secret", ""},
		"key rotated, overlapping": {func() error {
			_, _, err := keys.RotateKey(ctx, root, "desk-pdp", time.Hour)
			return err
		}, nil, "", ""},
		"key narrowed": {func() error {
			_, err := keys.ChangeKey(ctx, root, "desk-pdp", application.KeepKeys{Name: "by hand", May: []string{"decide"}}, 0)
			return err
		}, []string{"may: [decide]", "may: [decide, record]"}, "", "API key desk-pdp"},
		"key narrowed by hand": {func() error {
			for _, may := range [][]string{{"decide", "record"}, {"decide"}} {
				if _, err := keys.ChangeKey(ctx, root, "desk-pdp", application.KeepKeys{Name: "by hand", May: may}, 0); err != nil {
					return err
				}
			}
			return nil
		}, []string{"may: [decide]", "may: [decide, record]"}, "API key desk-pdp may", ""},
		"key narrowed to an application": {func() error {
			for _, may := range [][]string{{"decide", "record"}, {"decide", "record:desk"}} {
				if _, err := keys.ChangeKey(ctx, root, "desk-pdp", application.KeepKeys{Name: "by hand", May: may}, 0); err != nil {
					return err
				}
			}
			return nil
		}, []string{"may: [decide]", "may: [decide, record]"}, "API key desk-pdp may", ""},
		"key widened by hand": {func() error {
			_, err := keys.ChangeKey(ctx, root, "desk-pdp", application.KeepKeys{Name: "by hand", May: []string{"decide", "record"}}, 0)
			return err
		}, []string{"may: [decide]", `may: [decide, "record:desk"]`}, "", "API key desk-pdp"},
		"key ended": {func() error { return h.applications.EndKey(ctx, operator, "desk-pdp") }, nil, "API key desk-pdp ended", ""},
	}
}

// Nothing that somebody ended or narrowed is revived or widened (DESIGN.md §7). What differs otherwise becomes as the file
// says.
func TestWhatSomebodyNarrowedStays(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(handiworks(&house{t: t}))) {
		t.Run(name, func(t *testing.T) {
			in(t, func(h *house) {
				h.apply(company(t))
				h.clock = h.clock.Add(time.Hour)
				c := handiworks(h)[name]
				h.must(c.do())
				before := h.everything()
				p := h.apply(with(t, c.replace...))
				var kept, changed []string
				for _, k := range p.Kept {
					kept = append(kept, k.Kind+" "+k.ID+" "+k.What)
				}
				for _, k := range p.Changes {
					changed = append(changed, k.Kind+" "+k.ID)
				}
				if strings.Join(kept, ", ") != c.kept || strings.Join(changed, ", ") != c.changed {
					h.t.Errorf("kept %q, changed %q", kept, changed)
				}
				if diff := cmp.Diff(before, h.everything()); c.changed == "" && diff != "" {
					h.t.Errorf("something changed:\n%s", diff)
				}
			})
		})
	}
}

// The operator's own changes are no handiwork: what a file narrowed a file may widen.
func TestTheFileMayWidenWhatTheFileNarrowed(t *testing.T) {
	in(t, func(h *house) {
		for _, text := range []string{
			with(t, "max: 8h", "max: 4h", `"desk:expense.view@unit", "desk:expense.approve@unit"`, `"desk:expense.view@unit"`, "rank: 10", "rank: 4",
				"2027-01-15T00:00:00Z", "2026-12-15T00:00:00Z", "max: 90d", "max: 80d", "> 5000", "> 10"),
			company(t),
		} {
			if p := h.apply(text); len(p.Kept) > 0 || p.Empty() {
				h.t.Errorf("kept %v, changes %v", p.Kept, p.Changes)
			}
		}
		if o := h.organisation(); o.Settings.Acting.Max != 8*time.Hour || !strings.Contains(o.Guardrails, "5000") {
			h.t.Errorf("organisation %+v", o)
		}
		if d := h.delegation("d-1"); d.EndsAt.Year() != 2027 {
			h.t.Errorf("it ends %v", d.EndsAt)
		}
		if r := h.role("manager"); r.Rank != 10 {
			h.t.Errorf("role %+v", r)
		}
	})
}

// Somebody administers acme, whatever the file says; and another may take over in one file.
func TestTheLastAdministratorStays(t *testing.T) {
	in(t, func(h *house) {
		h.apply(company(t))
		narrower := []string{`allow: ["standin:*.*@org"]`, `allow: ["standin:audit.view@org"]`}
		ps := h.refused(with(t, narrower...))
		if want := `line 19, column 44: nobody would administer "acme" any more; somebody active is expected to hold standin:*.* in all of it`; len(ps) != 1 || ps[0].String() != want {
			h.t.Errorf("got  %v\nwant %s", ps, want)
		}
		// Somebody else gets the power, but is inactive.
		heir := append(narrower, "    people:", `      - {id: chief, rank: 90, allow: ["standin:*.*"]}
    people:
      - {id: heir, name: Heir, email: heir@acme.example, roles: [chief]}`)
		h.apply(with(t, heir[2:4]...))
		h.must(h.directory.Deactivate(h.t.Context(), as("acme", "root"), "heir"))
		if ps := h.refused(with(t, heir...)); !strings.Contains(ps.Error(), "nobody would administer") {
			h.t.Errorf("got %v", ps)
		}
		h.must(h.directory.Reactivate(h.t.Context(), as("acme", "root"), "heir"))
		if p := h.apply(with(t, heir...)); len(p.Changes) != 1 || p.Changes[0].ID != "super_admin" {
			h.t.Errorf("changes %+v", p.Changes)
		}
	})
	in(t, func(h *house) {
		h.apply(company(t))
		h.apply(with(t, `allow: ["standin:*.*@org"]`, `allow: ["standin:audit.view@org"]`, "    people:", `      - {id: chief, rank: 90, allow: ["standin:*.*"]}
    people:
      - {id: heir, name: Heir, email: heir@acme.example, roles: [chief]}`))
	})
}
