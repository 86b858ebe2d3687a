package authzen_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/decision"
)

// TestCertification sends the requests of the AuthZEN 1.0 certification scenario, as it writes them, and validates what it
// says its harness validates. The names are its sections.
func TestCertification(t *testing.T) {
	run(t, "testdata/interop/certification.yaml", func(t *testing.T, h *house) {
		h.key = "a-key-of-the-interoperability-events"
		h.policies("cert", "certification.cedar", "certification.entities.json")
		if _, err := h.Decisions.Register(t.Context(), standin.OperatorCaller("interop", "test"), []decision.Item{
			{ItemName: decision.ItemName{Application: "cert", Type: "record", ID: "record-1"}, Resource: decision.Resource{Properties: map[string]any{"status": "active"}}},
			{ItemName: decision.ItemName{Application: "cert", Type: "record", ID: "record-2"}, Resource: decision.Resource{Properties: map[string]any{"status": "archived"}}},
		}); err != nil {
			t.Fatal(err)
		}
		h.Pass(1e9)
		t.Run("2 Basic", func(t *testing.T) { basic(t, h) })
		t.Run("3 Batch", func(t *testing.T) { batch(t, h) })
		t.Run("4 Search", func(t *testing.T) { searches(t, h) })
		t.Run("4.5 Pagination", func(t *testing.T) { pages(t, h) })
		t.Run("6 Discovery", func(t *testing.T) { discovery(t, h) })
	})
}

const (
	alice   = `'subject':{'type':'user','id':'alice'}`
	bob     = `'subject':{'type':'user','id':'bob'}`
	admin   = `'subject':{'type':'user','id':'bob','properties':{'role':'admin'}}`
	read    = `'action':{'name':'read'}`
	write   = `'action':{'name':'write'}`
	record1 = `'resource':{'type':'record','id':'record-1'}`
	active  = `'resource':{'type':'record','id':'record-1','properties':{'status':'active'}}`
	record2 = `'resource':{'type':'record','id':'record-2'}`
	old     = `'resource':{'type':'record','id':'record-2','properties':{'status':'archived'}}`
	cert    = "/pdp/cert/access/v1/"
)

func object(members ...string) string { return "{" + strings.Join(members, ",") + "}" }

func basic(t *testing.T, h *house) {
	for section, c := range map[string]struct{ ask, want string }{
		"2.2.1": {object(alice, read, record1), `{'decision':true}`},
		"1.4.2": {object(alice, write, record1), `{'decision':true}`},
		"1.4.3": {object(bob, read, record1), `{'decision':true}`},
		"2.2.2": {object(bob, write, record1), `{'decision':false}`},
		"2.2.3": {object(alice, read, record1, `'context':{'time':'2025-06-27T18:03-07:00','ip':'192.168.1.1'}`), `{'decision':true}`},
		"2.2.4": {object(alice, write, old), `{'decision':false}`},
		"2.2.5": {object(admin, write, old), `{'decision':true}`},
		"2.2.6": {object(alice, `'action':{'name':'delete','properties':{'soft':true}}`, record1), `{'decision':true}`},
		"2.2.7": {object(alice, `'action':{'name':'delete','properties':{'soft':false}}`, record1), `{'decision':false}`},
		"2.2.8": {object(`'subject':{'type':'user','id':'alice','properties':{'department':'Sales','role':'manager'}}`, `'action':{'name':'read','properties':{'method':'GET'}}`,
			`'resource':{'type':'record','id':'record-1','properties':{'status':'active','owner':'bob'}}`), `{'decision':true}`},
		"2.2.9": {object(alice, read, record1, `'foo':'bar'`, `'futureField':{'nested':true}`), `{'decision':true}`},
	} {
		for range 3 { // 2.6: the same each time
			if h.ask(cert+"evaluation", c.ask).is(t, 200, c.want); t.Failed() {
				t.Fatal(section)
			}
		}
	}
	for section, ask := range map[string]string{
		"2.4.1 subject": object(read, record1), "2.4.1 action": object(alice, record1), "2.4.1 resource": object(alice, read),
		"2.4.2 subject.type":  object(`'subject':{'id':'alice'}`, read, record1),
		"2.4.2 subject.id":    object(`'subject':{'type':'user'}`, read, record1),
		"2.4.2 action.name":   object(alice, `'action':{}`, record1),
		"2.4.2 resource.type": object(alice, read, `'resource':{'id':'record-1'}`),
		"2.4.2 resource.id":   object(alice, read, `'resource':{'type':'record'}`),
		"2.4.4":               `{"subject":`, "2.4.5": "",
		"2.4.6 subject":     object(`'subject':'alice'`, read, record1),
		"2.4.6 action.name": object(alice, `'action':{'name':123}`, record1),
	} {
		if got := h.ask(cert+"evaluation", ask); got.StatusCode != 400 {
			t.Errorf("%s: got %d %s, want 400", section, got.StatusCode, got.text)
		}
	}
	text := strings.ReplaceAll(object(alice, read, record1), "'", `"`)
	r := h.request(cert+"evaluation", text)
	r.Header.Set("Content-Type", "text/plain")
	if got := h.send(r); got.StatusCode != 400 {
		t.Errorf("2.4.3: got %d %s, want 400", got.StatusCode, got.text)
	}
	r = h.request(cert+"evaluation", text)
	r.Header.Set("X-Request-ID", "bfe9eb29-ab87-4ca3-be83-a1d5d8305716")
	if got := h.send(r); got.StatusCode != 200 || got.Header.Get("X-Request-ID") != "bfe9eb29-ab87-4ca3-be83-a1d5d8305716" {
		t.Errorf("2.5.1: got %d %v, want the request's id", got.StatusCode, got.Header)
	}
}

