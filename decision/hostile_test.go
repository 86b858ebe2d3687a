package decision_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/decision/trials"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// A list of questions takes as long as all of them: what was permitted first must still be so when the last is answered.
func TestP5APermitDoesNotOutliveTheRestOfItsList(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.Settings(acme, func(s *directory.Settings) { s.Decisions.RecordOwn = true })
		for name, semantic := range map[string]decision.Semantic{"all": decision.ExecuteAll, "until one is denied": decision.DenyOnFirstDeny} {
			tries := 10
			for ; tries > 0 && !h.revokedAmid(name, semantic); tries-- {
			}
			if tries == 0 {
				t.Fatalf("%s: no revocation was seen by any answer of its list", name)
			}
		}
	})
}

// revokedAmid asks a list of questions while what they rest on is revoked, and reports whether that came before the list was
// done, so that some answer saw it: then none may rest on it. Where the machine was too busy for that, nothing can be said.
func (h *house) revokedAmid(name string, semantic decision.Semantic) bool {
	t := h.T
	d := h.name("ann", "hal", rights.Limits{})
	s, _ := h.act(d)
	questions := []decision.Question{asks("approve", within(s)), asks("approve", self("hal"))}
	for range 198 {
		questions = append(questions, asks("approve", within(s)))
	}
	var steps atomic.Int64
	var over sync.WaitGroup
	revoke := func() {
		if _, err := h.Delegations.Revoke(t.Context(), as(acme, "hal"), d.ID); err != nil {
			t.Error(err)
		}
	}
	h.Decisions = decision.New(h.DB, h.Ledger, h.Directory, h.Applications, h.Delegations, h.Acting, func() time.Time {
		h.Pass(10 * time.Millisecond) // each step takes a while, as with a slow disk
		if steps.Add(1) == 100 {
			over.Go(revoke)
		}
		return h.Now()
	})
	began := h.Now()
	got, err := h.DecideAll(t.Context(), h.key, questions, semantic)
	over.Wait()
	if took := h.Now().Sub(began); err != nil || took < time.Second {
		t.Fatalf("%s: it took %v: %v", name, took, err)
	}
	first := slices.IndexFunc(got, func(a decision.Answer) bool { return !a.Permit })
	if first < 0 {
		return false
	}
	if semantic == decision.DenyOnFirstDeny && first != len(got)-1 {
		t.Errorf("%s: got %d answers, the first refusal is %d", name, len(got), first)
	}
	for i, a := range got {
		if r := h.record(a.Record); a.Permit && i != 1 || (r.Outcome == ledger.Refused) == a.Permit {
			t.Errorf("%s: answer %d is %v, its record %+v", name, i, a.Permit, r)
			break
		}
	}
	return true
}

// Who was a deputy once is told no more of what their principal may do.
func TestB5ExplanationsEndWithTheDelegation(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.name("ann", "hal", rights.Limits{}, func(n *delegation.Naming) { n.End = h.Now().Add(2 * day) })
		s, _ := h.act(d)
		before := h.Now().Add(time.Hour)
		h.Pass(30 * day)
		for name, c := range map[string]struct {
			q  decision.Question
			at time.Time
		}{
			"at an instant while it was": {asks("approve", could("ann", "hal")), before},
			"by a session that ended":    {asks("approve", within(s)), time.Time{}},
		} {
			e, err := h.Explain(t.Context(), as(acme, "ann"), c.q, c.at)
			if standin.KindOf(err) != standin.NotFound {
				t.Errorf("%s: got %+v %v, want nobody", name, e, err)
			}
		}
	})
}

// record returns one record of acme.
func (h *house) record(id standin.RecordID) (r ledger.Record) {
	h.T.Helper()
	h.View(func(ctx context.Context, tx *db.Tx) (err error) {
		r, err = h.Ledger.ByID(ctx, tx, acme, id)
		return err
	})
	return r
}

