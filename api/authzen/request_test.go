package authzen

import (
	"strings"
	"testing"

	"github.com/standin-id/standin"
)

// FuzzQuestion reads whatever can be read. A question that is read has whoever and whatever it needs, and one that speaks of
// an actor, a session or a delegation is never asked in the subject's own name without them (P6).
func FuzzQuestion(f *testing.F) {
	const rest = `"action":{"name":"view"},"resource":{"type":"desk:expense","id":"e","properties":{"owner":"p","unit":"u","self_approval":true,"a":[1,{"b":null}]}}`
	for _, context := range []string{`{}`, `null`, `{"actor":{"type":"person","id":"p"}}`, `{"acting_session":"s"}`, `{"acting_session":null}`, `{"delegation":""}`,
		`{"actor":null,"explain":true}`, `[]`} {
		f.Add([]byte(`{"subject":{"type":"person","id":"p"},` + rest + `,"context":` + context + `}`))
	}
	f.Add([]byte(`{"evaluations":[{"subject":{"id":"p"}},{"context":{"time":1}}],"subject":{"type":"person","id":"q"},"context":{"acting_session":"s"},` + rest + `}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		sent, err := parse(text)
		if err != nil {
			return
		}
		list, _ := sent["evaluations"].([]any)
		for _, one := range append(list, any(map[string]any{})) {
			m, ok := one.(map[string]any)
			if !ok {
				continue
			}
			whole := defaults(m, sent)
			q, err := question(whole, ofQuestion)
			if err != nil {
				continue
			}
			if q.subject.typ == "" || q.subject.id == "" || q.action == "" || q.resource.typ == "" || q.resource.id == "" {
				t.Fatalf("read %+v, in which something is missing", q)
			}
			asks, known := q.question(tongue{})
			own, _ := m["context"].(map[string]any)
			shared, _ := sent["context"].(map[string]any)
			for name, said := range map[string]bool{"actor": asks.Actor != "", "acting_session": asks.Session != "", "delegation": asks.Delegation != ""} {
				_, here := own[name]
				_, above := shared[name]
				if (here || above) && !said && known {
					t.Fatalf("%s was lost: %s", name, text)
				}
			}
			if known && (asks.Principal == "" || q.subject.typ != person) {
				t.Fatalf("asked about nobody: %s", text)
			}
		}
	})
}

func TestTonguesSplitTypes(t *testing.T) {
	for _, c := range []struct {
		in          tongue
		typ         string
		application standin.ApplicationID
		name        string
	}{
		{tongue{}, "desk:expense", "desk", "expense"}, {tongue{}, "expense", "", "expense"}, {tongue{}, ":expense", "", "expense"},
		{tongue{}, "desk:a:b", "desk", "a:b"}, {tongue{"desk"}, "expense", "desk", "expense"}, {tongue{"desk"}, "other:expense", "desk", "other:expense"},
	} {
		if application, name := c.in.kind(c.typ); application != c.application || name != c.name {
			t.Errorf("%v %q: got %q and %q, want %q and %q", c.in, c.typ, application, name, c.application, c.name)
		}
	}
	for _, typ := range []string{"user", "identity", "robot", ""} {
		if (tongue{}).someone(typ) || (tongue{"desk"}).someone(typ) != strings.Contains("user identity", typ) && typ != "" {
			t.Errorf("%q is taken for a person", typ)
		}
	}
}