func batch(t *testing.T, h *house) {
	is := func(decisions ...string) string {
		return `{'evaluations':[{'decision':` + strings.Join(decisions, `},{'decision':`) + `}]}`
	}
	list := func(items ...string) string { return `'evaluations':[` + strings.Join(items, ",") + `]` }
	for section, c := range map[string]struct{ ask, want string }{
		"3.2.1": {object(alice, read, list(object(record1), object(record2))), is("true", "true")},
		"3.2.2": {object(bob, record1, list(object(read), object(write))), is("true", "false")},
		"3.2.3": {object(alice, write, list(object(active), object(old))), is("true", "false")},
		"3.2.4": {object(write, old, list(object(alice), object(admin))), is("false", "true")},
		"3.2.5": {object(list(object(alice, read, record1), object(bob, write, record1))), is("true", "false")},
		"3.2.6": {object(alice, read, `'context':{'time':'2025-06-27T18:03-07:00'}`, list(object(record1),
			object(record2, `'context':{'time':'2025-06-27T19:00-07:00','source':'batch-override'}`))), is("true", "true")},
		"3.2.7": {object(alice, write, `'resource':{'type':'record'}`, list(object(`'resource':{'id':'record-1','properties':{'status':'active'}}`), object(old))), is("true", "false")},
		"3.4.1": {object(alice, read, list(object(record1), "{}")), is("true", `false,'context':{'error':{'status':400,'message':'resource is missing'}}`)},
		"3.4.2": {object(alice, read, record1), `{'decision':true}`},
		"3.4.3": {object(alice, read, record1, list()), `{'decision':true}`},
	} {
		if h.ask(cert+"evaluations", c.ask).is(t, 200, c.want); t.Failed() {
			t.Fatal(section)
		}
	}
}

func searches(t *testing.T, h *house) {
	const (
		users   = `'subject':{'type':'user'}`
		records = `'resource':{'type':'record'}`
		context = `'context':{'time':'2025-06-27T18:03-07:00'}`
		both    = `{'results':[{'type':'user','id':'alice'},{'type':'user','id':'bob'}]}`
	)
	for section, c := range map[string]struct{ kind, ask, want string }{
		"4.2.1":   {"subject", object(users, read, record1), both},
		"4.2.2":   {"subject", object(users, read, record1, context), both},
		"4.2.3":   {"subject", object(alice, read, record1), both}, // an id that is there is ignored
		"4.2.4":   {"subject", object(users, write, old), `{'results':[{'type':'user','id':'bob'}]}`},
		"4.3.1":   {"resource", object(alice, read, records), `{'results':[{'type':'record','id':'record-1'},{'type':'record','id':'record-2'}]}`},
		"4.3.2":   {"resource", object(alice, read, record2), `{'results':[{'type':'record','id':'record-1'},{'type':'record','id':'record-2'}]}`},
		"4.3.3":   {"resource", object(admin, write, records), `{'results':[{'type':'record','id':'record-2'}]}`},
		"4.4.1":   {"action", object(alice, record1), `{'results':[{'name':'read'},{'name':'write'}]}`},
		"4.4.2":   {"action", object(alice, record1, context), `{'results':[{'name':'read'},{'name':'write'}]}`},
		"4.4.3":   {"action", object(admin, old), `{'results':[{'name':'read'},{'name':'write'}]}`},
		"4.6.1":   {"action", object(`'subject':{'type':'user','id':'nonexistent-user'}`, record1), `{'results':[]}`},
		"4.6.2":   {"subject", object(`'subject':{'type':'spaceship'}`, read, record1), `{'results':[]}`},
		"4.6.2 r": {"resource", object(alice, read, `'resource':{'type':'spaceship'}`), `{'results':[]}`},
	} {
		if h.ask(cert+"search/"+c.kind, c.ask).is(t, 200, c.want); t.Failed() {
			t.Fatal(section)
		}
	}
	for section, c := range map[string]struct{ kind, ask string }{
		"4.7.1 subject": {"subject", object(users, record1)}, "4.7.1 resource": {"resource", object(read, records)}, "4.7.1 action": {"action", object(alice)},
		"4.7.2 subject": {"subject", object(users, read, records)}, "4.7.2 resource": {"resource", object(users, read, records)},
	} {
		if got := h.ask(cert+"search/"+c.kind, c.ask); got.StatusCode != 400 {
			t.Errorf("%s: got %d %s, want 400", section, got.StatusCode, got.text)
		}
	}
}

