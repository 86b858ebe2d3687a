package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/api"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// TestTheWholeJob lets a person name a stand-in, who chooses, acts, and stops; the record names both.
func TestTheWholeJob(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ada, ben := h.signIn("ada"), h.signIn("ben")
		var found api.Page[api.Candidate]
		ada.ask("GET", "/api/v1/candidates?q=be", nil).into(t, 200, &found)
		if len(found.Items) != 1 || found.Items[0].Name != "ben" {
			t.Fatalf("got %+v, want ben alone", found.Items)
		}
		wish := map[string]any{"actors": []string{found.Items[0].ID}, "purpose": "annual leave"}
		var preview api.NamingPreview
		var named api.Whole[api.Delegation]
		ada.ask("POST", "/api/v1/delegations/preview", wish).into(t, 200, &preview)
		if preview.Items[0].ID != "" || preview.Items[0].End == nil || len(h.records("action=delegation.")) != 0 {
			t.Errorf("got %+v, want what would be made, and nothing made", preview.Items)
		}
		ada.ask("POST", "/api/v1/delegations", wish).into(t, 201, &named)
		d := named.Items[0]

		var choices api.Whole[api.Choice]
		ben.ask("GET", "/api/v1/choices", nil).into(t, 200, &choices)
		if len(choices.Items) != 1 || !choices.Items[0].Can || choices.Items[0].Principal.Name != "ada" || choices.Items[0].Delegation != d.ID {
			t.Fatalf("got %+v, want ada to choose", choices.Items)
		}
		ben.ask("GET", "/api/v1/audit/status", nil).into(t, 200, nil)
		ben.ask("GET", "/api/v1/organisation", nil).problem(t, 403, "directory.not_entitled")
		before := ben.cookie
		s := ben.act(d.ID)
		me := ben.me()
		if before == ben.cookie || me.Identity != "person:p-ben for p-ada in "+s.ID || me.Actor != "person:p-ben" || me.Principal.ID != "p-ada" || !me.Acting.Live {
			t.Errorf("got %+v with the same cookie: %v; want ben for ada with a new one", me, before == ben.cookie)
		}
		var people api.Page[api.Person]
		ben.ask("GET", "/api/v1/people", nil).into(t, 200, &people)
		if len(people.Items) != 4 {
			t.Errorf("got %+v, want everybody whom ada manages", people.Items)
		}
		ben.ask("POST", "/api/v1/delegations", wish).problem(t, 403, "delegation.not_while_acting")
		ben.ask("PUT", "/api/v1/me/preferences", map[string]any{"language": "de"}).problem(t, 403, "directory.not_while_acting")
		h.Pass(10 * time.Minute)
		var extended, last api.Session
		ben.ask("POST", "/api/v1/acting/extend", nil).into(t, 200, &extended)
		if got := extended.ExpiresAt.Sub(s.ExpiresAt); got != time.Hour {
			t.Errorf("got %v more, want 1h", got)
		}
		ben.ask("DELETE", "/api/v1/acting", nil).into(t, 204, nil)
		ben.ask("DELETE", "/api/v1/acting", nil).into(t, 204, nil)
		ben.ask("GET", "/api/v1/acting", nil).problem(t, 404, "api.not_acting")
		if me := ben.me(); me.Identity != "person:p-ben" || me.Principal != nil || me.Acting != nil {
			t.Errorf("got %+v, want ben himself", me)
		}

		var theirs api.Whole[api.Session]
		ada.ask("GET", "/api/v1/people/p-ada/sessions-in-their-name", nil).into(t, 200, &theirs)
		if last = theirs.Items[0]; len(theirs.Items) != 1 || last.ActorName != "ben" || last.EndedHow != "stopped" || last.Live {
			t.Errorf("got %+v, want the one session of ben, stopped", theirs.Items)
		}
		got := actions(h.records("session=" + s.ID))
		want := []string{"acting.end done stopped", "acting.extend done", "person.preferences refused directory.not_while_acting",
			"delegation.name refused delegation.not_while_acting", "acting.start done"}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		for _, r := range h.records("session=" + s.ID) {
			if r.Actor != "person:p-ben" || r.Principal != "p-ada" || r.Delegation != d.ID {
				t.Errorf("got %+v, want ben for ada", r)
			}
		}
	})
}

