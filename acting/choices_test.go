package acting_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
)

func (h *house) choices(c standin.Caller) []acting.Choice {
	h.T.Helper()
	choices, err := h.Choices(h.T.Context(), c)
	if err != nil {
		h.T.Fatal(err)
	}
	return choices
}

// TestC1NothingIsAsked where one stands in for nobody, though others stand in for them.
func TestC1NothingIsAsked(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.Appoint("bob", "ann")
		down, over := h.Appoint("cem", "ann"), h.Appoint("cem", "bob", until(h.Now().Add(time.Minute)))
		must(h.Delegations.LayDown(t.Context(), as(acme, "cem"), down.ID))(t)
		h.Set(over.EndsAt)
		for _, c := range []standin.Caller{as(acme, "ann"), as(acme, "cem"), as(rival, "rita"), operator(acme),
			{Organisation: acme, Actor: standin.KeyActor("k-1"), May: []string{"admin"}}} {
			if got := h.choices(c); len(got) != 0 {
				t.Errorf("%s is asked %+v", c.Actor, got)
			}
		}
		if got := h.choices(as(acme, "bob")); len(got) != 1 || got[0].Delegation != d.ID {
			t.Errorf("for a single principal too, bob is asked: %+v", got)
		}
	})
}

// TestC1TwoDelegationsAreTwoRows (THREATS 8): never merged, each with its own limits; the session is by the one chosen.
func TestC1TwoDelegationsAreTwoRows(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		full, limited := h.Appoint("bob", "ann"), h.Appoint("bob", "ann", readOnly)
		got := h.choices(as(acme, "bob"))
		if len(got) == 2 && got[0].Delegation == limited.ID { // both are as good, so the ids decide
			got[0], got[1] = got[1], got[0]
		}
		if len(got) != 2 || got[0].Delegation != full.ID || got[1].Delegation != limited.ID {
			t.Fatalf("got %+v", got)
		}
		if got[0].Refusal != nil || got[0].Limits.ReadOnly || !got[1].Limits.ReadOnly || got[1].Refusal != nil {
			t.Errorf("got %+v", got)
		}
		s, forAnn := h.act(h.login("bob", "l-1"), full.ID)
		if s.Delegation != full.ID {
			t.Errorf("the session names %s", s.Delegation)
		}
		if got = h.choices(forAnn); !got[0].Current || got[1].Current {
			t.Errorf("the present one is not marked: %+v", got)
		}
	})
}

// TestC7CountAtOnce: what was named or ended since the last look is there or gone, without a new login.
func TestC7CountAtOnce(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		me := h.login("bob", "l-1")
		d := h.Appoint("bob", "ann")
		if len(h.choices(me)) != 1 {
			t.Error("a new one does not show")
		}
		must(h.Delegations.Revoke(t.Context(), as(acme, "ann"), d.ID))(t)
		if len(h.choices(me)) != 0 {
			t.Error("a removed one still shows")
		}
		_, _, err := h.begin(me, d.ID) // clicked on a page from before
		refused(t, err, standin.Denied, "acting.ended")
	})
}

// TestC1Order: what was used last, then what ends soon, then the rest by name, and last what cannot be started, with why.
func TestC1Order(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		for id, name := range map[standin.PersonID]string{"zoe": "Zoë Zett", "ae": "Änne Ahrens", "af": "Afra Bell", "mid": "Mia Moll"} {
			h.person(acme, id, name, "sales", "staff")
		}
		for i := range 7 {
			h.person(acme, standin.PersonID(fmt.Sprint("u", i)), fmt.Sprint("Uli ", i), "sales", "staff")
			d := h.Appoint("bob", standin.PersonID(fmt.Sprint("u", i)))
			h.act(h.login("bob", standin.LoginID(fmt.Sprint("l-", i))), d.ID)
			h.Pass(time.Minute)
		}
		h.Appoint("bob", "zoe")
		h.Appoint("bob", "ae")
		h.Appoint("bob", "af")
		h.Appoint("bob", "mid", until(h.Now().Add(2*day)))
		h.Appoint("bob", "cem", until(h.Now().Add(day)))
		h.Appoint("bob", "ann", standby)
		h.Appoint("bob", "dan", func(n *delegation.Naming) { n.Start = h.Now().Add(day) })
		type line struct {
			Group acting.Group
			Name  string
		}
		var got []line
		for _, c := range h.choices(as(acme, "bob")) {
			got = append(got, line{c.Group, c.Name})
			if (c.Refusal != nil) != (c.Group == acting.NotNow) {
				t.Errorf("%s: %s, refused with %v", c.Name, c.Group, c.Refusal)
			}
		}
		want := []line{{acting.Recent, "Uli 6"}, {acting.Recent, "Uli 5"}, {acting.Recent, "Uli 4"}, {acting.Recent, "Uli 3"}, {acting.Recent, "Uli 2"},
			{acting.EndingSoon, "Cem Öz"}, {acting.EndingSoon, "Mia Moll"},
			{acting.Others, "Afra Bell"}, {acting.Others, "Änne Ahrens"}, {acting.Others, "Uli 0"}, {acting.Others, "Uli 1"}, {acting.Others, "Zoë Zett"},
			{acting.NotNow, "Ann Müller"}, {acting.NotNow, "Dan Dee"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// TestC1FiveHundredPrincipals: a long list is whole, in order, and found in by the beginnings of words.
func TestC1FiveHundredPrincipals(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		crowd(h, 500)
		choices := h.choices(as(acme, "bob"))
		if len(choices) != 500 || !slices.IsSortedFunc(choices, func(a, b acting.Choice) int {
			return map[bool]int{true: -1, false: 1}[a.Name < b.Name]
		}) {
			t.Errorf("got %d choices, beginning with %v", len(choices), choices[:3])
		}
		for text, want := range map[string]int{"": 500, "principal": 500, "444": 1, "PRINC 44": 10, "mül": 500, "mull 499": 1, "sales 12": 10,
			"leave 4": 100, "rincipal": 0, "nobody": 0, "   ": 500} {
			if got := len(acting.Matching(choices, text)); got != want {
				t.Errorf("%q finds %d, want %d", text, got, want)
			}
		}
		if s, _ := h.act(h.login("bob", "l-1"), choices[499].Delegation); s.Principal != choices[499].Principal {
			t.Errorf("the last of them starts %+v", s)
		}
	})
}

// crowd lets bob stand in for so many people, "Principal 000 Müller" and on.
func crowd(h *house, n int) {
	h.T.Helper()
	h.Update(func(ctx context.Context, tx *db.Tx) error {
		for i := range n {
			id := standin.PersonID(fmt.Sprintf("p%03d", i))
			_, _, err := h.Directory.PutPersonIn(ctx, tx, operator(acme), directory.Person{ID: id, Name: fmt.Sprintf("Principal %03d Müller", i),
				Email: string(id) + "@acme.example", Unit: "sales"})
			if err != nil {
				return err
			}
			_, err = h.Delegations.PutIn(ctx, tx, operator(acme), delegation.Spec{ID: standin.DelegationID("d-" + string(id)), Actor: "bob",
				Principal: id, Purpose: "annual leave"})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
