package world

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// company is the contract with everybody in it of whom it speaks: p-2, and root who administers.
func company(t testing.TB) string {
	return at(t, "    delegations:", `      - {id: p-2, name: Other One, email: two@acme.example, unit: sales/emea, roles: [staff]}
      - {id: root, name: Ada Root, email: root@acme.example, roles: [super_admin], accepted_terms: true}
    delegations:`)
}

// with returns the company with texts replaced, each of which must be in it.
func with(t testing.TB, replace ...string) string {
	t.Helper()
	text := company(t)
	for pair := range slices.Chunk(replace, 2) {
		if !strings.Contains(text, pair[0]) {
			t.Fatalf("the company has no %q", pair[0])
		}
		text = strings.Replace(text, pair[0], pair[1], 1)
	}
	return text
}

func TestApplyMakesTheOrganisation(t *testing.T) {
	in(t, func(h *house) {
		var told []int
		p := h.plan(company(t))
		h.must(h.Apply(t.Context(), p, func(done, total int) {
			if total != len(p.Changes) {
				t.Errorf("told %d of %d", done, total)
			}
			told = append(told, done)
		}))
		if !slices.IsSorted(told) || told[0] != 0 || told[len(told)-1] != len(p.Changes) || p.Created() != len(p.Changes) {
			t.Errorf("progress %v of %d, %d created", told, len(p.Changes), p.Created())
		}
		person := h.person("p-1")
		if person.Name != "First Last" || person.Manager != "p-2" || person.Unit != "sales" || person.TimeZone != "Europe/Berlin" ||
			!person.AcceptedAt.Equal(h.clock) || !person.Active() {
			t.Errorf("person %+v", person)
		}
		if other := h.person("p-2"); other.TimeZone != "UTC" || !other.AcceptedAt.IsZero() {
			t.Errorf("person %+v", other)
		}
		cover, standby := h.delegation("d-1"), h.delegation("d-2")
		if cover.StateAt(h.clock) != "active" || cover.Purpose != "annual leave" || !cover.CreatedAt.Equal(h.clock) {
			t.Errorf("cover %+v", cover)
		}
		if standby.StateAt(h.clock.Add(119*time.Minute)) != "active" || standby.StateAt(h.clock.Add(2*time.Hour)) != "dormant" {
			t.Errorf("standby %+v", standby)
		}
		token, _, err := h.signin.Password(t.Context(), "one@acme.example", "only-for-trials", standin.Origin{Address: "192.0.2.1"})
		if err != nil || token == "" {
			t.Errorf("signing in: %v", err)
		}
		h.view(func(ctx context.Context, tx *db.Tx) error {
			if err := h.applications.CheckClientSecret(ctx, tx, "desk", "only-for-trials"); err != nil {
				t.Errorf("the client's secret: %v", err)
			}
			id, err := h.applications.SecretHolder(ctx, tx, "only-for-trials")
			if id != "desk-pdp" {
				t.Errorf("the key's secret is that of %q", id)
			}
			return err
		})
	})
}

// Each thing is one record by the operator, and what is there is what the record says.
func TestEachThingIsOneRecord(t *testing.T) {
	in(t, func(h *house) {
		p := h.apply(company(t))
		records := map[string][]string{}
		rows := map[string]string{}
		for _, l := range h.everything() {
			org, rest, _ := strings.Cut(l, " ")
			what, rest, _ := strings.Cut(rest, " ")
			if what == "row" {
				resource, state, _ := strings.Cut(rest, " ")
				rows[org+" "+resource] = state
				continue
			}
			fields := strings.SplitN(rest, " ", 5)
			if fields[0] != "operator:apply" || fields[2] != "done" {
				t.Errorf("record %s", rest)
			}
			records[org+" "+fields[3]] = append(records[org+" "+fields[3]], fields[4])
		}
		many := 0
		for resource, states := range records {
			many += len(states)
			if state := rows[resource]; !slices.Contains(states, state) {
				t.Errorf("%s is %s, recorded %v", resource, state, states)
			}
			if strings.Contains(strings.Join(states, ""), "only-for-trials") {
				t.Errorf("%s tells a secret", resource)
			}
		}
		// The password is a record of its own.
		if len(rows) != len(records) || many != len(p.Changes)+1 {
			t.Errorf("%d rows, %d recorded, %d records for %d changes", len(rows), len(records), many, len(p.Changes))
		}
	})
}

