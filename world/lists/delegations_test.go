package lists

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/world/table"
)

func (h *house) between(actor, principal standin.PersonID) (d delegation.View) {
	h.t.Helper()
	all, err := h.delegations.ListForPrincipal(h.t.Context(), root, principal, true)
	h.must(err)
	for _, v := range all {
		if v.Actor == actor {
			return v
		}
	}
	h.t.Fatalf("%s does not stand in for %s", actor, principal)
	return d
}

func TestDelegationsComeIn(t *testing.T) {
	in(t, func(h *house) {
		p := h.apply(operator, Delegations, "Stellvertreter;Für;von;bis;Zweck;Art;nur lesen;id\n"+
			"lead@acme.example;root;01.11.2026;30.11.2026;Urlaub;;;\n"+ // began already
			"plain;LEAD@acme.example;2026-12-01;2026-12-24 12:00;;;ja;holiday\n"+
			"plain;root;;;;standby;;\n"+
			"plain;root;11/12/2026;;;;;\n"+
			"plain;root;2026-12-01;soon;;;;\n"+
			"plain;ghost;;;;;;\n"+
			"plain;plain;;;;;;\n"+
			"lead;root;2026-11-15;2026-11-20;again;;;\n"+ // overlaps the first
			"lead;root;2026-12-01;2026-12-05;later;;;\n"+
			"plain;lead;2026-12-05;2026-12-01;;;;\n"+
			"plain;lead;;;;butler;;\n"+
			"plain;lead;;;;;perhaps;\n"+
			"lead;plain;;;;;;holiday\n")
		want := []string{"create", "create", "create", "refuse list.ambiguous_date", "refuse list.bad_date", "refuse list.person_unknown", "refuse delegation.self",
			"refuse list.twice", "create", "refuse delegation.end_before_start", "refuse delegation.kind", "refuse list.yes_or_no", "refuse list.twice"}
		if diff := cmp.Diff(want, outcomes(p)); diff != "" {
			h.t.Errorf("outcomes (-want +got):\n%s", diff)
		}
		berlin, err := time.LoadLocation("Europe/Berlin")
		h.must(err)
		holiday := h.between("plain", "lead")
		if holiday.ID != "holiday" || !holiday.StartsAt.Equal(time.Date(2026, 12, 1, 0, 0, 0, 0, berlin)) ||
			!holiday.EndsAt.Equal(time.Date(2026, 12, 24, 12, 0, 0, 0, berlin)) || !holiday.Limits.ReadOnly {
			h.t.Errorf("holiday %+v", holiday.Delegation)
		}
		var leave delegation.View
		all, err := h.delegations.ListForPrincipal(t.Context(), root, "root", false)
		h.must(err)
		for _, v := range all {
			if v.Purpose == "Urlaub" {
				leave = v
			}
		}
		// The last day counts whole.
		if !leave.EndsAt.Equal(time.Date(2026, 12, 1, 0, 0, 0, 0, berlin)) || leave.State != delegation.Active {
			h.t.Errorf("leave %+v", leave.Delegation)
		}
	})
}

func TestAListOfDelegationsChangesThem(t *testing.T) {
	in(t, func(h *house) {
		h.apply(root, Delegations, "actor,principal,start,end,purpose\nplain,lead,2026-12-01,2026-12-10,leave\n")
		d := h.between("plain", "lead")
		text := "id,actor,principal,end,purpose,read_only\n" + string(d.ID) + ",plain,lead,2026-12-12,longer leave,yes\n"
		p := h.plan(root, Delegations, text)
		if diff := cmp.Diff([]string{"change end,purpose,limits"}, outcomes(p)); diff != "" {
			h.t.Errorf("outcomes (-want +got):\n%s", diff)
		}
		h.apply(root, Delegations, text)
		if d = h.between("plain", "lead"); d.Version != 2 || !d.Limits.ReadOnly || d.Purpose != "longer leave" {
			h.t.Errorf("got %+v", d.Delegation)
		}
		// Without an id it is the same two people, limits and time.
		p = h.plan(root, Delegations, "actor,principal,start,end,purpose,read_only\nplain,lead,2026-12-01,2026-12-14,leave,1\n")
		if diff := cmp.Diff([]string{"change end,purpose"}, outcomes(p)); diff != "" {
			h.t.Errorf("outcomes (-want +got):\n%s", diff)
		}
		// What somebody ended meanwhile stays ended, and the row comes back.
		_, err := h.delegations.Revoke(t.Context(), root, d.ID)
		h.must(err)
		h.must(h.Apply(t.Context(), root, p, nil))
		if diff := cmp.Diff([]string{"2 delegation.over"}, h.refusals(p)); diff != "" && !strings.Contains(diff, "delegation.changed") {
			h.t.Errorf("refused (-want +got):\n%s", diff)
		}
		if d = h.between("plain", "lead"); d.State != delegation.Revoked {
			h.t.Errorf("got %s", d.State)
		}
	})
}

