package delegation_test

import (
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// staffed adds to sales: pia and paul, who manage people and stand-ins there; nora, who manages stand-ins alone; dir, a
// director above them; low, a manager below them; peer, beside them without powers; chief and sue, who may everything; and
// a puppet, whom pia made.
func (h *house) staffed() {
	h.T.Helper()
	for _, r := range []rights.Role{
		{ID: "people", Rank: 50, Allow: []string{"standin:delegation.manage@unit", "standin:person.manage@unit"}},
		{ID: "office", Rank: 10, Allow: []string{"standin:delegation.manage@unit"}},
		{ID: "manager", Rank: 20, Allow: []string{}},
	} {
		must(h.Directory.PutRole(h.T.Context(), operator(acme), r, 0))(h.T)
	}
	for id, role := range map[standin.PersonID]standin.RoleID{"pia": "people", "paul": "people", "nora": "office", "dir": "director",
		"low": "manager", "peer": "peer", "chief": "super", "sue": "super"} {
		h.person(acme, id, string(id), "sales", role)
	}
}

func (h *house) puppet() standin.PersonID {
	h.T.Helper()
	p, _, err := h.Directory.PutPerson(h.T.Context(), as(acme, "pia"), directory.Person{Name: "Pup Pet", Email: "puppet@acme.example", Unit: "sales"})
	if err != nil {
		h.T.Fatal(err)
	}
	return p.ID
}

// TestThreat9NamingAPuppet: who could come in as the stand-in, or the stand-in as them, names nobody for somebody above or a
// peer administrator, for it would be naming themselves (DESIGN.md P8). All other naming goes on.
func TestThreat9NamingAPuppet(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.staffed()
		puppet := h.puppet()
		for _, c := range []struct {
			caller           standin.Caller
			actor, principal standin.PersonID
			code             string
		}{
			{as(acme, "pia"), puppet, "chief", "delegation.one_hand"},
			{as(acme, "pia"), puppet, "dir", "delegation.one_hand"},
			{as(acme, "pia"), puppet, "paul", "delegation.one_hand"}, // a peer administrator
			{as(acme, "pia"), "cem", "chief", "delegation.one_hand"},
			{as(acme, "pia"), "paul", "dir", "delegation.one_hand"}, // a peer may be a puppet: a first link goes to peers
			{as(acme, "nora"), "pia", "dir", "delegation.one_hand"}, // nora may be pia's puppet
			{as(acme, "nora"), "pia", "paul", "delegation.one_hand"},
			{as(acme, "pia"), puppet, "ann", ""},
			{as(acme, "pia"), puppet, "low", ""},
			{as(acme, "pia"), puppet, "peer", ""},
			{as(acme, "pia"), "cem", "low", ""},
			{as(acme, "pia"), "fin", "dir", ""},   // whom pia cannot manage
			{as(acme, "pia"), "chief", "dir", ""}, // nor somebody above
			{as(acme, "nora"), "cem", "dir", ""},  // nora sets no passwords
			{as(acme, "nora"), "pia", "low", ""},
			{as(acme, "sue"), puppet, "chief", ""}, // super administrators may
			{as(acme, "sue"), "pia", "dir", ""},
			{as(acme, "dir"), puppet, "dir", ""}, // for oneself
			{as(acme, "paul"), puppet, "paul", ""},
			{operator(acme), puppet, "boss", ""},
			{key("admin"), "cem", "boss", ""},
		} {
			_, previewed := h.Preview(t.Context(), c.caller, cover(c.actor, c.principal))
			_, named := h.Name(t.Context(), c.caller, cover(c.actor, c.principal))
			kind := standin.Kind("")
			if c.code != "" {
				kind = standin.Denied
			}
			refused(t, previewed, kind, c.code)
			refused(t, named, kind, c.code)
			if t.Failed() {
				t.Fatalf("%s names %s for %s", c.caller.Actor, c.actor, c.principal)
			}
		}
		told := h.records(acme, "person:chief")
		if want := (record{"person:pia", "", "delegation.name", ledger.Refused, "delegation.one_hand"}); len(told) == 0 || told[len(told)-1] != want {
			t.Errorf("the refusals are recorded as %v", told)
		}
		h.explained()
	})
}

// TestThreat9HandingOnToAPuppet: what somebody holds is not handed on to a puppet either, and nothing ends.
func TestThreat9HandingOnToAPuppet(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.staffed()
		puppet, held := h.puppet(), h.name(cover("cem", "chief"))
		wish := delegation.Handing{Person: "cem", Pass: []delegation.Passing{{Delegation: held.ID, To: puppet}}}
		refused(t, err(h.HandOn(t.Context(), as(acme, "pia"), wish)), standin.Denied, "delegation.one_hand")
		if h.state(held.ID) != delegation.Active {
			t.Error("the refused handing on ended what was there")
		}
		must(h.HandOn(t.Context(), as(acme, "sue"), wish))(t)
		h.explained()
	})
}
