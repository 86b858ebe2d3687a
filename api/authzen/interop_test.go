package authzen_test

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/decision"
)

// The subjects of the to-do application by their names, as its tokens name them.
var cartoon = map[string]string{
	"rick":   "CiRmZDA2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs",
	"morty":  "CiRmZDE2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs",
	"summer": "CiRmZDI2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs",
	"beth":   "CiRmZDM2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs",
	"jerry":  "CiRmZDQ2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs",
}

// lines reads a file of facts: its lines in words, comments and empty lines apart, by the headings above them.
func lines(t testing.TB, name string) map[string][][]string {
	t.Helper()
	f, err := os.Open("testdata/interop/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, heading := map[string][][]string{}, ""
	for s := bufio.NewScanner(f); s.Scan(); {
		switch text := s.Text(); {
		case text == "" || text[0] == '#':
		case strings.Contains(text, ": "):
			heading, _, _ = strings.Cut(text, ":")
		default:
			all[heading] = append(all[heading], strings.Fields(text))
		}
	}
	return all
}

// interop is a house of what the scenarios suppose.
func interop(t *testing.T, test func(t *testing.T, h *house)) {
	run(t, "testdata/interop/world.yaml", func(t *testing.T, h *house) {
		h.key = "a-key-of-the-interoperability-events"
		test(t, h)
	})
}

// TestInteropTodo asks what the to-do application asked at the interoperability events, as it asked: whose a to-do is
// stands in ownerID, as an address, so policies of the application's own say what its roles may.
func TestInteropTodo(t *testing.T) {
	interop(t, func(t *testing.T, h *house) {
		h.policies("todo", "todo.cedar", "todo.entities.json")
		n := todo(t, h, func(owner string) string { return `'ownerID':'` + owner + `'` })
		t.Logf("%d decisions and lists as published", n)
	})
}

// TestInteropTodoByRoles asks the same where Standin's roles decide; whose a to-do is stands in owner, as a person.
func TestInteropTodoByRoles(t *testing.T) {
	interop(t, func(t *testing.T, h *house) {
		todo(t, h, func(owner string) string {
			name, _, _ := strings.Cut(owner, "@")
			return `'owner':'` + cartoon[name] + `'`
		})
	})
}

func todo(t *testing.T, h *house, whose func(owner string) string) (n int) {
	t.Helper()
	for _, l := range lines(t, "todo.txt")[""] {
		decisions, owners := strings.Split(l[0], ","), ""
		if len(l) > 5 {
			owners = l[5]
		}
		who := `'subject':{'type':'user','id':'` + cartoon[l[1]] + `'},'action':{'name':'` + l[2] + `'}`
		var items, want []string
		for i, owner := range strings.Split(owners, ",") {
			what := `'type':'` + l[3] + `','id':'` + l[4] + `'`
			if owner != "" {
				what += `,'properties':{` + whose(owner) + `}`
			}
			items, want = append(items, `'resource':{`+what+`}`), append(want, `{'decision':`+decisions[i]+`}`)
		}
		n += len(items)
		path, ask, answer := "evaluation", `{`+who+`,`+items[0]+`,'context':{}}`, want[0]
		if len(decisions) > 1 {
			path, ask, answer = "evaluations", `{`+who+`,'evaluations':[{`+strings.Join(items, `},{`)+`}]}`, `{'evaluations':[`+strings.Join(want, ",")+`]}`
		}
		if h.ask("/pdp/todo/access/v1/"+path, ask).is(t, 200, answer); t.Failed() {
			t.Fatal(ask)
		}
	}
	return n
}

func TestInteropGateway(t *testing.T) {
	interop(t, func(t *testing.T, h *house) {
		for _, l := range lines(t, "gateway.txt")[""] {
			ask := `{'subject':{'type':'identity','id':'` + cartoon[l[1]] + `'},'action':{'name':'` + l[2] + `'},'resource':{'type':'` + l[3] + `','id':'` + l[4] + `'},'context':{}}`
			if h.ask("/pdp/gateway/access/v1/evaluation", ask).is(t, 200, `{'decision':`+l[0]+`}`); t.Failed() {
				t.Fatal(ask)
			}
		}
	})
}

func TestInteropIdentityProvider(t *testing.T) {
	interop(t, func(t *testing.T, h *house) {
		for _, l := range lines(t, "idp.txt")[""] {
			ask := `{'subject':{'type':'user','id':'` + l[1] + `','properties':{'role':'` + l[5] + `','balance':` + l[6] + `}},'resource':{'type':'` + l[3] + `','id':'` + l[4] +
				`'},'action':{'name':'` + l[2] + `'}}`
			if h.ask("/pdp/issuer/access/v1/evaluation", ask).is(t, 200, `{'decision':`+l[0]+`}`); t.Failed() {
				t.Fatal(ask)
			}
		}
	})
}

// TestInteropSearch searches as the search demonstration and the identity provider did. Actions come in the order of their
// names, so results are compared without their order.
func TestInteropSearch(t *testing.T) {
	interop(t, func(t *testing.T, h *house) {
		facts := lines(t, "search.txt")
		var items []decision.Item
		for _, l := range facts["record"] {
			items = append(items, decision.Item{ItemName: decision.ItemName{Application: "library", Type: "record", ID: l[0]},
				Resource: decision.Resource{Unit: standin.UnitID(l[1]), Owner: standin.PersonID(l[2])}})
		}
		if _, err := h.Decisions.Register(t.Context(), standin.OperatorCaller("interop", "test"), items); err != nil {
			t.Fatal(err)
		}
		search := func(kind, ask, want string) {
			t.Helper()
			var got struct {
				Page    *struct{}
				Results []struct{ Type, ID, Name string }
			}
			h.ask("/pdp/library/access/v1/search/"+kind, ask).into(t, &got)
			var found []string
			for _, r := range got.Results {
				if kind == "subject" && r.Type != "user" || kind == "resource" && r.Type != "record" {
					t.Errorf("%s: got a result of type %q", ask, r.Type)
				}
				found = append(found, r.ID+r.Name)
			}
			wanted := strings.FieldsFunc(want, func(r rune) bool { return r == ',' })
			slices.Sort(found)
			if slices.Sort(wanted); !slices.Equal(found, wanted) || got.Page != nil {
				t.Errorf("%s: got %q, want %q without pages", ask, found, wanted)
			}
		}
		n := 0
		for _, l := range facts["subject"] {
			search("subject", fmt.Sprintf(`{'subject':{'type':'user'},'action':{'name':'%s'},'resource':{'type':'record','id':'%s'}}`, l[1], l[0]), l[2])
			n++
		}
		for _, l := range facts["resource"] {
			search("resource", fmt.Sprintf(`{'subject':{'type':'user','id':'%s'},'action':{'name':'%s'},'resource':{'type':'record'}}`, l[0], l[1]), l[2])
			n++
		}
		for _, l := range facts["action"] {
			search("action", fmt.Sprintf(`{'subject':{'type':'user','id':'%s'},'resource':{'type':'record','id':'%s'}}`, l[0], l[1]), strings.Join(l[2:], ""))
			n++
		}
		search("subject", `{'subject':{'type':'user'},'action':{'name':'view'},'resource':{'type':'record','id':'121'}}`, "alice,dan") // managers view every record
		search("subject", `{'subject':{'type':'user'},'action':{'name':'burn'},'resource':{'type':'record','id':'101'}}`, "")
		search("resource", `{'subject':{'type':'user','id':'gus'},'action':{'name':'view'},'resource':{'type':'record'}}`, "")
		t.Logf("%d results as published", n)
	})
}
