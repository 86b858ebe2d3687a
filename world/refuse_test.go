package world

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
)

// What could be refused while a file is applied is refused before the first write, where it stands.
func TestRefusedBeforeTheFirstWrite(t *testing.T) {
	in(t, func(h *house) {
		h.apply(company(t))
		h.apply("organisations: [{id: rival, people: [{id: r-1, name: Rita, email: rita@rival.example}]," +
			"delegations: []}]\nclients: [{id: rival, organisation: rival, public: true, redirect_uris: [\"https://rival.example/\"]}]\n" +
			"api_keys: [{id: rival-key, organisation: rival, secret: rival-secret, may: [decide]}]")
		h.must(h.directory.Deactivate(t.Context(), as("acme", "root"), "p-2"))
		for _, c := range []struct{ old, new, want string }{
			{"unit: sales,\n", "unit: nowhere,\n", `line 21, column 95: there is no unit "nowhere"; expected is one of finance, sales, sales/emea`},
			{"[staff, manager@sales]", "[staff, chief@sales]", `line 22, column 25: there is no role "chief"; expected is one of hr_admin, manager, staff, super_admin`},
			{"[staff, manager@sales]", "[staff, manager@shop]", `line 22, column 25: there is no unit "shop"`},
			{"manager: p-2}", "manager: p-9}", `line 22, column 98: there is no person "p-9" in this organisation`},
			{"manager: p-2}", "manager: r-1}", `there is no person "r-1" in this organisation`},
			{"manager: p-2}", "manager: p-1}", `line 22, column 98: nobody is their own manager`},
			{"unit: sales/emea, roles", "unit: sales/emea, manager: p-1, roles", "line 23, column 88: nobody is their own manager, nor the manager of somebody above them"},
			{"password: only-for-trials", "password: password1", "line 21, column 72: Everybody tries this password first."},
			{"id: p-2, name", "id: r-1, name", `line 23, column 14: the id "r-1" is taken by another organisation; another is expected`},
			{"email: two@acme.example", "email: RITA@rival.example", `line 23, column 43: "RITA@rival.example" is somebody else's e-mail address already`},
			{"[sales, sales/emea, finance]", "[sales, sales/emea, finance, shop/berlin]", `line 6, column 41: there is no unit "shop" for "shop/berlin" to be in`},
			{`"desk:expense.view@own"`, `"desk:invoice.view@own"`, `line 16, column 38: `},
			{"max: 8h", "max: 30h", "line 4, column 43: An acting session may last 1 to 24 hours."},
			{"default: 1h, max: 8h", "default: 9h, max: 8h", "line 4, column 34: An acting session lasts at first at least 1 hour and at most 8 hours."},
			{"word: deputy", "word: butler", "line 4, column 93: The word is one of deputy, proxy, backup, representative."},
			{"principal: p-1, actor: p-2, kind: cover", "principal: p-1, actor: p-9, kind: cover", `line 26, column 14: "d-1" is a delegation of another kind or between other people.`},
			{"{id: d-1, principal: p-1, actor: p-2", "{id: d-9, purpose: x, principal: p-1, actor: p-9, kind: standby}\n      - {id: d-1, principal: p-1, actor: p-2", "line 26, column 54: "},
			{"{id: d-1, principal: p-1, actor: p-2", "{id: d-9, principal: p-1, actor: p-2", "line 26, column 42: One of the two people is inactive."},
			{"{id: d-1, principal: p-1, actor: p-2", "{id: d-1, principal: root, actor: p-2", `line 26, column 14: "d-1" is a delegation of another kind or between other people.`},
			{"end: 2027-01-15T00:00:00Z", "end: 2027-02-15T00:00:00Z", "line 26, column 94: Your organisation allows at most"},
			{`deny: ["desk:expense.reimburse"]`, `deny: ["desk:expense.eat"]`, "line 27, column 49: "},
			{"units: [sales]}}", "units: [shop]}}", `line 27, column 117: there is no unit "shop"`},
			{"enabled_for: 2h", "enabled_for: 2h, end: 2026-11-20", ""}, // it is there already: the end is the file's to change
			{"id: desk, organisation: acme", "id: rival, organisation: acme", `the id "rival" is taken by another organisation`},
			{"id: desk-pdp, organisation: acme, secret: only", "id: rival-key, organisation: acme, secret: other", `the id "rival-key" is taken by another organisation`},
			{"secret: only-for-trials, may", "secret: rival-secret, may", "another API key has this secret; each needs its own"},
			{"organisation: acme, secret: only-for-trials, redirect", "organisation: nobody, secret: only-for-trials, redirect", `there is no organisation "nobody"`},
			{"application: desk}", "application: shop}", `there is no application "shop"; expected is one of desk`},
			{"{id: desk, organisation: acme, secret: only-for-trials", "{id: fresh, organisation: acme", "a client that is not public needs a secret"},
			{"{id: desk-pdp, organisation: acme, secret: only-for-trials", "{id: fresh, organisation: acme", "an API key needs a secret"},
		} {
			if c.want == "" {
				h.plan(with(t, c.old, c.new))
				continue
			}
			if ps := h.refused(with(t, c.old, c.new)); !strings.Contains(ps.Error(), c.want) {
				h.t.Errorf("%q for %q: got\n%v\nwant %s", c.new, c.old, ps, c.want)
			}
		}
	})
}

