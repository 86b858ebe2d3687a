package lists

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/world/table"
)

func TestPeopleComeIn(t *testing.T) {
	in(t, func(h *house) {
		p := h.apply(operator, People, "E-Mail;Vollständiger Name;ABTEILUNG;vorgesetzter;rolle;Zeitzone\r\n"+
			"Zoe@Acme.example; Zoe\u0308 Adler ;sales/emea;max@acme.example;staff lead@sales/emea;\r\n"+ // her manager comes later
			"max@acme.example;Max Boss;sales;root@acme.example;;America/New_York\r\n"+
			"plain@acme.example;The plain;;;;\r\n"+
			"PLAIN@acme.example;Twice;;;;\r\n"+
			"no-address;Nobody;;;;\r\n"+
			"sub@acme.example;Sub;nowhere;;;\r\n"+
			"who@acme.example;Who;;ghost@acme.example;;\r\n"+
			"role@acme.example;Role;;;king;\r\n"+
			"zone@acme.example;Zone;;;;Mars/Crater\r\n"+
			"below@acme.example;Below;;sub@acme.example;;\r\n"+
			"short@acme.example;Short\r\n")
		want := []string{"create", "create", "skip", "refuse list.twice", "refuse directory.email", "refuse list.unit_unknown", "refuse list.person_unknown",
			"refuse list.role_unknown", "refuse directory.time_zone", "refuse list.manager_refused", "refuse table.short_row"}
		if diff := cmp.Diff(want, outcomes(p)); diff != "" {
			h.t.Errorf("outcomes (-want +got):\n%s", diff)
		}
		zoe, max := h.person("zoe@acme.example"), h.person("max@acme.example")
		if zoe.Name != "Zoë Adler" || zoe.Email != "Zoe@Acme.example" || zoe.Manager != max.ID || zoe.Unit != "sales/emea" || zoe.TimeZone != "Europe/Berlin" {
			h.t.Errorf("Zoë is %+v", zoe)
		}
		if max.Manager != "root" || max.TimeZone != "America/New_York" {
			h.t.Errorf("Max is %+v", max)
		}
		h.must(h.db.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			held, err := h.directory.Holdings(ctx, tx, acme, zoe.ID)
			if len(held) != 2 {
				h.t.Errorf("Zoë holds %v", held)
			}
			records, _, again := h.ledger.Page(ctx, tx, ledger.Filter{Organisation: acme, Resource: "person:" + string(zoe.ID)}, ledger.Cursor{}, 9)
			if len(records) != 1 || !strings.Contains(records[0].Origin.Agent, "list list.csv, line 2") {
				h.t.Errorf("records %+v", records)
			}
			return errors.Join(err, again)
		}))
	})
}

func TestAListChangesWhatItSaysAndLeavesTheRest(t *testing.T) {
	in(t, func(h *house) {
		p := h.apply(operator, People, "id,name,unit,manager,email\nplain,Plain Jane,-,lead,\nlead,,,,\n,Root,,,ROOT@acme.example\n")
		if diff := cmp.Diff([]string{"change name,unit,manager", "skip", "change name,email"}, outcomes(p)); diff != "" {
			h.t.Errorf("outcomes (-want +got):\n%s", diff)
		}
		jane := h.person("plain@acme.example")
		if jane.ID != "plain" || jane.Name != "Plain Jane" || jane.Unit != "" || jane.Manager != "lead" || jane.Language != "" {
			h.t.Errorf("Jane is %+v", jane)
		}
	})
}

