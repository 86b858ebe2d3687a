package rights

import (
	"strings"
	"testing"

	"github.com/standin-id/standin"
)

func TestReasonsAreSaid(t *testing.T) {
	for _, c := range []struct {
		reason Reason
		want   string
	}{
		{Reason{Code: "rights.no_authority"}, "It is not known whose rights count here."},
		{Reason{Code: "rights.no_role"}, "No role allows this."},
		{Reason{Code: "rights.role_allows", For: true, Role: "staff", At: "sales", Permission: "a:b.c@own"}, `The role "staff" allows "a:b.c@own".`},
		{Reason{Code: "rights.in_units", For: true, At: "sales"}, `The delegation is for "sales" and what is below.`},
		{Reason{Code: "rights.unsealed", For: true}, "The delegation opens sealed fields."},
		{Reason{Code: "rights.allowed", For: true, Permission: "a:b.c"}, `The delegation allows "a:b.c".`},
		{Reason{Code: "rights.full", For: true}, "The delegation allows whatever the principal may do."},
		{Reason{Code: "rights.sealed_line", Permission: "a:b.c"}, `"a:b.c" reaches no sealed field.`},
		{Reason{Code: "rights.no_owner", Permission: "a:b.c@own"}, `"a:b.c@own" reaches one's own records only, and it was not said whose this is.`},
		{Reason{Code: "rights.not_own", Permission: "a:b.c@own"}, `"a:b.c@own" reaches one's own records only, and this is somebody else's.`},
		{Reason{Code: "rights.no_unit", Permission: "a:b.c@unit"}, `"a:b.c@unit" reaches records of certain units only, and the record's unit was not said.`},
		{Reason{Code: "rights.outside_unit", Permission: "a:b.c@unit"}, `"a:b.c@unit" does not reach the record's unit.`},
		{Reason{Code: "rights.other_rules"}, "The rules have changed meanwhile."},
		{Reason{Code: "rights.personal"}, "This is personal: nobody does it for somebody else."},
		{Reason{Code: "rights.entry_only"}, "An entry delegation opens nothing but personal actions."},
		{Reason{Code: "rights.entry_never"}, "No delegation opens this personal action."},
		{Reason{Code: "rights.entry_wildcard", Permission: "a:b.*"}, `"a:b.*" names no action: an entry delegation names each by itself.`},
		{Reason{Code: "rights.read_only"}, "The delegation is for viewing only."},
		{Reason{Code: "rights.unit_unsaid"}, "The delegation is for certain units only, and the record's unit was not said."},
		{Reason{Code: "rights.outside_units"}, "The record is in none of the delegation's units."},
		{Reason{Code: "rights.sealed"}, "The delegation does not open this sealed field."},
		{Reason{Code: "rights.not_in_allow"}, "Nothing that the delegation allows reaches this."},
		{Reason{Code: "rights.allow_unknown", Permission: "a"}, `"a" in what the delegation allows is not understood, so it opens nothing.`},
		{Reason{Code: "rights.denied", Permission: "a:b.c"}, `The delegation denies "a:b.c".`},
		{Reason{Code: "rights.deny_unknown", Permission: "a"}, `"a" in what the delegation denies is not understood, so it closes everything.`},
		{Reason{Code: "rights.unknown_application", Permission: "a:b.c/d"}, `"a:b.c/d": there is no application "a"`},
		{Reason{Code: "rights.unknown_type", Permission: "a:b.c"}, `"a:b.c": application "a" has no type "b"`},
		{Reason{Code: "rights.unknown_action", Permission: "a:b.c"}, `"a:b.c": type "b" of application "a" has no action "c"`},
		{Reason{Code: "rights.unknown_field", Permission: "a:b.c/d"}, `"a:b.c/d": type "b" of application "a" has no field "d"`},
	} {
		e := c.reason.Said()
		if e.Code != c.reason.Code || e.Text() != c.want {
			t.Errorf("%+v: got %s, %s", c.reason, e.Code, e.Text())
		}
	}
}

func TestWhatIsAskedIsSaidShort(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	q := &Question{Application: standin.ApplicationID(long), Type: long, Action: long, Field: long}
	e := NewVocabulary(nil).Authority("p-1", nil).Explain(nil, q)
	if got := len(e.Reasons[0].Said().Text()); got > 1000 {
		t.Errorf("%d bytes are said", got)
	}
	deny := NewVocabulary(office).Bounds(Limits{Allow: []string{long}, Deny: []string{long}}, false)
	e = NewVocabulary(office).Authority("p-1", nil).Explain(deny, q)
	for _, r := range e.Reasons {
		if len(r.Permission) > 500 {
			t.Errorf("%s with %d bytes", r.Code, len(r.Permission))
		}
	}
}