// TestA2TheVerbsOfADelegation tries each verb, by whom it is for.
func TestA2TheVerbsOfADelegation(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ada, ben := h.signIn("ada"), h.signIn("ben")
		do := func(b *browser, method, path string, in any) (d api.Delegation) {
			t.Helper()
			b.ask(method, "/api/v1/delegations/"+path, in).into(t, 200, &d)
			return d
		}
		id := h.named(map[string]any{"actors": []any{"p-ben"}, "principal": "p-ada", "purpose": "illness", "kind": "standby"})
		if d := do(ada, "GET", id, nil); d.State != "dormant" {
			t.Errorf("got %s, want dormant", d.State)
		}
		ben.ask("POST", "/api/v1/delegations/"+id+"/enable", map[string]any{"duration": "2h"}).problem(t, 403, "delegation.own_gain", "delegation.not_yours")
		if d := do(ada, "POST", id+"/enable", map[string]any{"duration": "2h"}); d.State != "active" || d.EnabledUntil.Sub(*d.EnabledAt) != 2*time.Hour {
			t.Errorf("got %+v, want active for 2h", d)
		}
		ada.ask("POST", "/api/v1/delegations/"+id+"/enable", map[string]any{"duration": "2 hours"}).problem(t, 422, "api.invalid")
		if d := do(ada, "POST", id+"/disable", nil); d.State != "dormant" {
			t.Errorf("got %s, want dormant", d.State)
		}
		var edited api.Edited
		version := do(ada, "GET", id, nil).Version
		ada.ask("POST", "/api/v1/delegations/"+id+"/preview", map[string]any{"purpose": "leave"}).into(t, 200, &edited)
		if edited.Before.Purpose != "illness" || edited.After.Purpose != "leave" || do(ada, "GET", id, nil).Purpose != "illness" {
			t.Errorf("got %+v, want both, and nothing changed", edited)
		}
		if d := do(ada, "PATCH", id, map[string]any{"purpose": "leave", "version": version}); d.Purpose != "leave" {
			t.Errorf("got %q, want leave", d.Purpose)
		}
		ada.ask("PATCH", "/api/v1/delegations/"+id, map[string]any{"purpose": "late", "version": version}).problem(t, 409, "delegation.changed")
		ada.ask("PATCH", "/api/v1/delegations/"+id, map[string]any{"end": h.Now().Add(time.Hour), "no_end": true}).problem(t, 422, "api.end_or_none")
		do(ada, "POST", id+"/deactivate", nil)
		if d := do(ada, "POST", id+"/reactivate", nil); d.State != "dormant" {
			t.Errorf("got %s, want dormant", d.State)
		}
		ada.ask("DELETE", "/api/v1/delegations/"+id, nil).into(t, 204, nil)
		ada.ask("GET", "/api/v1/delegations/"+id, nil).problem(t, 404, "delegation.unknown")

		second := h.cover("ben", "ada")
		h.Pass(20 * time.Minute)
		ada.ask("POST", "/api/v1/me/proof", map[string]any{"password": password}).into(t, 204, nil)
		if d := do(ada, "POST", second+"/renew", nil); !d.End.After(h.Now().Add(89 * 24 * time.Hour)) {
			t.Errorf("got the end %v, want 90 days from now", d.End)
		}
		if d := do(ben, "POST", second+"/lay-down", nil); d.State != "laid_down" {
			t.Errorf("got %s, want laid down", d.State)
		}
		third := h.cover("ben", "ada")
		if d := do(ada, "POST", third+"/revoke", nil); d.State != "revoked" || d.EndedBy != "person:p-ada" {
			t.Errorf("got %+v, want revoked by ada", d)
		}
		var history api.Page[api.Record]
		ben.ask("GET", "/api/v1/delegations/"+third+"/history", nil).into(t, 200, &history)
		if got := strings.Join(actions(history.Items), ", "); got != "delegation.revoke done, delegation.name done" {
			t.Errorf("got %s", got)
		}
		var list api.Whole[api.Delegation]
		var managed api.Page[api.Delegation]
		ben.ask("GET", "/api/v1/people/p-ben/principals?over=true", nil).into(t, 200, &list)
		ada.ask("GET", "/api/v1/delegations?over=true&limit=1", nil).into(t, 200, &managed)
		if len(list.Items) != 2 || len(managed.Items) != 1 || managed.Next == "" {
			t.Errorf("got %d and %d, want both and one of two", len(list.Items), len(managed.Items))
		}
		ada.ask("GET", "/api/v1/delegations?over=true&limit=1&after="+managed.Next, nil).into(t, 200, &managed)
		ada.ask("GET", "/api/v1/people/p-ada/stand-ins", nil).into(t, 200, &list)
		if len(managed.Items) != 1 || len(list.Items) != 0 {
			t.Errorf("got %+v and %+v, want the other, and none that lives", managed.Items, list.Items)
		}
	})
}

