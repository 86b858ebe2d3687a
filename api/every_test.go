package api_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/api"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

var organisationForm = map[string]any{"name": "New Ltd", "settings": map[string]any{
	"acting": map[string]any{"default": "1h", "max": "8h"}, "delegation": map[string]any{"max": "90d", "accept": false}, "word": "proxy",
	"impersonation": map[string]any{"super_admins_only": false, "notify_changes": true}, "calls": "own",
	"privacy_notice": map[string]any{"version": "", "text": ""}, "time_zone": "UTC"}}

// bodies holds a good body for every operation that takes one.
var bodies = map[string]any{
	"giveConsent":         map[string]any{"scopes": []string{"openid", "email"}},
	"signIn":              map[string]any{"email": "cleo@acme.example", "password": password},
	"prove":               map[string]any{"password": password},
	"acceptPrivacyNotice": map[string]any{"version": "standin-1"},
	"setPreferences":      map[string]any{"time_zone": "Europe/Berlin", "language": "de"},
	"startActing":         map[string]any{"delegation": "d-1"},
	"createPerson":        map[string]any{"name": "Emil", "email": "emil@new.example", "unit": "sales"},
	"putPerson":           map[string]any{"name": "Benjamin", "email": "ben@acme.example", "unit": "sales"},
	"putOrganisation":     organisationForm,
	"previewOrganisation": organisationForm,
	"putGuardrails":       map[string]any{"text": "forbid (principal, action, resource) when { context.acting };"},
	"putRole":             map[string]any{"rank": 5, "allow": []string{"standin:audit.view@unit"}},
	"nameStandIns":        map[string]any{"actors": []string{"p-cleo"}, "principal": "p-ben", "purpose": "annual leave"},
	"previewNaming":       map[string]any{"actors": []string{"p-cleo"}, "principal": "p-ben", "purpose": "annual leave"},
	"editDelegation":      map[string]any{"purpose": "illness"},
	"previewEdit":         map[string]any{"purpose": "illness"},
	"acceptDelegation":    map[string]any{"version": 1},
	"declineDelegation":   map[string]any{"reason": "away myself"},
	"enableDelegation":    map[string]any{"duration": "2h"},
	"createGroup":         map[string]any{"name": "First responders"},
	"putGroup":            map[string]any{"name": "Fire wardens", "unit": "sales"},
	"getInvitation":       map[string]any{"token": strings.Repeat("a", 52)},
	"acceptInvitation":    map[string]any{"token": strings.Repeat("a", 52), "password": "a new one, which is long"},
	"changePassword":      map[string]any{"former": password, "password": "a new one, which is long"},
	"isSetUpOpen":         map[string]any{"token": strings.Repeat("a", 52)},
	"setUp": map[string]any{"token": strings.Repeat("a", 52), "id": "new", "name": "New Ltd", "administrator": "Nia", "email": "nia@new.example",
		"password": "a new one, which is long"},
	"registerClient":  map[string]any{"name": "Desk", "redirect_uris": []string{"https://desk.example/callback"}},
	"changeClient":    map[string]any{"name": "Desk", "redirect_uris": []string{"https://desk.example/callback"}},
	"rotateClient":    map[string]any{"overlap": "1d"},
	"makeKey":         map[string]any{"name": "The desk's", "may": []string{"decide"}},
	"changeKey":       map[string]any{"name": "The desk's", "may": []string{"decide"}},
	"rotateKey":       map[string]any{"overlap": "1d"},
	"previewPerson":   map[string]any{"name": "Benjamin", "email": "ben@acme.example", "unit": "sales"},
	"previewRole":     map[string]any{"rank": 5, "allow": []string{"standin:audit.view@unit"}},
	"tryRole":         map[string]any{"allow": []string{"desk:expense.view@unit"}, "person": "p-ben", "application": "desk", "type": "expense", "action": "view"},
	"moveUnit":        map[string]any{"to": "sales/middle"},
	"previewMoveUnit": map[string]any{"to": "sales/middle"},
	"handOn":          map[string]any{"reports": []any{}},
	"previewHandOn":   map[string]any{"reports": []any{}},
	"explain":         map[string]any{"actor": "p-ben", "principal": "p-ada", "application": "desk", "type": "expense", "id": "e-1", "action": "view"},
	"registerResources": map[string]any{"resources": []any{map[string]any{"application": "desk", "type": "expense", "id": "e-1",
		"properties": map[string]any{"owner": "p-ben", "unit": "sales"}}}},
	"removeResources":   map[string]any{"resources": []any{map[string]any{"application": "desk", "type": "expense", "id": "e-1"}}},
	"rotateSigningKeys": map[string]any{"stolen": false},
	"tellDeeds":         map[string]any{"records": []any{map[string]any{"id": "d-1", "at": "2026-11-21T09:00:00Z", "actor": "p-ben", "action": "desk:expense.view"}}},
	"getCould":          map[string]any{"limits": map[string]any{"read_only": true}},
	"seeAsPerson":       map[string]any{"limits": map[string]any{"read_only": true}},
	"askExport":         map[string]any{"form": "csv", "filter": map[string]any{"action": "login."}},
	"planPeople":        list("name,email,unit\nEmil,emil@new.example,sales\n"),
	"planDelegations":   list("actor,principal,purpose\ncleo@acme.example,ben@acme.example,annual leave\n"),

	"putApplication":     deskForm,
	"previewApplication": deskForm,
	"tryGuardrails":      map[string]any{"guardrails": "forbid (principal, action, resource) when { context.acting };"},
	"declineProposal":    map[string]any{"reason": "not now"},
	"askGuardrails": map[string]any{"guardrails": "forbid (principal, action, resource) when { context.acting };", "actor": "p-ben", "principal": "p-ada",
		"asked": "desk", "type": "expense", "action": "view"},
}