// Whoever may not do it one by one cannot do it by a list, and learns of nobody out of their scope (THREATS 10, 15).
func TestThreat15AListLetsNobodyDoMore(t *testing.T) {
	in(t, func(h *house) {
		text := "id,email,name,unit,roles\n" +
			",new@acme.example,New One,sales,staff\n" + // theirs to make, but not the role to give
			",fresh@acme.example,Fresh,sales/emea,\n" +
			",far@acme.example,Far,finance,\n" +
			"root,,Rooted,,\n" +
			"nobody,,Nobody,,\n" +
			",root@acme.example,Rooted,sales,\n" +
			"lead,,The lead,,super\n" +
			"plain,,Plainer,finance,\n" +
			"plain2,new2@acme.example,Own Id,sales,\n"
		p := h.apply(lead, People, text)
		want := []string{"create", "create", "refuse directory.not_entitled", "refuse list.person_unknown", "refuse list.person_unknown",
			"refuse directory.email_taken", "refuse", "refuse directory.not_entitled", "refuse list.person_unknown"}
		got := outcomes(p)
		if strings.HasPrefix(got[6], "refuse directory.") {
			got[6] = "refuse"
		}
		if diff := cmp.Diff(want, got); diff != "" {
			h.t.Errorf("outcomes (-want +got):\n%s", diff)
		}
		acting := root
		acting.Session, acting.Principal = "s-1", "plain"
		for _, c := range []standin.Caller{plain, acting, {Organisation: acme, Actor: "key:k", May: []string{"decide"}}} {
			before := h.everything()
			_, err := h.Plan(t.Context(), c, People, h.read(text), Options{})
			if standin.KindOf(err) != standin.Denied {
				h.t.Errorf("%s: %v", c.Actor, err)
			}
			if err := h.Export(t.Context(), c, People, table.CSV, &bytes.Buffer{}); standin.KindOf(err) != standin.Denied {
				h.t.Errorf("%s fetches the list: %v", c.Actor, err)
			}
			if !slices.Equal(before, h.everything()) {
				h.t.Error("something was written")
			}
		}
		if err := h.Apply(t.Context(), root, h.plan(lead, People, text), nil); standin.CodeOf(err) != "list.not_yours" {
			h.t.Errorf("somebody else applies it: %v", err)
		}
		if out := h.export(lead, People, table.CSV).String(); strings.Contains(out, "root@") || !strings.Contains(out, "plain@") {
			h.t.Errorf("the lead fetches\n%s", out)
		}
	})
}

func TestManagersCannotGoRound(t *testing.T) {
	in(t, func(h *house) {
		p := h.plan(operator, People, "id,name,email,manager\na,A,a@acme.example,b\nb,B,b@acme.example,c\nc,C,c@acme.example,a\nd,D,d@acme.example,d\nplain,,,lead\nlead,,,plain\n")
		for _, got := range outcomes(p) {
			if got != "refuse list.manager_cycle" && got != "refuse list.manager_refused" && got != "change manager" {
				h.t.Errorf("outcomes %v", outcomes(p))
			}
		}
		if c := p.Counts(); c.Refuse < 5 {
			h.t.Errorf("outcomes %v", outcomes(p))
		}
		h.must(h.Apply(t.Context(), operator, p, nil))
	})
}

// Stopped after any transaction, sending the list again does the rest, and nothing twice.
func TestStoppedAnywhereSendingAgainDoesTheRest(t *testing.T) {
	var b strings.Builder
	b.WriteString("email,name,manager,roles\n")
	for i := range 20 { // each below the next, so that all are done from the last to the first
		fmt.Fprintf(&b, "p%d@acme.example,Person %d,%s,staff\n", i, i, []string{fmt.Sprintf("p%d@acme.example", i+1), "lead"}[i/19])
	}
	text := b.String()
	in(t, func(h *house) {
		h.atOnce = 3
		for kill := 1; ; kill++ {
			p := h.plan(operator, People, text)
			if p.Empty() {
				break
			}
			ctx, stop := context.WithCancel(t.Context())
			err := h.Apply(ctx, operator, p, func(done, _ int) {
				if done >= 3 {
					stop() // nothing is begun any more, as when the process is gone
				}
			})
			stop()
			if err == nil && kill == 1 {
				h.t.Fatal("it was not stopped")
			}
		}
		seen := map[string]bool{}
		h.must(h.db.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			clear(seen)
			records, _, err := h.ledger.Page(ctx, tx, ledger.Filter{Organisation: acme, Action: "person.create"}, ledger.Cursor{}, 100)
			for _, r := range records {
				if seen[r.Resource] {
					h.t.Errorf("%s was made twice", r.Resource)
				}
				seen[r.Resource] = true
			}
			return err
		}))
		if got := h.plan(operator, People, text).Counts(); got.Skip != 20 || len(seen) != 23 {
			h.t.Errorf("came to %+v, %d people", got, len(seen))
		}
	})
}

