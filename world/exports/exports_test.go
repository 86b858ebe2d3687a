package exports

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

const acme standin.OrganisationID = "acme"

var (
	operator = standin.OperatorCaller(acme, "test")
	auditor  = standin.Caller{Organisation: acme, Actor: "person:auditor", Principal: "auditor"} // sees everything
	lead     = standin.Caller{Organisation: acme, Actor: "person:lead", Principal: "lead"}       // sees sales
	plain    = standin.Caller{Organisation: acme, Actor: "person:plain", Principal: "plain"}     // sees their own
	quiet    = slog.New(slog.DiscardHandler)
)

// house is an organisation with some hundred records, and its exports in small parts.
type house struct {
	*Exports
	t     *testing.T
	clock time.Time
}

func in(t *testing.T, test func(h *house)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := &house{t: t, clock: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
		now := func() time.Time { h.clock = h.clock.Add(time.Millisecond); return h.clock }
		l := ledger.New(d, now)
		dir := directory.New(d, l, now)
		h.Exports = New(d, l, dir, application.New(d, l, now), now, quiet)
		h.limits.part, h.limits.atOnce = 4000, 7
		h.must(d.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			if _, err := dir.PutOrganisationIn(ctx, tx, operator, directory.Organisation{ID: acme, Name: "Acme", Settings: directory.DefaultSettings()}); err != nil {
				return err
			}
			for _, u := range []standin.UnitID{"sales", "finance"} {
				if _, err := dir.PutUnitIn(ctx, tx, operator, u); err != nil {
					return err
				}
			}
			for _, r := range []rights.Role{{ID: "auditor", Rank: 20, Allow: []string{"standin:audit.view"}}, {ID: "staff", Rank: 1},
				{ID: "lead", Rank: 10, Allow: []string{"standin:audit.view@unit"}}, {ID: "super", Rank: 90, Allow: []string{"standin:*.*"}}} {
				if _, err := dir.PutRoleIn(ctx, tx, operator, r, 0); err != nil {
					return err
				}
			}
			for _, p := range []struct{ id, unit, role string }{{"root", "", "super"}, {"auditor", "finance", "auditor"}, {"lead", "sales", "lead"}, {"plain", "sales", "staff"}} {
				if _, _, err := dir.PutPersonIn(ctx, tx, operator, directory.Person{ID: standin.PersonID(p.id), Name: "The " + p.id,
					Email: p.id + "@acme.example", Unit: standin.UnitID(p.unit)}); err != nil {
					return err
				}
				if _, err := dir.HoldIn(ctx, tx, operator, standin.PersonID(p.id), standin.RoleID(p.role), ""); err != nil {
					return err
				}
			}
			for i := range 120 {
				r := ledger.Record{Organisation: acme, At: now(), Actor: []standin.Actor{"person:plain", "person:auditor", "person:lead"}[i%3], Action: "login.create",
					Resource: fmt.Sprintf("login:l-%d", i), Origin: standin.Origin{Address: "192.0.2.1", Agent: "=HYPERLINK(\"evil\")"}}
				if _, err := l.Append(ctx, tx, r); err != nil {
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

func (h *house) ask(caller standin.Caller, form Form, f ledger.Filter) Export {
	h.t.Helper()
	e, err := h.Ask(h.t.Context(), caller, form, f)
	h.must(err)
	return e
}

// run does all that waits.
func (h *house) run() {
	h.t.Helper()
	for {
		did, err := h.Step(h.t.Context())
		h.must(err)
		if !did {
			return
		}
	}
}

func (h *house) fetch(caller standin.Caller, id string) (string, error) {
	e, err := h.Open(h.t.Context(), caller, id)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = h.Write(h.t.Context(), e, &b, nil)
	return b.String(), err
}

// seen is what the caller reads in the list, newest first, up to the instant.
func (h *house) seen(caller standin.Caller, f ledger.Filter, last time.Time) (ids []string) {
	h.t.Helper()
	f.Until = last.Add(time.Microsecond)
	for after := (ledger.Cursor{}); ; {
		records, next, err := h.directory.Audit(h.t.Context(), caller, f, after, 50)
		h.must(err)
		for _, r := range records {
			ids = append(ids, string(r.ID))
		}
		if after = next; next == (ledger.Cursor{}) {
			return ids
		}
	}
}

func (h *house) actions() (all []string) {
	h.t.Helper()
	h.must(h.db.View(h.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		records, _, err := h.ledger.Page(ctx, tx, ledger.Filter{Organisation: acme, Action: "audit."}, ledger.Cursor{}, 100)
		all = nil
		for _, r := range records {
			all = append(all, r.Action+" by "+string(r.Actor))
		}
		return err
	}))
	slices.Reverse(all)
	return all
}

// explained says which rows the record does not explain.
func (h *house) explained() (all []ledger.Difference) {
	h.t.Helper()
	h.must(h.db.View(h.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		all = nil
		return h.ledger.Unexplained(ctx, tx, acme, []ledger.Walk{{Kinds: []string{"export"}, Explain: h.Explain}},
			func(d ledger.Difference) error { all = append(all, d); return nil })
	}))
	return all
}

// idsOf are the ids in an export.
func idsOf(t *testing.T, form Form, text string) (ids []string) {
	t.Helper()
	if form == CSV {
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
		if err != nil || len(rows) == 0 || rows[0][0] != "id" {
			t.Fatalf("got no table (%v): %.200q", err, text)
		}
		for _, row := range rows[1:] {
			ids = append(ids, row[0])
			if strings.HasPrefix(row[12], "=") {
				t.Errorf("a cell would be run: %q", row[12])
			}
		}
		return ids
	}
	for l := range strings.Lines(text) {
		var r struct{ ID string }
		if err := json.Unmarshal([]byte(l), &r); err != nil || r.ID == "" || !strings.HasSuffix(l, "\n") {
			t.Fatalf("got no record (%v): %q", err, l)
		}
		ids = append(ids, r.ID)
	}
	return ids
}

// TestExportHoldsWhatTheAskerSees: in both forms, under a filter, in many parts, each record once and in order.
func TestExportHoldsWhatTheAskerSees(t *testing.T) {
	in(t, func(h *house) {
		for name, c := range map[string]struct {
			caller standin.Caller
			filter ledger.Filter
		}{
			"everything": {auditor, ledger.Filter{}}, "sales": {lead, ledger.Filter{}}, "one's own": {plain, ledger.Filter{}},
			"filtered": {auditor, ledger.Filter{Actor: "person:plain", Action: "login."}}, "nothing": {auditor, ledger.Filter{Action: "no.such"}},
		} {
			for _, form := range []Form{JSON, CSV} {
				e := h.ask(c.caller, form, c.filter)
				if _, err := h.fetch(c.caller, e.ID); standin.CodeOf(err) != "export.not_done" {
					t.Fatalf("%s: got %v of an export that runs", name, err)
				}
				h.run()
				want := h.seen(c.caller, c.filter, e.AskedAt)
				got, err := h.fetch(c.caller, e.ID)
				h.must(err)
				if diff := cmp.Diff(idsOf(t, form, got), want); diff != "" {
					t.Errorf("%s as %s: got -, want +:\n%s", name, form, diff)
				}
				e, err = h.Get(t.Context(), c.caller, e.ID)
				h.must(err)
				if e.How != Done || e.Records != int64(len(want)) || e.Progress() != 1 || (name == "everything" && e.parts < 3) {
					t.Errorf("%s as %s: got %+v, want %d records in several parts", name, form, e, len(want))
				}
				if left := h.explained(); len(left) > 0 {
					t.Errorf("%s: unexplained %v", name, left)
				}
				h.must(h.Delete(t.Context(), c.caller, e.ID))
			}
		}
		if left := h.explained(); len(left) > 0 {
			t.Errorf("after deletion: unexplained %v", left)
		}
	})
}

// TestExportGoesOnWhereItWasStopped: killed after any part, and with two programs at it at once, it is the same export.
func TestExportGoesOnWhereItWasStopped(t *testing.T) {
	in(t, func(h *house) {
		e := h.ask(auditor, CSV, ledger.Filter{})
		want := h.seen(auditor, ledger.Filter{}, e.AskedAt)
		for n := 0; ; n++ {
			taken, err := h.take(t.Context())
			h.must(err)
			if taken.ID == "" {
				if n < 3 {
					t.Errorf("got it done in %d turns, want several", n)
				}
				break
			}
			if got, err := h.take(t.Context()); err != nil || got.ID != "" {
				t.Fatalf("got %+v (%v), want nothing: it is taken", got, err)
			}
			first, err := h.part(t.Context(), taken)
			h.must(err)
			second, err := h.part(t.Context(), taken) // another that took it before and was slow
			h.must(err)
			if first.parts != second.parts || first.Records != second.Records || first.Running() != second.Running() {
				t.Fatalf("got %+v and %+v, want the same part once", first, second)
			}
			if mid, err := h.Get(t.Context(), auditor, e.ID); err != nil || mid.Running() && (mid.Progress() <= 0 || mid.Progress() >= 1) {
				t.Errorf("got progress %v (%v)", mid.Progress(), err)
			}
			h.clock = h.clock.Add(lease) // the program was killed
		}
		got, err := h.fetch(auditor, e.ID)
		h.must(err)
		if diff := cmp.Diff(idsOf(t, CSV, got), want); diff != "" {
			t.Errorf("got -, want +:\n%s", diff)
		}
		if got := h.actions(); !slices.Equal(got, []string{"audit.export by person:auditor", "audit.exported by system:export", "audit.export_fetch by person:auditor"}) {
			t.Errorf("got records %q", got)
		}
	})
}

// TestExportStopsWithTheRightToRead: who may not read any more gets nothing, in the midst of it or afterwards.
func TestExportStopsWithTheRightToRead(t *testing.T) {
	in(t, func(h *house) {
		root := standin.Caller{Organisation: acme, Actor: "person:root", Principal: "root"}
		lose := map[string]func(){
			"the role": func() {
				_, err := h.directory.Release(t.Context(), root, "auditor", "auditor", "")
				h.must(err)
			},
			"activity":  func() { h.must(h.directory.Deactivate(t.Context(), root, "auditor")) },
			"none lost": func() {},
		}
		again := func() {
			h.must(h.directory.Reactivate(t.Context(), root, "auditor"))
			_, err := h.directory.Hold(t.Context(), root, "auditor", "auditor", "")
			h.must(err)
		}
		for name, take := range lose {
			early, late := h.ask(auditor, JSON, ledger.Filter{}), h.ask(auditor, JSON, ledger.Filter{})
			h.run()
			running := h.ask(auditor, JSON, ledger.Filter{})
			taken, err := h.take(t.Context())
			h.must(err)
			_, err = h.part(t.Context(), taken)
			h.must(err)
			h.clock = h.clock.Add(lease)
			open, err := h.Open(t.Context(), auditor, early.ID)
			h.must(err)
			take()
			h.run()
			var b bytes.Buffer
			inMidst := h.Write(t.Context(), open, &b, nil)
			_, after := h.fetch(auditor, late.ID)
			kept, err := h.Get(t.Context(), auditor, running.ID)
			h.must(err)
			if name == "none lost" {
				if inMidst != nil || after != nil || kept.How != Done {
					t.Errorf("got %v, %v, %+v, want all of them", inMidst, after, kept)
				}
			} else {
				if standin.KindOf(inMidst) != standin.Denied || b.Len() > 0 || standin.KindOf(after) != standin.Denied {
					t.Errorf("%s lost: got %v after %d bytes, and %v, want denied", name, inMidst, b.Len(), after)
				}
				if kept.How != Stopped || kept.Bytes != 0 || h.parts(running.ID) != 0 {
					t.Errorf("%s lost: got %+v, want it stopped and nothing kept", name, kept)
				}
				again()
			}
			if left := h.explained(); len(left) > 0 {
				t.Errorf("%s lost: unexplained %v", name, left)
			}
			for _, e := range []Export{early, late, running} {
				h.must(h.Delete(t.Context(), auditor, e.ID))
			}
		}
	})
}

func (h *house) parts(id string) (n int) {
	h.t.Helper()
	h.must(h.db.View(h.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT COUNT(*) FROM record_export_parts WHERE organisation = 'acme' AND export = $1`, id).Scan(&n)
	}))
	return n
}

// TestExportIsTheAskersAlone: others, of whatever rank or organisation, and who acts, neither see, fetch nor delete it.
func TestExportIsTheAskersAlone(t *testing.T) {
	in(t, func(h *house) {
		e := h.ask(auditor, JSON, ledger.Filter{})
		h.run()
		acting := auditor
		acting.Principal, acting.Session = "plain", "s-1"
		for name, c := range map[string]struct {
			caller standin.Caller
			kind   standin.Kind
		}{
			"the super administrator":     {standin.Caller{Organisation: acme, Actor: "person:root", Principal: "root"}, standin.NotFound},
			"another organisation's":      {standin.Caller{Organisation: "rival", Actor: "person:auditor", Principal: "auditor"}, standin.NotFound},
			"the asker while they act":    {acting, standin.Denied},
			"the operator of the machine": {operator, standin.NotFound},
		} {
			_, get := h.Get(t.Context(), c.caller, e.ID)
			_, fetch := h.fetch(c.caller, e.ID)
			for what, err := range map[string]error{"get": get, "fetch": fetch, "delete": h.Delete(t.Context(), c.caller, e.ID)} {
				if standin.KindOf(err) != c.kind {
					t.Errorf("%s: %s: got %v, want %v", name, what, err, c.kind)
				}
			}
			if all, err := h.List(t.Context(), c.caller); len(all) > 0 || (standin.KindOf(err) == standin.Denied) != (c.kind == standin.Denied) {
				t.Errorf("%s: got a list of %d (%v)", name, len(all), err)
			}
		}
		if _, err := h.Ask(t.Context(), acting, JSON, ledger.Filter{}); standin.CodeOf(err) != "export.not_while_acting" {
			t.Errorf("got %v of asking while acting", err)
		}
		if _, err := h.Ask(t.Context(), auditor, "pdf", ledger.Filter{}); standin.CodeOf(err) != "export.form" {
			t.Errorf("got %v of another form", err)
		}
		still := standin.Refuse(standin.Unauthenticated, "test", "test.signed_out", "Signed out.")
		open, err := h.Open(t.Context(), auditor, e.ID)
		h.must(err)
		var b bytes.Buffer
		if err := h.Write(t.Context(), open, &b, func() error { return still }); standin.CodeOf(err) != "test.signed_out" || b.Len() > 0 {
			t.Errorf("got %v after %d bytes, want it broken off", err, b.Len())
		}
	})
}

// TestExportsAreBounded: in number, in size, alone and together, and in time.
func TestExportsAreBounded(t *testing.T) {
	in(t, func(h *house) {
		var all []Export
		for range MostKept {
			all = append(all, h.ask(auditor, JSON, ledger.Filter{}))
		}
		if _, err := h.Ask(t.Context(), auditor, JSON, ledger.Filter{}); standin.CodeOf(err) != "export.too_many" {
			t.Errorf("got %v of one too many", err)
		}
		h.must(h.Delete(t.Context(), auditor, all[0].ID)) // before it began
		h.limits.one = 900
		h.run()
		for _, e := range all[1:] {
			if got, err := h.Get(t.Context(), auditor, e.ID); err != nil || got.How != TooLarge || got.Bytes != 0 || h.parts(e.ID) != 0 {
				t.Errorf("got %+v (%v), want it too large and nothing kept", got, err)
			}
		}
		h.must(h.Delete(t.Context(), auditor, all[1].ID))
		h.limits.one, h.limits.all = 1<<20, 1
		_ = h.ask(auditor, JSON, ledger.Filter{Action: "no.such"}) // takes no room
		h.run()
		if _, err := h.Ask(t.Context(), lead, JSON, ledger.Filter{}); err != nil {
			t.Errorf("got %v while nothing is kept", err)
		}
		h.limits.all = 1 << 20
		h.run()
		h.limits.all = 1
		if _, err := h.Ask(t.Context(), lead, JSON, ledger.Filter{}); standin.CodeOf(err) != "export.no_room" {
			t.Errorf("got %v where there is no room", err)
		}
		h.clock = h.clock.Add(Lasts)
		if all, err := h.List(t.Context(), auditor); err != nil || len(all) > 0 {
			t.Errorf("got %d that are over (%v)", len(all), err)
		}
		for did := true; did; {
			var err error
			did, err = h.expire(t.Context())
			h.must(err)
		}
		var rows int
		h.must(h.db.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			return tx.QueryRow(ctx, `SELECT (SELECT COUNT(*) FROM record_exports) + (SELECT COUNT(*) FROM record_export_parts)`).Scan(&rows)
		}))
		if rows > 0 || len(h.explained()) > 0 {
			t.Errorf("got %d rows left, unexplained %v", rows, h.explained())
		}
	})
}