// office is a house in which something of each kind is there, so that each operation has something to be asked of.
type office struct {
	*house
	ben    *browser // who acts for ada
	cleo   *browser
	zoe    *browser // who administers the other organisation
	acting api.Session
	paths  map[string]map[string]string // what stands for each parameter, by what the path begins with
}

func everywhere(t *testing.T, test func(t *testing.T, o *office)) {
	run(t, func(t *testing.T, h *house) {
		o := &office{house: h, ben: h.signIn("ben"), cleo: h.signIn("cleo"), zoe: h.signIn("zoe")}
		o.acting = o.ben.act(h.cover("ben", "ada"))
		var kept api.List
		h.ask(adminKey, "POST", "/api/v1/lists/people", list("name,email,unit\nFay,fay@new.example,sales\nGus,gus@new.example,nowhere\n")).into(t, 201, &kept)
		var opened api.RulesSaved
		h.ask(h.keyOf("dora"), "PUT", "/api/v1/applications/desk", openDesk).into(t, 200, &opened)
		var asked api.Export
		h.ask(adminKey, "POST", "/api/v1/audit/exports", map[string]any{"form": "jsonl"}).into(t, 202, &asked)
		o.paths = map[string]map[string]string{
			"/applications":    {"id": "desk"},
			"/proposals":       {"id": opened.Proposal.ID},
			"/lists":           {"id": kept.ID},
			"/people":          {"id": "p-ada", "role": "super_admin", "login": "l-1"},
			"/audit/exports":   {"id": asked.ID},
			"/delegations":     {"id": o.acting.Delegation},
			"/sessions":        {"id": o.acting.ID},
			"/audit/records":   {"id": h.records("")[0].ID},
			"/me/logins":       {"id": "l-1"},
			"/me/applications": {"grant": "g-1"},
			"/me/consents":     {"client": "desk-acme"},
			"/units":           {"path": "sales/emea"},
			"/roles":           {"id": "clerk"},
			"/groups":          {"id": h.group("Night shift"), "person": "p-cleo"},
			"/clients":         {"id": "desk-acme"},
			"/resources":       {"application": "desk", "type": "expense"},
			"/keys":            {"id": "spare-acme"},
		}
		test(t, o)
	})
}