func TestAListThatGoesOutComesInUnchanged(t *testing.T) {
	in(t, func(h *house) {
		h.apply(operator, People, "email,name,unit,roles,language,id\ns@acme.example,'s-Gravenhage Anne,sales,staff@finance lead,de-CH,x1\ne@acme.example,\"'=2+5 Eve\",,,,\n"+
			"q@acme.example,\"Quo\"\"te; comma, Jr.\",,,,\n")
		for _, form := range []table.Form{table.CSV, table.XLSX} {
			for _, c := range []standin.Caller{operator, root, lead} {
				out := h.export(c, People, form)
				if form == table.CSV && !strings.Contains(out.String(), "'=2+5 Eve") && c.Actor != lead.Actor {
					h.t.Errorf("a formula goes out as one:\n%s", out)
				}
				back, err := table.Read("x", out)
				h.must(err)
				p, err := h.Plan(t.Context(), c, People, back, Options{})
				h.must(err)
				if got := p.Counts(); got.Skip != len(p.Rows) || got.Skip < 2 {
					h.t.Errorf("%s by %s comes to %+v: %v", form, c.Actor, got, outcomes(p))
				}
			}
		}
	})
}

// Refused rows come back as they were sent, with the reason, and are fine once they are corrected.
func TestRefusedRowsComeBackToBeCorrected(t *testing.T) {
	in(t, func(h *house) {
		text := "Mail,Name,Abteilung\na@acme.example,A,nowhere\nb@acme.example,B,sales\nc@acme.example,'=C,finanze\n"
		p := h.plan(operator, People, text)
		for _, form := range []table.Form{table.CSV, table.XLSX} {
			var b bytes.Buffer
			h.must(p.WriteRefused(form, &b, Said))
			back, err := table.Read("refused", &b)
			h.must(err)
			if diff := cmp.Diff([]string{"Mail", "Name", "Abteilung", "refused"}, back.Head); diff != "" {
				h.t.Error(diff)
			}
			want := []table.Row{{Line: 2, Cells: []string{"a@acme.example", "A", "nowhere", `There is no unit "nowhere".`}},
				{Line: 3, Cells: []string{"c@acme.example", "=C", "finanze", `There is no unit "finanze".`}}}
			if diff := cmp.Diff(want, back.Rows); diff != "" {
				h.t.Errorf("%s (-want +got):\n%s", form, diff)
			}
			back.Rows[0].Cells[2], back.Rows[1].Cells[2] = "sales", "finance"
			again, err := h.Plan(t.Context(), operator, People, back, Options{})
			h.must(err)
			if c := again.Counts(); c.Create != 2 || c.Refuse != 0 {
				h.t.Errorf("corrected: %v", outcomes(again))
			}
		}
	})
}

func TestAThousandProblemsAreToldOfTenThousand(t *testing.T) {
	var b strings.Builder
	b.WriteString("email,name\n")
	for i := range 10_000 {
		fmt.Fprintf(&b, "nobody-%d,N\n", i)
	}
	in(t, func(h *house) {
		p := h.plan(root, People, b.String())
		if len(p.Refused()) != MostTold || p.Counts().Refuse != 10_000 {
			h.t.Errorf("%d told of %d", len(p.Refused()), p.Counts().Refuse)
		}
		var out bytes.Buffer
		h.must(p.WriteRefused(table.CSV, &out, Said))
		if got := strings.Count(out.String(), "\n"); got != 10_001 {
			h.t.Errorf("%d lines are written", got)
		}
	})
}

// TestTheDocumentedColumnsAreThese keeps docs/lists.md true.
func TestTheDocumentedColumnsAreThese(t *testing.T) {
	page, err := os.ReadFile("../../docs/lists.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ToLower(string(page))
	for _, c := range slices.Concat(peopleColumns, delegationColumns) {
		if !strings.Contains(text, "`"+c.Name+"`") {
			t.Errorf("the column %s is not documented", c.Name)
		}
		for _, name := range c.Also {
			if !strings.Contains(text, name) {
				t.Errorf("%s for %s is not documented", name, c.Name)
			}
		}
	}
	for _, most := range []string{fmt.Sprint(table.MostBytes>>20, " mb"), "100,000 rows", fmt.Sprint(table.MostColumns, " columns")} {
		if !strings.Contains(text, most) {
			t.Errorf("%s is not documented", most)
		}
	}
	if table.MostRows != 100_000 {
		t.Error("another number of rows is documented")
	}
}