func TestTheDifferenceIsReadable(t *testing.T) {
	in(t, func(h *house) {
		h.apply(company(t))
		p := h.plan(with(t, "max: 8h", "max: 10h", "units: [sales, sales/emea, finance]", "units: [sales, sales/emea, finance, finance/pay]",
			`"desk:expense.approve@unit"`, `"desk:expense.reimburse@unit"`, "email: two@acme.example, unit: sales/emea",
			"email: two@acme.example, unit: finance/pay, manager: root", "resource.amount > 5000", "resource.amount > 900",
			"      - {id: root, name: Ada Root", "      - {id: new, name: New Here, email: new@acme.example}\n      - {id: root, name: \"Ada Root \"",
			"purpose: annual leave, limits: {deny: [", "purpose: leave, limits: {units: [finance], deny: [", ", units: [sales]}}", "}}",
			"secret: only-for-trials, redirect_uris", "secret: another-for-trials, redirect_uris", "may: [decide]", "may: [record, decide]"))
		var b bytes.Buffer
		h.must(p.Write(&b))
		want := `acme:
  ~ organisation acme
      settings.acting.max: 8h -> 10h
  + unit finance/pay
  ~ role manager
      allow: desk:expense.approve@unit -> (none)
      allow: (none) -> desk:expense.reimburse@unit
  ~ guardrails acme
      guardrails:
        - when { context.acting && resource.amount > 5000 };
        + when { context.acting && resource.amount > 900 };
  ~ person p-2
      manager: (none) -> root
      unit: sales/emea -> finance/pay
  + person new (New Here)
  ~ delegation d-1
      limits.units: sales -> (none)
      limits.units: (none) -> finance
      purpose: annual leave -> leave
  ~ client desk
      secret: (hidden) -> (another)
  ~ API key desk-pdp
      may: (none) -> record
2 to create, 7 to change, 14 the same
`
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Errorf("difference (-want +got):\n%s", diff)
		}
	})
}