// The same rules as one by one: scope, reasons, past windows, impersonation.
func TestThreat15AListNamesNobodyMore(t *testing.T) {
	in(t, func(h *house) {
		p := h.apply(lead, Delegations, "id,actor,principal,purpose,start,end\n"+
			",root,plain,leave,,2026-12-01\n"+
			",root,lead,my own,,\n"+
			",plain,root,leave,,\n"+
			",root,plain,,2026-12-02,\n"+
			",plain,lead,past,2026-10-01,2026-11-30\n"+
			"d-mine,root,plain,own id,2026-12-02,2026-12-03\n"+
			",lead,plain,for me,,\n")
		want := []string{"create", "create", "refuse list.person_unknown", "refuse delegation.purpose_missing", "refuse delegation.start_past",
			"refuse list.delegation_unknown", "create"}
		if diff := cmp.Diff(want, outcomes(p)); diff != "" {
			h.t.Errorf("outcomes (-want +got):\n%s", diff)
		}
		if _, err := h.Plan(t.Context(), plain, Delegations, h.read("actor,principal\nlead,plain\n"), Options{}); standin.CodeOf(err) != "list.not_entitled" {
			h.t.Errorf("a person without powers: %v", err)
		}
	})
}

// A row that is refused between plan and apply is recorded as naming one by one is.
func TestARefusalMeanwhileComesBack(t *testing.T) {
	in(t, func(h *house) {
		p := h.plan(root, Delegations, "actor,principal,purpose\nplain,lead,leave\nroot,lead,cover\n")
		h.must(h.directory.Deactivate(t.Context(), root, "plain"))
		var told []int
		h.must(h.Apply(t.Context(), root, p, func(done, _ int) { told = append(told, done) }))
		if diff := cmp.Diff([]string{"refuse delegation.inactive_person", "create"}, outcomes(p)); diff != "" {
			h.t.Errorf("outcomes (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]int{0, 2}, told); diff != "" {
			h.t.Errorf("progress %s", diff)
		}
	})
}

func TestDelegationsThatGoOutComeInUnchanged(t *testing.T) {
	in(t, func(h *house) {
		h.clock = time.Date(2026, 10, 20, 9, 30, 12, 345678000, time.UTC)
		h.apply(operator, Delegations, "actor,principal,kind,start,end,purpose,units,read_only\n"+
			"plain,lead,,,,=1+1,sales finance,yes\n"+
			"lead,plain,standby,,-,\"comma, \"\"quote\"\"\",,\n"+
			"root,plain,,2026-10-25,2026-10-25,one long day,,\n"+ // the clocks go back
			"root,lead,,2026-10-21 08:15,2026-10-25T02:30:00+01:00,the second half past two,,\n")
		for _, form := range []table.Form{table.CSV, table.XLSX} {
			back, err := table.Read("x", h.export(root, Delegations, form))
			h.must(err)
			p, err := h.Plan(t.Context(), root, Delegations, back, Options{})
			h.must(err)
			if p.Counts() != (Counts{Skip: 4}) {
				h.t.Errorf("%s: %v", form, outcomes(p))
			}
		}
	})
}

func TestDates(t *testing.T) {
	c := calendar{zone: "Europe/Berlin"}
	for _, x := range []struct {
		text string
		edge delegation.Edge
		want string // an instant, or a code
	}{
		{"2026-11-30", delegation.Start, "2026-11-29T23:00:00Z"},
		{"2026-11-30", delegation.End, "2026-11-30T23:00:00Z"},
		{"30.11.2026", delegation.End, "2026-11-30T23:00:00Z"},
		{"1.2.2026", delegation.Start, "2026-01-31T23:00:00Z"},
		{"30.11.2026, 14:05", delegation.Start, "2026-11-30T13:05:00Z"},
		{"2026-11-30 14:05", delegation.Start, "2026-11-30T13:05:00Z"},
		{"2026-11-30T14:05:00", delegation.Start, "2026-11-30T13:05:00Z"},
		{"2026-11-30T14:05:00+05:00", delegation.Start, "2026-11-30T09:05:00Z"},
		{"2026-10-25 02:30", delegation.Start, "2026-10-25T01:30:00Z"},
		{"2026-10-25 02:30", delegation.End, "2026-10-25T00:30:00Z"},
		{"2026-03-29 02:30", delegation.Start, "delegation.clock_gap"},
		{"11/12/2026", delegation.Start, "list.ambiguous_date"},
		{"30/11/2026", delegation.Start, "list.ambiguous_date"},
		{"11-12-2026", delegation.Start, "list.ambiguous_date"},
		{"30.11.26", delegation.Start, "list.ambiguous_date"},
		{"2026-02-30", delegation.Start, "list.bad_date"},
		{"31.04.2026", delegation.Start, "list.bad_date"},
		{"2026-13-01", delegation.Start, "list.bad_date"},
		{"tomorrow", delegation.Start, "list.bad_date"},
		{"46356", delegation.Start, "list.bad_date"}, // only a workbook counts days
		{"0001-01-01", delegation.Start, "list.bad_date"},
		{strings.Repeat("9", 5000), delegation.Start, "list.bad_date"},
	} {
		at, err := c.read(x.text, "start", x.edge)
		got := standin.CodeOf(err)
		if err == nil {
			got = at.Format(time.RFC3339)
		}
		if got != x.want {
			t.Errorf("%.40q is %s, want %s", x.text, got, x.want)
		}
	}
	for text, want := range map[string]string{"46356": "2026-11-30T23:00:00Z", "46356.5": "2026-11-30T11:00:00Z", "44894": "2026-11-30T23:00:00Z"} {
		c := calendar{zone: "Europe/Berlin", days: true, from04: text == "44894"}
		if at, err := c.read(text, "end", delegation.End); err != nil || at.Format(time.RFC3339) != want {
			t.Errorf("day %s is %v %v, want %s", text, at, err, want)
		}
	}
}

// FuzzDates: whatever is written, read returns it.
func FuzzDates(f *testing.F) {
	f.Add(int64(1790000000_000000), true)
	f.Add(int64(1774749600_000001), false)
	c := calendar{zone: "Europe/Berlin"}
	f.Fuzz(func(t *testing.T, micros int64, end bool) {
		at := standin.Instant(micros)
		if at.Year() < 1970 || at.Year() > 9999 {
			return
		}
		text := c.write(at, delegation.Edge(end))
		if again, err := c.read(text, "start", delegation.Edge(end)); err != nil || !again.Equal(at) {
			t.Errorf("%v is written %q and read %v %v", at, text, again, err)
		}
	})
}

// waiting returns what tells that it began, and waits before it does what try does.
func waiting(try func(context.Context, *db.Tx, standin.Caller, bool) error, held, hold chan struct{}) func(context.Context, *db.Tx, standin.Caller, bool) error {
	var once sync.Once
	return func(ctx context.Context, tx *db.Tx, caller standin.Caller, trial bool) error {
		once.Do(func() { close(held) })
		<-hold
		return try(ctx, tx, caller, trial)
	}
}

func TestAKeptPlanIsAppliedBehind(t *testing.T) {
	in(t, func(h *house) {
		id := h.Keep(h.plan(root, People, "email,name\nk@acme.example,Kept\n"))
		if _, err := h.Kept(lead, id); standin.CodeOf(err) != "list.gone" {
			h.t.Errorf("somebody else sees it: %v", err)
		}
		if err := h.Begin(t.Context(), lead, id); standin.CodeOf(err) != "list.gone" {
			h.t.Errorf("somebody else begins it: %v", err)
		}
		hold, held := make(chan struct{}), make(chan struct{})
		h.runs.all[id].Plan.order[0].try = waiting(h.runs.all[id].Plan.order[0].try, held, hold)
		h.must(h.Begin(t.Context(), root, id))
		h.must(h.Begin(t.Context(), root, id))
		<-held
		during, err := h.Kept(root, id)
		h.must(err)
		if !during.Running || during.Over || during.Plan != nil || during.Total != 1 {
			h.t.Errorf("meanwhile %+v", during)
		}
		if err := during.Plan.WriteRefused(table.CSV, io.Discard, Said); standin.CodeOf(err) != "list.running" {
			h.t.Errorf("meanwhile its refused rows are written: %v", err)
		}
		close(hold)
		h.Wait()
		run, err := h.Kept(root, id)
		h.must(err)
		if !run.Over || run.Running || run.Failed != nil || run.Done != 1 || run.Total != 1 || !run.Plan.Rows[0].Done {
			h.t.Errorf("came to %+v", run)
		}
		if p := h.person("k@acme.example"); p.Name != "Kept" {
			h.t.Errorf("got %+v", p)
		}
		for range mostKept {
			h.Keep(run.Plan)
		}
		large := *run.Plan
		large.Rows = make([]*Row, mostKeptRows-1)
		last := h.Keep(&large)
		if len(h.runs.all) != 2 || len(h.runs.last) != 2 || h.runs.last[1] != last {
			h.t.Errorf("beside a large one %d are kept", len(h.runs.all)-1)
		}
		if _, err := h.Kept(root, id); standin.CodeOf(err) != "list.gone" {
			h.t.Errorf("the oldest is kept for ever: %v", err)
		}
	})
}