func TestA12AcceptAndDecline(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		var o api.Organisation
		h.ask(adminKey, "GET", "/api/v1/organisation", nil).into(t, 200, &o)
		o.Settings.Delegation.Accept = true
		h.ask(adminKey, "PUT", "/api/v1/organisation", api.OrganisationForm{Name: o.Name, Settings: o.Settings, Version: o.Version}).into(t, 200, &o)
		ben := h.signIn("ben")
		one, two := h.cover("ben", "ada"), h.cover("ben", "cleo")
		var alerts api.Whole[api.Alert]
		ben.ask("GET", "/api/v1/alerts", nil).into(t, 200, &alerts)
		if len(alerts.Items) < 2 || alerts.Items[0].Kind != "asked" {
			t.Errorf("got %+v, want both questions first", alerts.Items)
		}
		ben.ask("POST", "/api/v1/acting", map[string]any{"delegation": one}).problem(t, 403, "acting.waits_for_you")
		var d api.Delegation
		ben.ask("POST", "/api/v1/delegations/"+one+"/accept", map[string]any{"version": 7}).problem(t, 409, "delegation.changed")
		ben.ask("POST", "/api/v1/delegations/"+one+"/accept", nil).into(t, 200, &d)
		if d.State != "active" || d.AcceptedAt == nil {
			t.Errorf("got %+v, want active", d)
		}
		ben.ask("POST", "/api/v1/delegations/"+two+"/decline", map[string]any{"reason": "away myself"}).into(t, 200, &d)
		if d.State != "declined" || d.DeclineReason != "away myself" {
			t.Errorf("got %+v, want declined", d)
		}
	})
}

func TestF2TheRecordIsFilteredAndExported(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		d := h.cover("ben", "ada")
		ben, cleo := h.signIn("ben"), h.signIn("cleo")
		ben.act(d)
		var got api.Page[api.Record]
		h.ask(adminKey, "GET", "/api/v1/audit?actor=person:p-ben&principal=p-ada&action=acting.&outcome=done&from=2026-11-21T00:00:00Z&until=2026-11-22T00:00:00Z", nil).into(t, 200, &got)
		if len(got.Items) != 1 || got.Items[0].Action != "acting.start" || got.Items[0].Address != "192.0.2.1" {
			t.Fatalf("got %+v, want the start alone", got.Items)
		}
		var one api.Record
		h.ask(adminKey, "GET", "/api/v1/audit/records/"+got.Items[0].ID, nil).into(t, 200, &one)
		cleo.ask("GET", "/api/v1/audit/records/"+one.ID, nil).problem(t, 404, "directory.record_unknown")
		h.ask(otherKey, "GET", "/api/v1/audit/records/"+one.ID, nil).problem(t, 404, "directory.record_unknown")

		lines := strings.Split(strings.TrimSpace(string(h.ask(adminKey, "GET", "/api/v1/audit/export", nil).text)), "\n")
		all := h.records("")
		if len(lines) != len(all) {
			t.Fatalf("got %d lines, want %d", len(lines), len(all))
		}
		for i, line := range lines {
			var r api.Record
			if err := json.Unmarshal([]byte(line), &r); err != nil || r.ID != all[i].ID {
				t.Errorf("line %d is %s (%v), want %s", i, line, err, all[i].ID)
			}
		}
		for _, line := range strings.Split(strings.TrimSpace(string(cleo.ask("GET", "/api/v1/audit/export", nil).text)), "\n") {
			if !strings.Contains(line, "p-cleo") {
				t.Errorf("cleo exports what is not hers: %s", line)
			}
		}
		next, pages := "", 0
		for more := true; more; more = next != "" {
			var page api.Page[api.Record]
			h.ask(adminKey, "GET", "/api/v1/audit?limit=3&after="+next, nil).into(t, 200, &page)
			if pages == 0 && len(page.Items) != 3 || page.Items[0].ID != all[3*pages].ID {
				t.Fatalf("page %d begins with %s, want %s", pages, page.Items[0].ID, all[3*pages].ID)
			}
			next, pages = page.Next, pages+1
		}
	})
}

// TestC7TheEndHoldsAtOnce lets the principal end what is done in their name.
func TestC7TheEndHoldsAtOnce(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		d := h.cover("ben", "ada")
		ada, ben, cleo := h.signIn("ada"), h.signIn("ben"), h.signIn("cleo")
		s := ben.act(d)
		cleo.ask("POST", "/api/v1/sessions/"+s.ID+"/end", nil).problem(t, 404, "acting.unknown", "acting.session_unknown")
		ada.ask("POST", "/api/v1/sessions/"+s.ID+"/end", nil).into(t, 204, nil)
		ben.ask("GET", "/api/v1/people", nil).into(t, 200, nil)
		me := ben.me()
		if me.Identity != "person:p-ben" || me.Acting == nil || me.Acting.Live || me.Acting.EndedHow == "" {
			t.Errorf("got %+v, want ben himself, told how it ended", me)
		}
		ben.ask("POST", "/api/v1/acting/extend", nil).problem(t, 403, "acting.over")
		ben.ask("DELETE", "/api/v1/acting", nil).into(t, 204, nil)
		if me := ben.me(); me.Acting != nil {
			t.Errorf("got %+v, want that he turned away from it", me.Acting)
		}
	})
}