func TestALongDifferenceIsCutShort(t *testing.T) {
	d := Difference{Kept: []Kept{{"acme", "role", "head", "allow"}}}
	for i := range mostShown + 8 {
		d.Changes = append(d.Changes, Change{Organisation: "acme", Kind: "person", ID: fmt.Sprint("p-", i), Created: true})
	}
	d.Changes = append(d.Changes, Change{Organisation: "other", Kind: "person", ID: "p-x", Fields: []Field{{"name", "a", "b\x1b[2J"}}})
	var b bytes.Buffer
	if err := d.Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"acme:\n  + person p-0\n", "  + person p-49\n  + person: and 8 more\nother:\n  ~ person p-x\n", "name: a -> b�[2J\n",
		"= role head: allow stays as it is, for somebody changed it by hand\n", "58 to create, 1 to change, 0 the same\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}

// What the file omits stays: people, roles that they hold, settings, everything.
func TestApplyRemovesNothing(t *testing.T) {
	in(t, func(h *house) {
		h.apply(company(t))
		before := h.everything()
		for _, text := range []string{"", "organisations: [{id: acme}]",
			"organisations: [{id: acme, people: [{id: p-1, name: First Last, email: one@acme.example}]}]",
			"clients: [{id: desk, organisation: acme, redirect_uris: [\"http://127.0.0.1:9000/callback\"], exchange: true, application: desk}]"} {
			if p := h.apply(text); !p.Empty() {
				t.Errorf("%q changes %v", text, p.Changes)
			}
		}
		if diff := cmp.Diff(before, h.everything()); diff != "" {
			t.Errorf("something changed:\n%s", diff)
		}
	})
}

// A client is what the file says of it, and keeps what the file says nothing of.
func TestAClientInAFile(t *testing.T) {
	in(t, func(h *house) {
		h.apply(with(t, "exchange: true", `name: Workdesk, exchange: true, reads_act: true, third_party: true, require_par: true, require_dpop: true,
     id_token_alg: RS256, initiate_login_uri: "http://127.0.0.1:9000/login", audiences: [desk, "https://api.example/"]`))
		got := h.client("desk")
		want := application.Client{Organisation: "acme", ID: "desk", Name: "Workdesk", Application: "desk",
			RedirectURIs: []string{"http://127.0.0.1:9000/callback"}, PostLogout: []string{}, Initiate: "http://127.0.0.1:9000/login",
			Audiences: []string{"desk", "https://api.example/"}, Algorithm: "RS256", Exchange: true, StandIns: true, ReadsAct: true,
			ThirdParty: true, RequirePAR: true, RequireDPoP: true, MadeBy: got.MadeBy, CreatedAt: got.CreatedAt, Version: 1}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if p := h.apply(company(t)); !p.Empty() {
			t.Errorf("without those keys it changes %v", p.Changes)
		}
		h.apply(with(t, "exchange: true", "exchange: true, reads_act: false, audiences: []"))
		want.ReadsAct, want.Audiences, want.Version = false, []string{}, 2
		if diff := cmp.Diff(want, h.client("desk")); diff != "" {
			t.Errorf("changed (-want +got):\n%s", diff)
		}
	})
}

// What counts at creation alone does not count again.
func TestApplyingAgainSetsNoPasswordAndEnablesNothing(t *testing.T) {
	in(t, func(h *house) {
		h.apply(company(t))
		h.clock = h.clock.Add(3 * time.Hour)
		p := h.apply(with(t, "password: only-for-trials", "password: quite-another-one", "enabled_for: 2h", "enabled_for: 5h",
			"two@acme.example,", "two@acme.example, accepted_terms: true,"))
		if !p.Empty() {
			t.Errorf("changes %+v", p.Changes)
		}
		if _, _, err := h.signin.Password(t.Context(), "one@acme.example", "quite-another-one", standin.Origin{}); err == nil {
			t.Error("the password is another one")
		}
		if d := h.delegation("d-2"); d.StateAt(h.clock) != "dormant" {
			t.Errorf("the standby is %s", d.StateAt(h.clock))
		}
	})
}

// Killed at any boundary between two transactions, applying again does the rest, and nothing twice.
func TestKilledAnywhereApplyingAgainDoesTheRest(t *testing.T) {
	var want []string
	transactions := 0
	in(t, func(h *house) {
		h.atOnce = 3
		p := h.apply(company(t))
		transactions = (len(p.Changes) + h.atOnce - 1) / h.atOnce
		if want == nil {
			want = h.everything()
		}
		if diff := cmp.Diff(want, h.everything()); diff != "" {
			t.Errorf("the databases differ:\n%s", diff)
		}
	})
	for kill := 1; kill < transactions; kill++ {
		in(t, func(h *house) {
			h.atOnce = 3
			ctx, stop := context.WithCancel(h.t.Context())
			defer stop()
			err := h.Apply(ctx, h.plan(company(t)), func(done, _ int) {
				if done == kill*h.atOnce {
					stop() // nothing is begun any more, as when the process is gone
				}
			})
			if err == nil || slices.Equal(h.everything(), want) {
				h.t.Fatalf("killed after %d transactions, all is done: %v", kill, err)
			}
			h.apply(company(t))
			if diff := cmp.Diff(want, h.everything()); diff != "" {
				h.t.Errorf("killed after %d transactions and done again (-in one go +again):\n%s", kill, diff)
			}
		})
	}
}

// A transaction that breaks in the middle leaves nothing of itself.
func TestATransactionThatBreaksLeavesNothing(t *testing.T) {
	in(t, func(h *house) {
		h.atOnce = 7
		p := h.plan(company(t))
		broken := errors.New("the wire was cut")
		p.steps[10].do = func(context.Context, *db.Tx, standin.Caller, hashed) error { return broken }
		reached := 0
		if err := h.Apply(t.Context(), p, func(done, _ int) { reached = done }); !errors.Is(err, broken) {
			t.Fatalf("err = %v", err)
		}
		if reached != 7 {
			t.Errorf("told that %d are done", reached)
		}
		rest := h.apply(company(t))
		if got, want := len(rest.Changes), len(p.Changes)-7; got != want {
			t.Errorf("%d were left to do, want %d", got, want)
		}
	})
}

// What somebody changed between plan and apply is not overwritten.
func TestAChangeMadeMeanwhileIsNotOverwritten(t *testing.T) {
	in(t, func(h *house) {
		h.apply(company(t))
		for name, c := range map[string]struct {
			text   string
			change func() error
		}{
			"person": {with(t, "name: Other One", "name: Other Two"), func() error {
				p := h.person("p-2")
				p.Name = "By Hand"
				_, _, err := h.directory.PutPerson(t.Context(), as("acme", "root"), p)
				return err
			}},
			"settings": {with(t, "max: 8h", "max: 7h"), func() error {
				o := h.organisation()
				o.Settings.Acting.Max = 6 * time.Hour
				_, err := h.directory.PutOrganisation(t.Context(), as("acme", "root"), o)
				return err
			}},
			"guardrails": {with(t, "> 5000", "> 6000"), func() error {
				_, err := h.directory.PutGuardrails(t.Context(), as("acme", "root"), h.organisation().Guardrails+"forbid (principal, action, resource);", 0)
				return err
			}},
			"role": {with(t, "rank: 10", "rank: 11"), func() error {
				_, err := h.directory.PutRole(t.Context(), as("acme", "root"), h.role("manager", "desk:expense.view@unit"), 0)
				return err
			}},
			"new person": {with(t, "{id: root,", "{id: p-9, name: Nine, email: nine@acme.example}\n      - {id: root,"), func() error {
				h.apply("organisations: [{id: acme, people: [{id: p-9, name: By Hand, email: hand@acme.example}]}]")
				return nil
			}},
		} {
			t.Run(name, func(t *testing.T) {
				p := h.plan(c.text)
				h.must(c.change())
				before := h.everything()
				if err := h.Apply(t.Context(), p, nil); standin.KindOf(err) != standin.Conflict {
					t.Errorf("err = %v", err)
				}
				if diff := cmp.Diff(before, h.everything()); diff != "" {
					t.Errorf("something changed:\n%s", diff)
				}
			})
		}
	})
}

func TestDemoApplies(t *testing.T) {
	in(t, func(h *house) {
		h.atOnce = 10
		file := demo(t, h.clock)
		p, err := h.Plan(t.Context(), file)
		h.must(err)
		h.must(h.Apply(t.Context(), p, nil))
		h.clock = h.clock.Add(time.Minute)
		if p, err = h.Plan(t.Context(), file); err != nil || !p.Empty() {
			t.Errorf("again: %v, %+v", err, p)
		}
		choices, err := h.acting.Choices(t.Context(), as("larkfield", "jonas"))
		h.must(err)
		if len(choices) < 3 || choices[0].Refusal != nil {
			t.Errorf("Jonas chooses among %+v", choices)
		}
		h.view(func(ctx context.Context, tx *db.Tx) error {
			records, _, err := h.ledger.Page(ctx, tx, ledger.Filter{Organisation: "hafenkontor"}, ledger.Cursor{}, 1)
			if len(records) == 0 {
				t.Error("the other organisation has no record")
			}
			return err
		})
	})
}