// path returns the operation's path with something that is there in acme.
func (o *office) path(op *operation) string {
	o.T.Helper()
	for begin, values := range o.paths {
		if strings.HasPrefix(op.path, api.Prefix+begin+"/") {
			return op.fill(values)
		}
	}
	if strings.Contains(op.path, "{") {
		o.T.Fatalf("%s %s: say in the test what its parameters stand for", op.method, op.path)
	}
	return op.path
}

// body returns a good body, nil where the operation takes none.
func (o *office) body(op *operation) any {
	o.T.Helper()
	good, ok := bodies[op.OperationID]
	if ok != (op.RequestBody != nil) {
		o.T.Fatalf("%s: say in the test what a good body is", op.OperationID)
	}
	return good
}

// all asks every operation, each time as the description says.
func (o *office) all(ask func(op *operation, r *http.Request) answer, want func(op *operation, got answer)) {
	o.T.Helper()
	for _, op := range o.about.operations() {
		want(op, ask(op, o.request(op.method, o.path(op), o.body(op))))
	}
}

// entrances are the operations that are open to everybody.
var entrances = []string{"signIn", "signOut", "getInvitation", "acceptInvitation", "isSetUpOpen", "setUp"}

// ways are the operations by which a login begins and ends, and acting ends: they need no permission.
var ways = append([]string{"stopActing"}, entrances...)

func TestNobodyIsRefusedByEveryOperation(t *testing.T) {
	everywhere(t, func(t *testing.T, o *office) {
		for name, header := range map[string]http.Header{
			"no credentials":  {},
			"an unknown key":  {"Authorization": {"Bearer a-secret-that-nobody-was-ever-given"}},
			"another scheme":  {"Authorization": {"Basic " + adminKey}},
			"an empty secret": {"Authorization": {"Bearer "}},
			"a bare secret":   {"Authorization": {adminKey}},
			"an old cookie":   {"Cookie": {"__Host-standin=" + strings.Repeat("a", 52)}},
			"a bare cookie":   {"Cookie": {strings.Replace(o.ben.cookie, "__Host-", "", 1)}},
		} {
			o.all(func(op *operation, r *http.Request) answer {
				maps.Copy(r.Header, header)
				return o.send(r)
			}, func(op *operation, got answer) {
				if op.open() != slices.Contains(entrances, op.OperationID) {
					t.Errorf("%s is open to everybody", op.OperationID)
				}
				if !op.open() && got.StatusCode != 401 {
					t.Errorf("%s with %s: got %d, want 401: %s", op.OperationID, name, got.StatusCode, got.text)
				}
			})
		}
	})
}

// forPeopleKeys are the operations that a key made for people opens.
var forPeopleKeys = []string{"getMe", "searchPeople", "listPeople", "createPerson", "getPerson", "putPerson", "deactivatePerson",
	"reactivatePerson", "listUnits", "listRoles", "listGroups", "createGroup", "getGroup", "putGroup", "endGroup", "listMembers", "addMember",
	"removeMember", "listGroupsOf", "listLoginsOf", "endLoginsOf", "endLoginOf", "getStanding", "invite", "uninvite", "planPeople", "getList", "applyList",
	"getRefused", "exportPeople"}

// forDecideKeys are the operations that a key made for decisions opens, beside AuthZEN.
var forDecideKeys = []string{"getMe", "registerResources", "removeResources", "listResources"}

// forRecordKeys are the operations that a key made for the record opens.
var forRecordKeys = []string{"getMe", "tellDeeds"}

// forPeople are the operations that speak of a sign-in, which API keys have none of.
var forPeople = []string{"signIn", "signOut", "prove", "getPrivacyNotice", "acceptPrivacyNotice", "setPreferences", "listLogins", "endLogins",
	"endLogin", "changePassword", "knowLink", "startActing", "getActing", "extendActing", "stopActing", "listChoices", "listAlerts", "listEndedLogins",
	"listMyApplications", "endMyApplication", "listConsents", "giveConsent", "withdrawConsent"}