// TestThreat43AnExportEndsWithTheSession ends the acting session while the principal's record is being read.
func TestThreat43AnExportEndsWithTheSession(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		d := h.cover("ben", "cleo")
		h.update("acme", func(ctx context.Context, tx *db.Tx, op standin.Caller) error {
			for range 450 {
				if _, err := h.Ledger.Append(ctx, tx, ledger.Record{Organisation: "acme", Actor: "person:p-cleo", At: h.Now(), Action: "test.done"}); err != nil {
					return err
				}
			}
			return nil
		})
		ben := h.signIn("ben")
		for name, end := range map[string]func(s api.Session){
			"by the actor": func(api.Session) { ben.ask("DELETE", "/api/v1/acting", nil).into(t, 204, nil); ben.me() },
			"by revoking it": func(api.Session) {
				h.ask(adminKey, "POST", "/api/v1/delegations/"+d+"/deactivate", nil).into(t, 200, nil)
			},
			"by nobody, at all": nil,
		} {
			h.ask(adminKey, "POST", "/api/v1/delegations/"+d+"/reactivate", nil)
			s := ben.act(d)
			w := &interrupted{ResponseRecorder: httptest.NewRecorder()}
			if end != nil {
				w.then = func() { end(s) }
			}
			aborted := func() (aborted bool) {
				defer func() { aborted = recover() == http.ErrAbortHandler }()
				h.handler.ServeHTTP(w, ben.request("GET", "/api/v1/audit/export", nil))
				return false
			}()
			lines := bytes.Count(w.Body.Bytes(), []byte("\n"))
			if aborted != (end != nil) || end != nil && lines != 200 || end == nil && lines < 450 {
				t.Errorf("%s: got %d lines, broken off %v", name, lines, aborted)
			}
			ben.ask("DELETE", "/api/v1/acting", nil).into(t, 204, nil)
			ben.me()
		}
	})
}

// interrupted does something as soon as the first bytes are written.
type interrupted struct {
	*httptest.ResponseRecorder
	then func()
}

func (w *interrupted) Write(p []byte) (int, error) {
	if then := w.then; then != nil {
		w.then = nil
		then()
	}
	return w.ResponseRecorder.Write(p)
}

// TestThreat15TheAPIChecksAsPagesDo names and starts what nobody may, by this way, too.
func TestThreat15TheAPIChecksAsPagesDo(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben, ada := h.signIn("ben"), h.signIn("ada")
		name := func(b *browser, actor, principal string) answer {
			return b.ask("POST", "/api/v1/delegations", map[string]any{"actors": []any{id(actor)}, "principal": id(principal), "purpose": "annual leave"})
		}
		for _, principal := range []string{"ada", "zoe", "nobody"} { // known and unknown alike
			name(ben, "ben", principal).problem(t, 403, "delegation.not_for_others")
			name(ben, "cleo", principal).problem(t, 403, "delegation.not_for_others")
		}
		name(ben, "ben", "ben").problem(t, 422, "delegation.self")
		name(ada, "zoe", "ada").problem(t, 404, "delegation.person_unknown")
		p := h.ask(adminKey, "POST", "/api/v1/delegations", map[string]any{"actors": []any{"p-ben"}, "purpose": "annual leave"}).problem(t, 422, "api.principal_missing")
		if len(p.Errors) != 1 || p.Errors[0].Pointer != "/principal" {
			t.Errorf("got %+v, want that the key says for whom", p.Errors)
		}
		dormant := h.named(map[string]any{"actors": []any{"p-ben"}, "principal": "p-ada", "kind": "standby", "purpose": "illness"})
		ben.ask("POST", "/api/v1/acting", map[string]any{"delegation": dormant}).problem(t, 403, "acting.not_enabled")
		ada.ask("POST", "/api/v1/acting", map[string]any{"delegation": dormant}).problem(t, 404, "acting.no_delegation")
		if got := h.records("action=acting.start&outcome=refused"); len(got) != 2 {
			t.Errorf("got %q, want both refusals", actions(got))
		}
	})
}