func TestATreeOfManagersThatIsTooDeepIsRefused(t *testing.T) {
	in(t, func(h *house) {
		chain := func(n int) string {
			var b strings.Builder
			b.WriteString("organisations:\n  - id: acme\n    people:\n")
			for i := range n {
				fmt.Fprintf(&b, "      - {id: p-%d, name: P, email: p%d@acme.example, manager: %s}\n", i, i, []string{`""`, fmt.Sprint("p-", i+1)}[min(1, n-1-i)])
			}
			return b.String()
		}
		if ps := h.refused(chain(1002)); !strings.Contains(ps.Error(), "at most 1000 people are expected to stand above one another") {
			h.t.Errorf("got %v", ps)
		}
		h.plan(chain(1001))
	})
}

// A public client that shall keep a secret from now on must be given one.
func TestAClientThatIsPublicNoMoreNeedsASecret(t *testing.T) {
	in(t, func(h *house) {
		client := func(rest string) string {
			return "organisations: [{id: acme}]\nclients: [{id: c, organisation: acme, redirect_uris: [\"https://c.example/\"], " + rest + "}]"
		}
		h.apply(client("public: true"))
		if ps := h.refused(client("public: false")); !strings.Contains(ps.Error(), "a client that is not public needs a secret") {
			h.t.Errorf("got %v", ps)
		}
		h.apply(client("public: false, secret: a-secret-now"))
		h.apply(client("public: false"))
		h.apply(client("public: true"))
	})
}

// invented writes a world of a few things, of which each call chooses others; much of it contradicts what is there.
func invented(r *rand.Rand) string {
	one := func(choices ...string) string { return choices[r.IntN(len(choices))] }
	maybe := func(text string) string { return one("", text) }
	unit := func() string { return one("a", "a/b", "c") }
	permission := func() string {
		return one(`"desk:item.view@own"`, `"desk:item.*@unit"`, `"desk:item.view/*"`, `"desk:*.*@org"`, `"standin:audit.view"`)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "organisations:\n  - id: acme\n    settings: {acting: {max: %s}, delegation: {max: %s}%s}\n", one("2h", "8h"), one("45d", "90d", "none"),
		maybe(", word: proxy, time_zone: Europe/Berlin"))
	fmt.Fprintf(&b, "    units: [a, a/b, c%s]\n", maybe(", c/d"))
	fmt.Fprintf(&b, "    applications: [{id: desk, types: {item: {actions: {view: {}, enter: {personal: true}%s}%s}}}]\n", maybe(", judge: {approves: true}"),
		maybe(", fields: {pay: {sealed: true}}"))
	fmt.Fprintf(&b, "    roles:\n      - {id: root, rank: 90, allow: [%s]}\n      - {id: r, rank: %d, allow: [%s, %s]}\n", one(`"standin:*.*"`, `"standin:*.*@org"`, `"standin:*.*", "desk:*.*"`, `"standin:*.*"`, permission()),
		r.IntN(3), permission(), permission())
	b.WriteString("    people:\n      - {id: boss, name: Boss, email: boss@acme.example, roles: [root]}\n")
	for i := range 4 {
		fmt.Fprintf(&b, "      - {id: p-%d, name: %s, email: %s%s%s, roles: [%s]%s}\n", i, one("Ann", " Béa ", "\"Cem\""), []string{fmt.Sprint("p", i, "@acme.example"), "X@acme.example"}[max(0, r.IntN(12)-10)],
			maybe(", unit: "+unit()), maybe([]string{", manager: boss", fmt.Sprint(", manager: p-", r.IntN(max(i, 1))), ", manager: p-0"}[min(i, 1+r.IntN(2))]), one("r", "r@a", "r, r@c", "root"), maybe(", time_zone: Asia/Tokyo, language: de-at"))
	}
	b.WriteString("    delegations:\n")
	for i := range 5 {
		principal, kind, limits := fmt.Sprint("p-", i%4), "cover", one("allow: ["+permission()+"]", "deny: ["+permission()+"]", "units: ["+unit()+"]",
			"read_only: true", "units: [c, a], sealed: true")
		switch i {
		case 3:
			kind = "standby"
		case 4:
			kind, limits = "entry", `allow: ["desk:item.enter"]`
		}
		if limits = ", limits: {" + limits + "}"; i != 4 {
			limits = maybe(limits)
		}
		fmt.Fprintf(&b, "      - {id: d-%d, principal: %s, actor: %s, kind: %s%s%s%s%s}\n", i, principal, fmt.Sprint("p-", (i+1)%4), kind,
			one(", start: 2026-11-01", ", start: 2026-11-10", ", start: 2026-11-25"), maybe(", end: "+one("2026-11-28", "2026-12-20")),
			maybe(", purpose: "+one("leave", "\" travel \"")), limits)
	}
	if r.IntN(2) == 0 {
		fmt.Fprintf(&b, "clients: [{id: c, organisation: acme, redirect_uris: [\"https://c.example/%s\"], %s%s}]\n", one("", "x"),
			one("public: true", "secret: secret-one", "secret: secret-two"), maybe(", application: desk"))
		fmt.Fprintf(&b, "api_keys: [{id: k, organisation: acme, may: [%s]%s}]\n", one("decide", "record, decide", "decide, record"), one(", secret: key-secret", ", secret: key-secret-2"))
	}
	return b.String()
}

