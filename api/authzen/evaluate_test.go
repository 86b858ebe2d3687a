package authzen_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const one = "/access/v1/evaluation"

// expense is a question about an expense of Cleo's, in sales, with what else is in its context.
func expense(subject, action, context string) string {
	text := `{'subject':{'type':'person','id':'` + subject + `'},'action':{'name':'` + action + `'},'resource':{'type':'desk:expense','id':'e-1',` +
		`'properties':{'owner':'p-cleo','unit':'sales/emea','amount':100}}`
	if context != "" {
		text += `,'context':{` + context + `}`
	}
	return text + "}"
}

func TestH3OneQuestion(t *testing.T) {
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		session := string(h.act("ben@acme.example", "d-ada").ID)
		within := `'acting_session':'` + session + `'`
		ben := `'actor':{'type':'person','id':'p-ben'}`
		for _, c := range []struct{ ask, want string }{
			// in one's own name
			{expense("p-ada", "approve", ""), `{'decision':true}`},
			{expense("p-ben", "approve", ""), `{'decision':false}`},
			{expense("p-ada", "approve", `'actor':{'type':'person','id':'p-ada'}`), `{'decision':true}`},
			{expense("p-ada", "approve", `'explain':false,'time':'2026-11-21T10:00Z','ip':'192.0.2.1'`), `{'decision':true}`},
			// within the session
			{expense("p-ada", "approve", within), `{'decision':true}`},
			{expense("p-ada", "approve", within+","+ben+`,'delegation':'d-ada'`), `{'decision':true}`},
			{expense("p-ada", "reimburse", within), `{'decision':false}`},
			{expense("p-cleo", "approve", within), `{'decision':false}`},
			{expense("p-ada", "approve", within+`,'actor':{'type':'person','id':'p-cleo'}`), `{'decision':false}`},
			{expense("p-ada", "approve", within+`,'delegation':'d-cleo-1'`), `{'decision':false}`},
			{expense("p-ada", "approve", `'acting_session':'s-nowhere'`), `{'decision':false}`},
			{strings.Replace(expense("p-ada", "approve", within), "100", "5001", 1), `{'decision':false}`},
			{strings.Replace(expense("p-ada", "approve", within), "100", "0.5", 1), `{'decision':false}`},
			{strings.Replace(expense("p-ada", "approve", ""), "100", "5001", 1), `{'decision':true}`},
			// could they, now?
			{expense("p-ada", "approve", ben), `{'decision':true,'context':{'hypothetical':true}}`},
			{expense("p-ada", "reimburse", ben), `{'decision':false,'context':{'hypothetical':true}}`},
			{expense("p-cleo", "view", ben), `{'decision':false,'context':{'hypothetical':true}}`},
			{expense("p-cleo", "view", ben+`,'delegation':'d-cleo-2'`), `{'decision':true,'context':{'hypothetical':true}}`},
			{expense("p-cleo", "view", ben+`,'delegation':'d-ada'`), `{'decision':false,'context':{'hypothetical':true}}`},
			{expense("p-ben", "view", `'actor':{'type':'person','id':'p-ada'}`), `{'decision':false,'context':{'hypothetical':true}}`},
			// a delegation without an actor, and whoever and whatever is unknown
			{expense("p-ada", "approve", `'delegation':'d-ada'`), `{'decision':false}`},
			{expense("p-zoe", "view", ""), `{'decision':false}`},
			{expense("p-nobody", "view", ""), `{'decision':false}`},
			{expense("p-ada", "vanish", ""), `{'decision':false}`},
			{strings.Replace(expense("p-ada", "view", ""), "desk:expense", "desk:nothing", 1), `{'decision':false}`},
			{strings.Replace(expense("p-ada", "view", ""), "desk:expense", "nowhere:expense", 1), `{'decision':false}`},
			{strings.Replace(expense("p-ada", "view", ""), "desk:expense", "expense", 1), `{'decision':false}`},
			{strings.Replace(expense("p-ada", "approve", ""), "'type':'person'", "'type':'user'", 1), `{'decision':false}`},
			{expense("p-ada", "approve", `'actor':{'type':'robot','id':'p-ada'}`), `{'decision':false}`},
			// fields: a sealed one is hers, and her stand-in's only where it was opened
			{strings.Replace(expense("p-ada", "view", ""), "'amount'", "'field':'bank_account','amount'", 1), `{'decision':true}`},
			{strings.Replace(expense("p-ada", "view", within), "'amount'", "'field':'bank_account','amount'", 1), `{'decision':false}`},
			{strings.Replace(expense("p-ada", "view", within), "'amount'", "'field':'amount','amount'", 1), `{'decision':true}`},
			{strings.Replace(expense("p-ada", "view", ""), "'amount'", "'field':'colour','amount'", 1), `{'decision':false}`},
		} {
			got := h.ask(one, c.ask)
			if got.is(t, 200, c.want); t.Failed() {
				t.Fatal(c.ask)
			}
		}
	})
}

// TestP1OnlyWhatIsOnBehalfIsRecorded shows which of the answers were recorded, and under whose names (P3).
func TestP1OnlyWhatIsOnBehalfIsRecorded(t *testing.T) {
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		session := string(h.act("ben@acme.example", "d-ada").ID)
		h.ask(one, expense("p-ada", "approve", ""))
		h.ask(one, expense("p-ada", "approve", `'acting_session':'`+session+`'`))
		h.ask(one, expense("p-ada", "reimburse", `'acting_session':'`+session+`'`))
		h.ask(one, expense("p-ada", "approve", `'actor':{'type':'person','id':'p-ben'}`))
		want := []string{"decision.evaluate done person:p-ben p-ada " + session, "decision.evaluate refused person:p-ben p-ada " + session,
			"decision.hypothetical done key:desk-pdp"}
		if diff := cmp.Diff(h.records(), want); diff != "" {
			t.Errorf("recorded otherwise: %s", diff)
		}
	})
}

func TestReasonsComeWhenTheyAreAskedFor(t *testing.T) {
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		session := string(h.act("ben@acme.example", "d-ada").ID)
		var got struct {
			Decision bool
			Context  struct {
				Hypothetical bool
				Admin        map[string]string `json:"reason_admin"`
				Reasons      []struct{ Code, Permission string }
				Record       string
			}
		}
		h.ask(one, expense("p-ada", "reimburse", `'explain':true,'acting_session':'`+session+`'`)).into(t, &got)
		if got.Decision || got.Context.Admin["403"] != `"desk:expense.reimburse" is denied by the limits.` && !strings.Contains(got.Context.Admin["403"], "desk:expense.reimburse") ||
			!strings.HasPrefix(got.Context.Record, "r-") || got.Context.Hypothetical {
			t.Errorf("got %+v, want the line that denies, and the record", got)
		}
		h.ask(one, expense("p-ada", "approve", `'explain':true`)).into(t, &got)
		if !got.Decision || got.Context.Admin["200"] == "" {
			t.Errorf("got %+v, want what permits it", got)
		}
		h.ask(one, strings.Replace(expense("p-ada", "approve", `'explain':true`), "'type':'person'", "'type':'user'", 1)).is(t, 200,
			`{'decision':false,'context':{'reason_admin':{'403':'Subjects and actors of this type are not known.'},'reasons':[{'code':'authzen.unknown_type'}]}}`)
	})
}