// What is registered of a record is told nobody who may not so much as look at it: neither its unit nor what guardrails say.
func TestB10ExplanationsTellNothingOfRecordsThatOneMayNotSee(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.desk(acme, `@id("cap") forbid (principal, action, resource) when { resource has amount && resource.amount > 5000 };`)
		item := decision.Item{ItemName: decision.ItemName{Application: "desk", Type: "expense", ID: "e-77"},
			Resource: decision.Resource{Owner: "hal", EnteredBy: "hal", Unit: "sales/emea", Properties: map[string]any{"amount": 9000}}}
		other := item
		other.ID, other.Properties = "e-78", map[string]any{"amount": 100}
		must(h.Register(t.Context(), h.key, []decision.Item{item, other}))(t)
		said := func(who, principal standin.PersonID, id string) string {
			t.Helper()
			e, err := h.Explain(t.Context(), as(acme, who), decision.Question{Principal: principal, Application: "desk", Type: "expense", ID: id, Action: "edit"}, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(e.Permit, e.Reasons, e.Changes)
		}
		none := said("dee", "dee", "e-99")
		for _, id := range []string{"e-77", "e-78"} {
			if got := said("dee", "dee", id); got != none {
				t.Errorf("%s: got %s, want what is said of a record that is not: %s", id, got, none)
			}
		}
		if got := said("hal", "hal", "e-78"); got == none || got[:4] != "true" {
			t.Errorf("who owns it: got %s", got)
		}
		big := asks("edit", self("dee"), func(q *decision.Question) {
			q.Properties = map[string]any{"note": strings.Repeat("x", 20_000)}
		})
		if _, err := h.Explain(t.Context(), as(acme, "dee"), big, time.Time{}); standin.CodeOf(err) != "decision.too_large" {
			t.Errorf("more properties than anybody could ask about: got %v", err)
		}
	})
}

// What a delegation that is over would let its actor do is told nobody: it lets them do nothing.
func TestB5NothingCouldBeDoneByADelegationThatIsOver(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.name("ann", "hal", rights.Limits{})
		lines, err := h.CouldBy(t.Context(), as(acme, "ann"), d.ID)
		if err != nil || len(lines) == 0 {
			t.Fatalf("while it lives: got %v %v", lines, err)
		}
		if _, err := h.Delegations.Revoke(t.Context(), as(acme, "hal"), d.ID); err != nil {
			t.Fatal(err)
		}
		if lines, err = h.CouldBy(t.Context(), as(acme, "ann"), d.ID); err != nil || len(lines) > 0 {
			t.Errorf("once it is over: got %v %v", lines, err)
		}
	})
}

// Who edits guardrails and may not read the record learns from a trial how many answers would be others, and not whose.
func TestB11TrialsNameOnlyWhatTheReaderMaySeeOfTheRecord(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		must(h.Directory.PutRole(t.Context(), operator(acme), rights.Role{ID: "guard", Rank: 40, Allow: []string{"standin:guardrail.edit@org"}}, 0))(t)
		must(h.Directory.PutRole(t.Context(), operator(acme), rights.Role{ID: "auditor", Rank: 20, Allow: []string{"standin:audit.view@unit"}}, 0))(t)
		must(h.Directory.Hold(t.Context(), operator(acme), "cem", "guard", ""))(t)
		s, _ := h.act(h.name("ann", "hal", rights.Limits{}))
		h.permits(asks("approve", within(s)))
		tries := h.Trials
		tried := func(want int) {
			t.Helper()
			found, err := tries.Recorded(t.Context(), as(acme, "cem"), trials.Draft{Guardrails: idle})
			if err != nil || found.Closed != 1 || len(found.Changes) != want || len(found.Sessions) != want {
				t.Errorf("got %+v %v, want %d of them named", found, err, want)
			}
		}
		tried(0)
		must(h.Directory.Hold(t.Context(), operator(acme), "cem", "auditor", "sales"))(t)
		tried(1)
	})
}
