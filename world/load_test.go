package world

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/world/source"
)

// contract is the world file of DESIGN.md §7, word by word.
func contract(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/contract.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func load(t testing.TB, text string) *File {
	t.Helper()
	f, err := Load("world.yaml", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// problems returns what Load says of a file that it refuses.
func problems(t testing.TB, text string) Problems {
	t.Helper()
	_, err := Load("world.yaml", strings.NewReader(text))
	if err == nil {
		return nil
	}
	if standin.KindOf(err) != standin.Invalid || standin.CodeOf(err) != "world.problems" {
		t.Fatalf("Load refuses with %v", err)
	}
	ps, ok := errors.AsType[Problems](err)
	if !ok {
		t.Fatalf("%v names no problems", err)
	}
	return ps
}

func TestTheContractLoads(t *testing.T) {
	f := load(t, contract(t))
	o := f.Organisations[0]
	if o.ID != "acme" || *o.Name != "Acme Ltd" || *o.Settings.DelegationMax != 90*24*time.Hour || *o.Settings.SuperAdminsOnly ||
		!*o.Settings.NotifyChanges || len(o.Units) != 3 || o.Units[1].ID != "sales/emea" || len(o.Roles) != 4 {
		t.Errorf("organisation %+v", o)
	}
	wantTypes := map[string]rights.Type{"expense": {
		Actions: map[string]rights.Action{
			"view":      {Category: "general", Reads: true, Entry: true},
			"enter":     {Category: "general", Personal: true, Entry: true},
			"approve":   {Category: "cost_centre", Approves: true, Entry: true},
			"reimburse": {Category: "cost_centre", Approves: true, Entry: true},
		},
		Fields: map[string]rights.Field{"amount": {}, "bank_account": {Sealed: true}},
	}}
	if diff := cmp.Diff(wantTypes, o.Applications[0].Catalogue.Types); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
	p := o.People[0]
	if p.ID != "p-1" || *p.Unit != "sales" || *p.Manager != "p-2" || !p.AcceptedTerms || p.Password != "only-for-trials" ||
		p.Roles[0].Role != "staff" || p.Roles[0].Unit != "" || p.Roles[1].Role != "manager" || p.Roles[1].Unit != "sales" {
		t.Errorf("person %+v", p)
	}
	d := o.Delegations[0]
	if d.Kind != "cover" || !d.Start.Equal(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) || d.End.Year() != 2027 ||
		d.Limits.Deny[0] != "desk:expense.reimburse" || d.Limits.Units[0] != "sales" || *d.Purpose != "annual leave" {
		t.Errorf("delegation %+v", d)
	}
	if s := o.Delegations[1]; s.Kind != "standby" || s.EnabledFor != 2*time.Hour || s.Start != nil || s.End != nil || s.Limits != nil {
		t.Errorf("standby %+v", s)
	}
	if !strings.HasPrefix(*o.Guardrails, "forbid (principal,") {
		t.Errorf("guardrails %q", *o.Guardrails)
	}
	if c := f.Clients[0]; c.ID != "desk" || !c.Exchange || !c.StandIns || c.Public || c.Application != "desk" || c.Secret == "" {
		t.Errorf("client %+v", c)
	}
	if k := f.Keys[0]; k.ID != "desk-pdp" || k.May[0] != "decide" || k.Organisation != "acme" {
		t.Errorf("key %+v", k)
	}
}

// TestTheDocumentedFileLoads keeps docs/world.md true.
func TestTheDocumentedFileLoads(t *testing.T) {
	page, err := os.ReadFile("../docs/world.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(page), "```yaml\n")
	text, _, ended := strings.Cut(text, "```\n")
	if !found || !ended {
		t.Fatal("the page shows no file")
	}
	in(t, func(h *house) { h.apply(text) })
}

// at returns the contract with one text replaced, which must be in it.
func at(t testing.TB, old, new string) string {
	t.Helper()
	text := contract(t)
	if !strings.Contains(text, old) {
		t.Fatalf("the contract has no %q", old)
	}
	return strings.Replace(text, old, new, 1)
}

func TestProblemsNameLineColumnAndWhatIsExpected(t *testing.T) {
	for _, c := range []struct {
		old, new string
		want     string
	}{
		{"name: Acme Ltd", "nam: Acme Ltd", `line 3, column 5: an organisation has no key "nam"; expected are id, name,`},
		{"word: deputy", "word: deputy, word: proxy", `line 4, column 101: this is not YAML: mapping key "word" already defined`},
		{"max: 8h", "max: 8 hours", `line 4, column 43: "8 hours" is no span of time; 90d, 8h or 30m is expected`},
		{"max: 8h", "max: none", `"none" is no span of time; 90d, 8h or 30m is expected`},
		{"max: 90d", "max: 0d", `"0d" is no span of time; 90d, 8h, 30m or none is expected`},
		{"accept: false", "accept: no", `line 4, column 79: accept is true or false`},
		{"[sales, sales/emea, finance]", "sales", `line 6, column 12: a list of units is expected`},
		{"[sales, sales/emea, finance]", "[sales, sales]", `line 6, column 20: the unit "sales" is in the file already, on line 6`},
		{"[sales, sales/emea, finance]", `["a b"]`, `line 6, column 13: "a b" is no unit`},
		{"approves: true}, reimburse", "approvs: true}, reimburse", `an action has no key "approvs"; expected are label, category, personal,`},
		{"enter: {personal: true}", "enter: {entry: false}", `"entry: false" closes an action only where it is personal`},
		{"sealed: true}}", "sealed: yes}}", "sealed is true or false"},
		{"rank: 0", "rank: low", "rank is a whole number"},
		{"roles: [staff, manager@sales]", "roles: [staff, manager@]", "a role is expected, such as manager or manager@sales"},
		{"roles: [staff, manager@sales]", "roles: [staff, staff]", "this role is here a second time"},
		{"email: one@acme.example", "email: one", `line 21, column 44: An e-mail address has the form name@example.org.`},
		{"email: one@acme.example, ", "", `line 21, column 9: a person needs the key "email"`},
		{"    delegations:", "      - {id: p-1, name: Again, email: two@acme.example}\n    delegations:", `line 23, column 14: the person "p-1" is in the file already, on line 21`},
		{"    delegations:", "      - {id: p-3, name: Again, email: ONE@acme.example}\n    delegations:", `line 23, column 39: somebody else in the file has this e-mail address already (line 21)`},
		{"time_zone: Europe/Berlin", "time_zone: Berlin", `There is no time zone "Berlin"`},
		{"principal: p-1, actor: p-2", "principal: p-2, actor: p-2", "nobody stands in for themselves"},
		{"kind: cover", "kind: holiday", `there is no kind "holiday"; cover, standby or entry is expected`},
		{"2026-11-01T00:00:00Z", "2026-11-01T00:00:00", "is no instant; 2026-11-01T00:00:00Z or 2026-11-01 is expected"},
		{"2026-11-01T00:00:00Z", "2028-11-01T00:00:00Z", "the end must be after the start"},
		{"enabled_for: 2h", "enabled_for: soon", `"soon" is no span of time`},
		{"kind: standby, ", "", "only a standby is enabled"},
		{"      forbid (principal, action ==", "      permit (principal, action ==", `line 28, column 7: a guardrail only forbids; "forbid" is expected`},
		{"resource.amount > 5000", "resource.amount >", "line 29, column 51: this is not Cedar"},
		{`guardrails: ""`, `guardrails: "permit (principal, action, resource);"`, "line 1, column 1: a guardrail only forbids"},
		{"http://127.0.0.1:9000/callback", "http://app.example/*", `"http://app.example/*" cannot be used`},
		{"public: false", "public: true", "a public client cannot keep a secret"},
		{"exchange: true", "initiate_login_uri: \"https://elsewhere.example/\"", "is on the same host as a redirect URI"},
		{"exchange: true", "id_token_alg: HS256", "ID tokens are signed with ES256 or RS256"},
		{"exchange: true", "audiences: [\"a b\"]", `"a b" cannot be an audience`},
		{"exchange: true", "audiences: [standin], third_party: true", "gets no tokens for Standin's own"},
		{"exchange: true", "reads_act: maybe", "reads_act is true or false"},
		{"may: [decide]", "may: [everything]", `a key cannot be made for "everything"`},
		{"organisation: acme, secret: only-for-trials, may", "organisation: acme, secret: short, may", "a secret has 8 to 500 bytes"},
		{"clients:", "client:", `a world file has no key "client"; expected are organisations, clients, api_keys`},
		{"organisations:", "organisations: [", "this is not YAML"},
		{"  - id: acme", "  - id: standin", `"standin" cannot be an organisation's id`},
		{"name: Acme Ltd", "name: !!str Acme Ltd", "a plain value is expected, without a tag"},
		{"name: Acme Ltd", "name: true", "line 3, column 11: an organisation's name is expected, as text"},
		{"name: Acme Ltd", "name: *acme", `there is no anchor "acme" before this`},
		{"name: First Last", "name: \"First \\u202e Last\"", "change the direction of writing"},
		{"name: First Last", "name: " + strings.Repeat("x", 10_000), "A name has 1 to"},
	} {
		ps := problems(t, at(t, c.old, c.new))
		if len(ps) == 0 || !strings.Contains(ps.Error(), c.want) {
			t.Errorf("%q for %q: got\n%v\nwant %s", c.new, c.old, ps, c.want)
		}
	}
}

func TestAsManyProblemsAsPossibleAtOnce(t *testing.T) {
	text := at(t, "name: Acme Ltd", "nam: Acme Ltd")
	text = strings.Replace(text, "max: 8h", "max: long", 1)
	text = strings.Replace(text, "rank: 10", "rank: high", 1)
	text = strings.Replace(text, "may: [decide]", "may: decide", 1)
	if ps := problems(t, text); len(ps) != 4 {
		t.Errorf("got %d problems:\n%v", len(ps), ps)
	}
	if ps := problems(t, "organisations: ["+strings.Repeat("{idd: 1}, ", 1000)+"]"); len(ps) != source.MostProblems {
		t.Errorf("got %d problems of a thousand", len(ps))
	}
}

func TestKeysMayBeOmittedAndAliased(t *testing.T) {
	f := load(t, `
organisations:
  - id: acme
    people:
      - &boss {id: p-1, name: 007, email: one@acme.example, roles: &held [staff]}
      - {id: p-2, name: Two, email: two@acme.example, roles: *held}
    settings:
    delegations: [{id: d-1, principal: p-1, actor: p-2, start: 2026-03-01, end: 2026-03-28}]
    applications: [{id: desk, types: {expense: {actions: {view: }}}}]
`)
	o := f.Organisations[0]
	if o.Name != nil || o.Settings.Word != nil || o.Guardrails != nil || o.People[0].Unit != nil {
		t.Errorf("what is omitted is there: %+v", o)
	}
	if o.People[0].Name != "007" || o.People[1].Roles[0].Role != "staff" {
		t.Errorf("people %+v", o.People)
	}
	if o.Applications[0].Name != "desk" || !o.Applications[0].Catalogue.Types["expense"].Actions["view"].Reads {
		t.Errorf("application %+v", o.Applications[0])
	}
	if f := load(t, ""); len(f.Organisations) != 0 {
		t.Error("an empty file has organisations")
	}
	load(t, "\ufeff# only a comment\n")
}

// A plain date is a day in the organisation's zone, wherever in the file the zone stands; at the end of the window the
// whole day is in it. On the 28th of March 2026 clocks in Berlin still show winter time, the day after no more.
func TestThreat40DatesAreReadInTheOrganisationsZone(t *testing.T) {
	d := load(t, `
organisations:
  - id: acme
    delegations: [{id: d-1, principal: p-1, actor: p-2, start: 2026-03-28, end: 2026-03-29}]
    settings: {time_zone: Europe/Berlin}
`).Organisations[0].Delegations[0]
	if want := "2026-03-27T23:00:00Z"; d.Start.Format(time.RFC3339) != want {
		t.Errorf("start %v, want %s", d.Start, want)
	}
	if want := "2026-03-29T22:00:00Z"; d.End.Format(time.RFC3339) != want {
		t.Errorf("end %v, want %s", d.End, want)
	}
}

func TestHostileFiles(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for i := range 9 {
		from, to := string(rune('a'+i)), string(rune('b'+i))
		bomb += to + ": &" + to + " [" + strings.TrimSuffix(strings.Repeat("*"+from+",", 9), ",") + "]\n"
	}
	for name, text := range map[string]string{
		"bomb":            bomb,
		"self":            "organisations: &a [*a, *a]",
		"sequences":       strings.Repeat("- ", 1_000_000),
		"flow":            strings.Repeat("[", 1_000_000),
		"mappings":        strings.Repeat("{a: ", 100_000),
		"anchors":         strings.Repeat("&a ", 10_000),
		"keys":            strings.Repeat("? ", 100_000),
		"tags":            strings.Repeat("!a ", 100_000),
		"indents":         nested(5000),
		"not UTF-8":       "organisations:\n  - id: \xff",
		"two documents":   "organisations: []\n---\nclients: []",
		"a list":          "- a\n- b",
		"a text":          "hello",
		"merge":           "organisations: [{<<: {id: a}}]",
		"number as a key": "1: 2",
		"zero":            "organisations: [\x00]",
		"too long":        "#" + strings.Repeat("x", source.MaxBytes),
	} {
		t.Run(name, func(t *testing.T) {
			if ps := problems(t, text); len(ps) == 0 {
				t.Error("it is read")
			} else if len(ps.Error()) > 10_000 {
				t.Errorf("the problems have %d bytes", len(ps.Error()))
			}
		})
	}
}

func nested(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func FuzzLoad(f *testing.F) {
	f.Add(contract(f))
	f.Add("organisations: [{id: a, people: [{id: p, name: n, email: a@b.example}]}]")
	f.Add("organisations: &a\n - *a\n")
	f.Add("a: |\n  b\n? c\n: d\n")
	f.Add("organisations:\n  - id: a\n    people:\n      - {id: p, name: n, email: a@b.example}\n    units: [s]\n")
	f.Fuzz(func(t *testing.T, text string) {
		alike(t, text)
		file, err := Load("world.yaml", strings.NewReader(text))
		if err == nil {
			return
		}
		if file != nil {
			t.Fatal("a refused file is returned")
		}
		if _, ok := errors.AsType[Problems](err); !ok || standin.KindOf(err) != standin.Invalid {
			t.Fatalf("Load(%q) = %v", text, err)
		}
	})
}
