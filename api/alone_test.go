package api_test

import (
	"strings"
	"testing"

	"github.com/standin-id/standin/api"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

// TestOrganisationByAPIAlone goes from an empty database to an organisation with people, units, roles, a notice and a
// deputy who works, by the API alone.
func TestOrganisationByAPIAlone(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := furnish(t, d)
		link, _, err := h.Signin.SetUpLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		nia := h.enter("POST", "/api/v1/set-up", map[string]any{"token": link, "id": "newport", "name": "Newport Ltd", "time_zone": "Europe/Berlin",
			"units": []string{"office"}, "administrator": "Nia Roberts", "email": "nia@newport.example", "password": "harbour lights at dusk"}, 201)
		nia.acceptNotice(t)

		// units, a role, settings with a notice, a key
		nia.ask("PUT", "/api/v1/units/office%2Fwest", nil).into(t, 200, nil)
		nia.ask("PUT", "/api/v1/roles/reader", map[string]any{"rank": 3, "allow": []string{"standin:audit.view@unit"}}).into(t, 200, nil)
		var o api.Organisation
		nia.ask("GET", "/api/v1/organisation", nil).into(t, 200, &o)
		o.Settings.Word, o.Settings.PrivacyNotice = "proxy", api.NoticeForm{Version: "2026-1", Text: "We keep what was done, and by whom."}
		form := api.OrganisationForm{Name: o.Name, Settings: o.Settings, Version: o.Version}
		var would api.Outcome
		nia.ask("POST", "/api/v1/organisation/preview", form).into(t, 200, &would)
		if !would.Changed {
			t.Error("the preview says that nothing would change")
		}
		nia.ask("PUT", "/api/v1/organisation", form).into(t, 200, nil)
		nia.acceptNotice(t)
		var key api.NewKey
		nia.ask("POST", "/api/v1/keys", map[string]any{"name": "Staff list", "may": []string{"people"}}).into(t, 201, &key)
		h.ask(key.Secret, "GET", "/api/v1/people", nil).into(t, 200, nil)

		// two people, who set their passwords by links, and a group
		var group api.Group
		nia.ask("POST", "/api/v1/groups", map[string]any{"name": "Night shift"}).into(t, 201, &group)
		in := map[string]*browser{}
		for _, name := range []string{"oli", "pat"} {
			var p api.Detail
			nia.ask("POST", "/api/v1/people", map[string]any{"name": strings.ToTitle(name[:1]) + name[1:] + " Harper", "email": name + "@newport.example",
				"unit": "office/west"}).into(t, 201, &p)
			nia.ask("PUT", "/api/v1/groups/"+group.ID+"/members/"+p.ID, nil).into(t, 200, nil)
			var l api.Link
			nia.ask("POST", "/api/v1/people/"+p.ID+"/invitation", nil).into(t, 201, &l)
			in[name] = h.enter("POST", "/api/v1/invitation/accept", map[string]any{"token": l.Token, "password": name + " walks by the river"}, 200)
			in[name].acceptNotice(t)
		}
		oli, pat := in["oli"], in["pat"]
		nia.ask("PUT", "/api/v1/people/"+oli.person()+"/roles/reader?unit=office", nil).into(t, 200, nil)

		// oli names pat, who acts for oli and reads what oli may
		var named api.Whole[api.Delegation]
		oli.ask("POST", "/api/v1/delegations", map[string]any{"actors": []string{pat.person()}, "purpose": "annual leave"}).into(t, 201, &named)
		var records api.Page[api.Record]
		pat.ask("GET", "/api/v1/audit", nil).into(t, 200, &records)
		for _, r := range records.Items {
			if r.Actor == "person:"+oli.person() && r.Action == "login.create" {
				t.Errorf("pat reads what is oli's to read: %+v", r)
			}
		}
		pat.act(named.Items[0].ID)
		pat.ask("GET", "/api/v1/audit", nil).into(t, 200, &records)
		if first := records.Items[0]; first.Actor != "person:"+pat.person() || first.Principal != oli.person() {
			t.Errorf("the record names %s for %s, want %s for %s", first.Actor, first.Principal, pat.person(), oli.person())
		}
	})
}

// enter asks an operation that signs somebody in.
func (h *house) enter(method, path string, in any, status int) *browser {
	h.T.Helper()
	b := &browser{house: h}
	var me api.Me
	b.ask(method, path, in).into(h.T, status, &me)
	b.identity = me.Identity
	return b
}

// person returns the id of who signed in.
func (b *browser) person() string {
	id, _, _ := strings.Cut(strings.TrimPrefix(b.identity, "person:"), " ")
	return id
}

func (b *browser) acceptNotice(t *testing.T) {
	t.Helper()
	if due := b.me().NoticeDue; due != "" {
		b.ask("POST", "/api/v1/me/privacy-notice/accept", map[string]any{"version": due}).into(t, 204, nil)
	}
}