func TestKeysOpenWhatTheyWereMadeForInEveryOperation(t *testing.T) {
	everywhere(t, func(t *testing.T, o *office) {
		as := func(secret string) func(*operation, *http.Request) answer {
			return func(_ *operation, r *http.Request) answer {
				r.Header.Set("Authorization", "Bearer "+secret)
				return o.send(r)
			}
		}
		own := func(op *operation) bool {
			if slices.Contains(forPeople, op.OperationID) && !op.open() {
				if last := len(op.Security) - 1; last < 0 || op.Security[last]["cookie"] == nil || op.Security[0]["key"] != nil {
					t.Errorf("%s does not say that it is for people alone", op.OperationID)
				}
				return true
			}
			return op.open()
		}
		o.all(as(askKey), func(op *operation, got answer) {
			opened := !strings.Contains(string(got.text), "api.not_entitled")
			if want := slices.Contains(forDecideKeys, op.OperationID); opened != want && !own(op) {
				t.Errorf("%s with a key for decisions: got %d %s, want opened %v", op.OperationID, got.StatusCode, got.text, want)
			}
		})
		o.all(as(recordKey), func(op *operation, got answer) {
			opened := !strings.Contains(string(got.text), "api.not_entitled")
			if want := slices.Contains(forRecordKeys, op.OperationID); opened != want && !own(op) {
				t.Errorf("%s with a key for the record: got %d %s, want opened %v", op.OperationID, got.StatusCode, got.text, want)
			}
		})
		o.all(as(hrKey), func(op *operation, got answer) {
			opened := !strings.Contains(string(got.text), "api.not_entitled")
			if want := slices.Contains(forPeopleKeys, op.OperationID); opened != want && !own(op) {
				t.Errorf("%s with a key for people: got %d %s, want opened %v", op.OperationID, got.StatusCode, got.text, want)
			}
		})
		o.all(as(adminKey), func(op *operation, got answer) {
			if own(op) && !op.open() {
				got.problem(t, 403, "api.people_only")
			}
			if strings.Contains(string(got.text), "api.not_entitled") {
				t.Errorf("%s is not for administrators' keys: %s", op.OperationID, got.text)
			}
		})
	})
}

// TestP12OtherOrganisationsAreUnknownToEveryOperation asks for what is acme's in the other organisation's name.
func TestP12OtherOrganisationsAreUnknownToEveryOperation(t *testing.T) {
	everywhere(t, func(t *testing.T, o *office) {
		size := len(o.records(""))
		mine := []string{"listResources", "putUnit", "putRole", "previewRole", "moveUnit", "previewMoveUnit", "endUnit", "previewEndUnit", "putApplication", "previewApplication"} // their ids are each organisation's own
		for name, send := range map[string]func(r *http.Request) answer{
			"a key": func(r *http.Request) answer {
				r.Header.Set("Authorization", "Bearer "+otherKey)
				return o.house.send(r)
			},
			"zoe": func(r *http.Request) answer {
				r.Header.Set("Cookie", o.zoe.cookie)
				return o.zoe.send(r)
			},
		} {
			for _, op := range o.about.operations() {
				if op.open() || op.OperationID == "stopActing" || op.OperationID == "endLogins" {
					continue
				}
				got := send(o.house.request(op.method, o.path(op), o.body(op)))
				if strings.Contains(op.path, "{") && !slices.Contains(mine, op.OperationID) && got.StatusCode != 404 &&
					!strings.Contains(string(got.text), "api.people_only") {
					t.Errorf("%s as %s: got %d, want 404: %s", op.OperationID, name, got.StatusCode, got.text)
				}
				if sent, ok := o.body(op).(list); ok { // what one says oneself tells nothing
					for _, cell := range strings.FieldsFunc(string(sent), func(r rune) bool { return r == ',' || r == '\n' }) {
						got.text = []byte(strings.ReplaceAll(string(got.text), cell, "…"))
					}
				}
				for _, theirs := range []string{"@acme.example", `"acme"`, `"p-dora"`} {
					if strings.Contains(string(got.text), theirs) {
						t.Errorf("%s as %s tells of %s: %s", op.OperationID, name, theirs, got.text)
					}
				}
			}
		}
		if got := o.records(""); len(got) != size {
			t.Errorf("acme's record has grown by %q", actions(got[:len(got)-size]))
		}
		if me := o.ben.me(); me.Acting == nil || !me.Acting.Live {
			t.Errorf("got %+v, want that ben still acts", me)
		}
	})
}

