package authzen_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const several = "/access/v1/evaluations"

func TestH3SeveralQuestions(t *testing.T) {
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		const (
			ada   = `'subject':{'type':'person','id':'p-ada'}`
			view  = `'action':{'name':'approve'}`
			cleos = `'resource':{'type':'desk:expense','id':'e-1','properties':{'owner':'p-cleo','unit':'sales'}}`
			far   = `'resource':{'type':'desk:expense','id':'e-2','properties':{'owner':'p-cleo','unit':'finance'}}`
		)
		list := func(semantic string, items ...string) string {
			text := `{` + ada + `,` + view + `,'evaluations':[{` + strings.Join(items, `},{`) + `}]`
			if semantic != "" {
				text += `,'options':{'evaluations_semantic':'` + semantic + `','another_option':'value'}`
			}
			return text + "}"
		}
		const malformed = `{'decision':false,'context':{'error':{'status':400,'message':'resource is missing'}}}`
		for _, c := range []struct{ ask, want string }{
			{list("", cleos, far, cleos), `{'evaluations':[{'decision':true},{'decision':false},{'decision':true}]}`},
			{list("execute_all", far, far), `{'evaluations':[{'decision':false},{'decision':false}]}`},
			{list("deny_on_first_deny", cleos, far, cleos), `{'evaluations':[{'decision':true},{'decision':false}]}`},
			{list("deny_on_first_deny", cleos, cleos), `{'evaluations':[{'decision':true},{'decision':true}]}`},
			{list("permit_on_first_permit", far, cleos, far), `{'evaluations':[{'decision':false},{'decision':true}]}`},
			{list("permit_on_first_permit", far, far), `{'evaluations':[{'decision':false},{'decision':false}]}`},
			// what cannot be asked is denied where it stands
			{list("", cleos, "", cleos), `{'evaluations':[{'decision':true},` + malformed + `,{'decision':true}]}`},
			{list("", ""), `{'evaluations':[` + malformed + `]}`},
			{list("deny_on_first_deny", cleos, "", cleos), `{'evaluations':[{'decision':true},` + malformed + `]}`},
			{list("deny_on_first_deny", far, "", cleos), `{'evaluations':[{'decision':false}]}`},
			{list("permit_on_first_permit", "", cleos, ""), `{'evaluations':[` + malformed + `,{'decision':true}]}`},
			{list("permit_on_first_permit", far, "", far), `{'evaluations':[{'decision':false},` + malformed + `,{'decision':false}]}`},
			{list("", cleos+`,'subject':{'type':'robot','id':'r2'}`, cleos), `{'evaluations':[{'decision':false},{'decision':true}]}`},
			// the question's own comes first, and is filled up with a type, an id or a name alone
			{list("", cleos+`,'subject':{'id':'p-ben'}`, cleos+`,'subject':{'type':'person'}`, cleos+`,'action':{'name':'view'}`, cleos+`,'action':{}`),
				`{'evaluations':[{'decision':false},{'decision':true},{'decision':true},{'decision':true}]}`},
			{`{` + cleos + `,` + ada + `,'evaluations':[{` + view + `},{` + view + `,'resource':{'id':'e-9'}}]}`,
				`{'evaluations':[{'decision':true},{'decision':false}]}`}, // the unit is not taken from the other resource
			// none, or an empty list
			{`{` + ada + `,` + view + `,` + cleos + `}`, `{'decision':true}`},
			{`{` + ada + `,` + view + `,` + cleos + `,'evaluations':[]}`, `{'decision':true}`},
			{`{` + ada + `,` + view + `,` + cleos + `,'evaluations':null,'options':null}`, `{'decision':true}`},
		} {
			if h.ask(several, c.ask).is(t, 200, c.want); t.Failed() {
				t.Fatal(c.ask)
			}
		}
		for text, want := range map[string]string{
			list("first_come", cleos): "options.evaluations_semantic is none of the three that there are",
			`{` + ada + `,` + view + `,'evaluations':{'1':{` + cleos + `}}}`:                   "evaluations is no array",
			`{` + ada + `,` + view + `,'evaluations':[7]}`:                                     "evaluations has an element that is no object",
			`{` + ada + `,` + view + `,'evaluations':[{` + cleos + `}],'options':7}`:           "options is no object",
			`{` + ada + `,` + view + `,'evaluations':[],'options':{'evaluations_semantic':7}}`: "options.evaluations_semantic is no string",
			`{` + ada + `,` + view + `,'evaluations':[]}`:                                      "resource is missing",
		} {
			if got := h.ask(several, text); got.StatusCode != 400 || got.text != want {
				t.Errorf("%s: got %d %s, want 400 %s", text, got.StatusCode, got.text, want)
			}
		}
	})
}

// TestThreat8AContextOfItsOwnDoesNotForgetTheActor leaves out of one question's context whom the list is asked for.
func TestThreat8AContextOfItsOwnDoesNotForgetTheActor(t *testing.T) {
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		session := string(h.act("ben@acme.example", "d-ada").ID)
		h.ask(several, `{'subject':{'type':'person','id':'p-ada'},'action':{'name':'reimburse'},'context':{'acting_session':'`+session+`'},`+
			`'resource':{'type':'desk:expense','id':'e-1','properties':{'owner':'p-cleo','unit':'sales'}},`+
			`'evaluations':[{},{'context':{'time':'10:00'}},{'context':{'acting_session':'s-nowhere'}},{'action':{'name':'approve'},'context':{'time':'10:00'}}]}`).
			is(t, 200, `{'evaluations':[{'decision':false},{'decision':false},{'decision':false},{'decision':true}]}`)
		h.ask(several, `{'subject':{'type':'person','id':'p-ada'},'action':{'name':'reimburse'},'context':{'acting_session':'`+session+`'},`+
			`'resource':{'type':'desk:expense','id':'e-1','properties':{'owner':'p-cleo','unit':'sales'}},'evaluations':[{'context':{'acting_session':null}}]}`).
			is(t, 200, `{'evaluations':[{'decision':false,'context':{'error':{'status':400,'message':'context.acting_session is empty; leave it out where nobody acts'}}}]}`)
		want := strings.Repeat("decision.evaluate refused person:p-ben p-ada "+session+"\n", 2) + "decision.evaluate refused key:desk-pdp\n" +
			"decision.evaluate done person:p-ben p-ada " + session
		got := h.records()
		if len(got) != 4 || strings.Count(strings.Join(got, "\n"), "done") != 1 {
			t.Errorf("difference: %s", cmp.Diff(strings.Join(got, "\n"), want))
		}
	})
}