// Whatever a file says and whatever somebody did before: what is planned can be applied, applying it again changes
// nothing, nothing that was ended lives again, and somebody administers.
func TestWhateverIsPlannedCanBeApplied(t *testing.T) {
	const rounds = 60
	in(t, func(h *house) {
		r := rand.New(rand.NewPCG(2026, 11))
		planned, ended := 0, map[standin.DelegationID]bool{}
		for round := range rounds {
			h.clock = h.clock.Add(time.Duration(r.IntN(30)) * time.Hour)
			text := invented(r)
			file, err := Load("world.yaml", strings.NewReader(text))
			if err != nil {
				continue // malformed
			}
			p, err := h.Plan(h.t.Context(), file)
			if standin.KindOf(err) == standin.Invalid {
				continue
			}
			h.must(err)
			if err := h.Apply(h.t.Context(), p, nil); err != nil {
				h.t.Fatalf("round %d: what was planned is refused: %v\n%s", round, err, text)
			}
			planned++
			if p, err = h.Plan(h.t.Context(), file); err != nil || !p.Empty() {
				h.t.Fatalf("round %d: again: %v %+v\n%s", round, err, p, text)
			}
			for id := range ended {
				if !h.delegation(id).StateAt(h.clock).Over() {
					h.t.Errorf("round %d: %s lives again", round, id)
				}
			}
			if boss := h.person("boss"); !boss.Active() {
				h.t.Error("nobody administers")
			}
			h.meddle(r, ended)
		}
		if planned < rounds/4 || len(ended) == 0 {
			h.t.Errorf("of %d files %d were planned, %d delegations were ended", rounds, planned, len(ended))
		}
	})
}

// meddle does something by hand; it may be refused.
func (h *house) meddle(r *rand.Rand, ended map[standin.DelegationID]bool) {
	ctx, boss := h.t.Context(), as("acme", "boss")
	person, id := standin.PersonID(fmt.Sprint("p-", r.IntN(4))), standin.DelegationID(fmt.Sprint("d-", r.IntN(5)))
	switch r.IntN(6) {
	case 0:
		if _, err := h.delegations.Revoke(ctx, boss, id); err == nil {
			ended[id] = true
		}
	case 1:
		end := h.clock.Add(72 * time.Hour)
		_, _ = h.delegations.Edit(ctx, boss, id, delegation.Change{End: &end})
	case 2:
		_, _ = h.directory.Release(ctx, boss, person, "r", "")
	case 3:
		_ = h.directory.Deactivate(ctx, boss, person)
	case 4:
		_ = h.directory.Reactivate(ctx, boss, person)
	case 5:
		_, _ = h.directory.PutRole(ctx, boss, h.role("r", "desk:item.view@own"), 0)
	}
}