// whileActing says what who is acting is answered, by operation: 200 for what the principal may read and what is the
// actor's own. All others are refused.
var whileActing = map[string]int{
	// of the actor themselves
	"getMe": 200, "listEndedLogins": 200, "listChoices": 200, "getActing": 200, "extendActing": 200, "listLogins": 200, "endLogin": 404, "getPrivacyNotice": 200,
	"prove": 204, "startActing": 404, "listMyApplications": 200, "endMyApplication": 404, "listConsents": 200,
	// what the principal sees
	"listPeople": 200, "getPerson": 200, "listManaged": 200, "listForPrincipal": 200, "listForActor": 200, "getDelegation": 200,
	"getHistory": 200, "listSessionsInNameOf": 200, "listSessionsBy": 200, "listAlerts": 200, "listRecords": 200, "getRecord": 200,
	"exportRecords": 200, "getAuditStatus": 200, "listUnits": 200, "listRoles": 200, "listGroups": 200, "getGroup": 200, "listMembers": 200,
	"listGroupsOf": 200, "getEstate": 200, "getStanding": 200, "getReports": 200, "getCheck": 200,
	"getCouldBy": 200,
	// what somebody could do is nobody's business who acts for somebody
	"explain": 404, "getHolds": 404, "getCould": 404, "seeAsPerson": 404,
}

// TestP4EveryOperationWhileActing lets ben, who acts for ada, ask everything.
func TestP4EveryOperationWhileActing(t *testing.T) {
	everywhere(t, func(t *testing.T, o *office) {
		var before int64
		count := func() (n int64) {
			o.update("acme", func(ctx context.Context, tx *db.Tx, _ standin.Caller) error {
				return tx.QueryRow(ctx, `SELECT count(*) FROM records WHERE organisation = $1 AND session = $2 AND outcome = $3`, "acme", o.acting.ID,
					string(ledger.Done)).Scan(&n)
			})
			return n
		}
		for _, op := range o.about.operations() {
			if slices.Contains(ways, op.OperationID) || op.OperationID == "endLogins" {
				continue
			}
			before = count()
			want, ok := whileActing[op.OperationID]
			if !ok {
				want = 403
			}
			got := o.ben.ask(op.method, o.path(op), o.body(op))
			if got.StatusCode != want {
				t.Errorf("%s while acting: got %d, want %d: %s", op.OperationID, got.StatusCode, want, got.text)
			}
			if did := count() - before; did != 0 && op.OperationID != "extendActing" && op.OperationID != "prove" {
				t.Errorf("%s did something in ada's name", op.OperationID)
			}
			if me := o.ben.me(); !me.Acting.Live {
				t.Fatalf("%s ended the acting session", op.OperationID)
			}
		}
	})
}

// TestThreat33OtherSitesMayNotAsk lets another web site make ben's browser send everything.
func TestThreat33OtherSitesMayNotAsk(t *testing.T) {
	everywhere(t, func(t *testing.T, o *office) {
		size := len(o.records(""))
		for _, header := range []http.Header{
			{"Origin": {"https://evil.example"}}, {"Origin": {"null"}}, {"Sec-Fetch-Site": {"cross-site"}},
			{"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://evil.acme.example"}},
		} {
			o.all(func(op *operation, r *http.Request) answer {
				r.Header.Set("Cookie", o.ben.cookie)
				r.Header.Set(api.IdentityHeader, o.ben.identity)
				maps.Copy(r.Header, header)
				return o.house.send(r)
			}, func(op *operation, got answer) {
				if op.method != "GET" {
					got.problem(t, 403, "api.other_origin")
				}
				for name := range got.Header {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s lets other sites read it: %s", op.OperationID, name)
					}
				}
			})
		}
		if got := o.records(""); len(got) != size {
			t.Errorf("another site did %q", actions(got[:len(got)-size]))
		}
	})
}

