package scenarios

import (
	"testing"

	"github.com/cedar-policy/cedar-go"
)

// TestB7EveryGuardrailIsTriedBothWays: were any of the sample's guardrails left out, or did it forbid whatever its scope
// meets, some scenario would come out otherwise.
func TestB7EveryGuardrailIsTriedBothWays(t *testing.T) {
	all, names := corpus(t), map[string]bool{}
	original := load(t, "workdesk").Organisations[0]
	for at, text := range map[int]string{-1: *original.Guardrails, 0: original.Applications[0].Guardrails} {
		list, err := cedar.NewPolicyListFromBytes("", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range list {
			name := string(p.Annotations()["id"])
			if name == "" || names[name] {
				t.Errorf("a guardrail has the name %q, want one of its own", name)
			}
			names[name] = true
			without := append(append(cedar.PolicyList{}, list[:i]...), list[i+1:]...)
			bare := *p.AST()
			bare.Conditions = nil
			always := append(cedar.PolicyList{cedar.NewPolicyFromAST(&bare)}, without...)
			for how, policies := range map[string]cedar.PolicyList{"left out": without, "forbids always": always} {
				if !differs(t, all, at, string(policies.MarshalCedar())) {
					t.Errorf("no scenario notices that %q is %s", name, how)
				}
			}
		}
	}
	if len(names) < 8 {
		t.Errorf("got the guardrails %v, want those of B7", names)
	}
}

// differs reports whether a scenario comes out otherwise with these guardrails: of the application at that place, or of the
// organisation at -1.
func differs(t *testing.T, all map[string]*scenario, at int, guardrails string) bool {
	t.Helper()
	for _, s := range all {
		o := load(t, s.world).Organisations[0]
		if at < 0 {
			o.Guardrails = &guardrails
		} else {
			o.Applications[at].Guardrails = guardrails
		}
		if len(playIn(t, modelOf(t, o), s)) > 0 {
			return true
		}
	}
	return false
}