func pages(t *testing.T, h *house) {
	ask := object(`'subject':{'type':'user'}`, read, record1, `'page':PAGE`)
	page := func(want string, wish any) string {
		t.Helper()
		text, err := json.Marshal(wish)
		if err != nil {
			t.Fatal(err)
		}
		got := h.ask(cert+"search/subject", strings.Replace(ask, "PAGE", string(text), 1))
		var in struct {
			Page struct {
				Next  *string `json:"next_token"`
				Count int
			}
			Results []struct{ Type, ID string }
		}
		if got.into(t, &in); in.Page.Next == nil || in.Page.Count != len(in.Results) || !strings.HasPrefix(got.text, `{"page":{"next_token":`) {
			t.Fatalf("got %s, want a page first", got.text)
		}
		var ids []string
		for _, r := range in.Results {
			ids = append(ids, r.ID)
		}
		if strings.Join(ids, " ") != want {
			t.Errorf("got %q, want %q", ids, want)
		}
		return *in.Page.Next
	}
	next := page("alice", map[string]any{"limit": 1})
	if next == "" {
		t.Fatal("got no next token, want that bob follows")
	}
	for range 2 {
		if last := page("bob", map[string]any{"token": next}); last != "" { // the limit is the first request's
			page("", map[string]any{"token": last})
		}
	}
	page("bob", map[string]any{"token": next, "limit": 1})
	page("alice bob", map[string]any{"limit": 100000})
	page("alice bob", map[string]any{"limit": 2, "properties": map[string]any{"sort": "id"}})
	if none := page("", map[string]any{"limit": 0}); none == "" {
		t.Error("got that nothing follows, want that all does")
	}
	for name, text := range map[string]string{
		"another limit":  strings.Replace(ask, "PAGE", `{'token':'`+next+`','limit':2}`, 1),
		"another action": strings.Replace(strings.Replace(ask, "PAGE", `{'token':'`+next+`'}`, 1), "'read'", "'write'", 1),
		"a context":      strings.Replace(strings.Replace(ask, "PAGE", `{'token':'`+next+`'}`, 1), "{", "{'context':{'time':'now'},", 1),
		"invented":       strings.Replace(ask, "PAGE", `{'token':'a3M9NDU2O3N6PTI='}`, 1),
		"long":           strings.Replace(ask, "PAGE", `{'token':'`+strings.Repeat("a", 2000)+`'}`, 1),
		"no string":      strings.Replace(ask, "PAGE", `{'token':7}`, 1),
		"negative":       strings.Replace(ask, "PAGE", `{'limit':-1}`, 1),
		"a fraction":     strings.Replace(ask, "PAGE", `{'limit':1.5}`, 1),
		"no object":      strings.Replace(ask, "PAGE", `7`, 1),
	} {
		if got := h.ask(cert+"search/subject", text); got.StatusCode != 400 {
			t.Errorf("%s: got %d %s, want 400", name, got.StatusCode, got.text)
		}
	}
	if got := h.ask(cert+"search/action", strings.Replace(ask, "PAGE", `{'token':'`+next+`'}`, 1)); got.StatusCode != 400 {
		t.Errorf("got %d %s for another search, want 400", got.StatusCode, got.text)
	}
}

func discovery(t *testing.T, h *house) {
	r := h.request("/.well-known/authzen-configuration/pdp/cert", "")
	r.Method = "GET"
	var got map[string]string
	h.send(r).into(t, &got)
	for name, want := range map[string]string{"policy_decision_point": "", "access_evaluation_endpoint": "/access/v1/evaluation",
		"access_evaluations_endpoint": "/access/v1/evaluations", "search_subject_endpoint": "/access/v1/search/subject",
		"search_resource_endpoint": "/access/v1/search/resource", "search_action_endpoint": "/access/v1/search/action"} {
		if got[name] != "https://standin.example/pdp/cert"+want {
			t.Errorf("got %s %q, want ours", name, got[name])
		}
	}
}