// TestThreat37EveryChangeIsMadeForAnIdentity sends changes that say another identity, or none.
func TestThreat37EveryChangeIsMadeForAnIdentity(t *testing.T) {
	everywhere(t, func(t *testing.T, o *office) {
		size := len(o.records(""))
		for _, c := range []struct {
			identity string
			status   int
			code     string
		}{
			{"", 422, "api.identity_missing"},
			{"person:p-ben", 409, "standin.identity_changed"},
			{"person:p-ben for p-ada in s-1", 409, "standin.identity_changed"},
			{strings.Repeat("x", 5000), 409, "standin.identity_changed"},
		} {
			o.all(func(op *operation, r *http.Request) answer {
				if slices.Contains(ways, op.OperationID) {
					return answer{}
				}
				r.Header.Set("Cookie", o.ben.cookie)
				r.Header.Set("Sec-Fetch-Site", "same-origin")
				r.Header.Set(api.IdentityHeader, c.identity)
				return o.ben.send(r)
			}, func(op *operation, got answer) {
				if got.Response != nil && op.method != "GET" {
					got.problem(t, c.status, c.code)
				}
			})
		}
		if got := o.records(""); len(got) != size {
			t.Errorf("a stale page did %q", actions(got[:len(got)-size]))
		}
		stale := o.request("DELETE", "/api/v1/acting", nil)
		stale.Header = http.Header{"Cookie": {o.ben.cookie}, "Sec-Fetch-Site": {"same-origin"}, api.IdentityHeader: {"person:p-ben"}}
		o.ben.send(stale).into(t, 204, nil) // stopping is never refused (P6)
	})
}

// TestThreat21TheNoticeComesFirst lets dora, who has not accepted the privacy notice, ask everything.
func TestThreat21TheNoticeComesFirst(t *testing.T) {
	everywhere(t, func(t *testing.T, o *office) {
		dora := o.signIn("dora")
		early := []string{"getMe", "prove", "getPrivacyNotice", "acceptPrivacyNotice"}
		for _, op := range o.about.operations() {
			if slices.Contains(append(early, ways...), op.OperationID) {
				continue
			}
			dora.ask(op.method, o.path(op), o.body(op)).problem(t, 403, "api.notice_due")
		}
		var n api.Notice
		dora.ask("GET", "/api/v1/me/privacy-notice", nil).into(t, 200, &n)
		dora.ask("POST", "/api/v1/me/privacy-notice/accept", map[string]any{"version": n.Version + "x"}).problem(t, 409, "directory.notice_changed", "directory.notice_version")
		if me := dora.me(); me.NoticeDue != n.Version || n.Text == "" {
			t.Errorf("got %+v, want that %s is due", me, n.Version)
		}
		dora.ask("POST", "/api/v1/me/privacy-notice/accept", map[string]any{"version": n.Version}).into(t, 204, nil)
		dora.ask("GET", "/api/v1/choices", nil).into(t, 200, nil)
	})
}

func TestOtherMethodsAreNotAllowed(t *testing.T) {
	everywhere(t, func(t *testing.T, o *office) {
		for _, op := range o.about.operations() {
			for _, method := range []string{"PUT", "POST", "PATCH", "DELETE", "GET", "OPTIONS", "TRACE", "PROPFIND"} {
				if o.about.find(method, o.path(op)) != nil {
					continue
				}
				got := o.ask(adminKey, method, o.path(op), nil)
				got.problem(t, 405, "api.no_method")
				if allow := got.Header.Get("Allow"); !strings.Contains(allow, op.method) || strings.Contains(allow, method) {
					t.Errorf("%s %s: got Allow %q, want %s in it", method, op.path, allow, op.method)
				}
			}
		}
		for _, path := range []string{"/api/", "/api/v1", "/api/v2/people", "/api/v1/people/", "/api/v1/people/p-ada/nothing", "/api/openapi.yaml"} {
			o.ask(adminKey, "GET", path, nil).problem(t, 404, "api.no_operation")
		}
		if text := string(o.ask("", "GET", api.DescriptionPath, nil).text); !strings.HasPrefix(text, `{"components"`) {
			t.Errorf("got %.100s, want the description", text)
		}
	})
}
