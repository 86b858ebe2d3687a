package session

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/token"
)

// TestRecordsWakeWhomTheyConcern: what may end or change a stream wakes it at once, and the streams of others sleep.
func TestRecordsWakeWhomTheyConcern(t *testing.T) {
	s := &New(Config{}).streams
	open := func(g token.Grant) *stream {
		st, err := s.open(g, bounds{10, 10, 10})
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	ann := open(token.Grant{Organisation: "acme", ID: "g-1", Client: "desk", Login: "l-1", Session: "s-1", Actor: "ann", Principal: "hal", Delegation: "d-1", Parent: "g-0"})
	bob := open(token.Grant{Organisation: "acme", ID: "g-2", Client: "books", Login: "l-2", Actor: "bob", Principal: "bob"})
	eve := open(token.Grant{Organisation: "rival", ID: "g-3", Client: "desk2", Login: "l-3", Actor: "eve", Principal: "eve"})
	after, err := json.Marshal(map[string]string{"actor": "bob", "principal": "hal"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		record ledger.Record
		want   []*stream
	}{
		{ledger.Record{Action: "acting.end", Resource: "session:s-1", Session: "s-1", Actor: "person:hal"}, []*stream{ann}},
		{ledger.Record{Action: "acting.start", Resource: "session:s-9", Session: "s-9", Actor: "person:bob", Principal: "hal"}, []*stream{bob}},
		{ledger.Record{Action: "delegation.revoke", Resource: "delegation:d-1", Delegation: "d-1"}, []*stream{ann}},
		{ledger.Record{Action: "delegation.name", Resource: "delegation:d-9", After: after}, []*stream{bob}},
		{ledger.Record{Action: "login.end", Resource: "login:l-2"}, []*stream{bob}},
		{ledger.Record{Action: "person.deactivate", Resource: "person:hal"}, []*stream{ann}},
		{ledger.Record{Action: "person.deactivate", Resource: "person:ann"}, []*stream{ann}},
		{ledger.Record{Action: "client.end", Resource: "client:books"}, []*stream{bob}},
		{ledger.Record{Action: "grant.end", Resource: "grant:g-1"}, []*stream{ann}},
		{ledger.Record{Action: "grant.end", Resource: "grant:g-0"}, []*stream{ann}},
		{ledger.Record{Action: "organisation.change", Resource: "organisation:acme"}, []*stream{ann, bob}},
		{ledger.Record{Action: "signing_key.stolen", Resource: "signing_key:k", Organisation: standin.Operator}, []*stream{ann, bob, eve}},
		{ledger.Record{Action: "login.end", Resource: "login:l-2", Organisation: "rival"}, nil},
	} {
		if c.record.Organisation == "" {
			c.record.Organisation = "acme"
		}
		s.wake(c.record)
		for name, st := range map[string]*stream{"ann": ann, "bob": bob, "eve": eve} {
			got := false
			select {
			case <-st.woken:
				got = true
			default:
			}
			want := false
			for _, w := range c.want {
				want = want || w == st
			}
			if got != want {
				t.Errorf("%s of %s: got %s woken %v, want %v", c.record.Action, c.record.Resource, name, got, want)
			}
		}
	}
	for _, st := range []*stream{ann, bob, eve} {
		s.leave(st)
	}
	if len(s.woken) != 0 || len(s.each) != 0 || len(s.people) != 0 || len(s.offices) != 0 || s.count != 0 {
		t.Errorf("got %d names, %d sign-ins and %d streams once all left, want none", len(s.woken), len(s.each), s.count)
	}
}

// TestThreat70NobodyTakesAllStreams: whoever signs in often has no more than a person has, and keeps nobody else from listening;
// their own oldest gives way first, and then the oldest of whoever has most.
func TestThreat70NobodyTakesAllStreams(t *testing.T) {
	const all, person, each = 12, 6, 2
	s := &New(Config{}).streams
	open := func(org, who string, i int) (*stream, error) {
		return s.open(token.Grant{Organisation: standin.OrganisationID(org), ID: standin.GrantID(fmt.Sprint("g", i)), Client: "desk",
			Login: standin.LoginID(fmt.Sprint("l-", org, who, i)), Actor: standin.PersonID(who), Principal: "hal"}, bounds{all, person, each})
	}
	must := func(org, who string, i int) *stream {
		t.Helper()
		st, err := open(org, who, i)
		if err != nil {
			t.Fatalf("%s of %s: %v", who, org, err)
		}
		return st
	}
	ended := func(st *stream) bool {
		select {
		case <-st.done:
			return st.yields
		default:
			return false
		}
	}
	var eve []*stream
	for i := range 125 * 16 {
		eve = append(eve, must("acme", "eve", i))
	}
	if s.count != person || !ended(eve[0]) || !ended(eve[len(eve)-person-1]) || ended(eve[len(eve)-person]) {
		t.Fatalf("got %d of one person, want %d, the oldest ended", s.count, person)
	}
	ann := must("acme", "ann", 0)
	var more []*stream
	for i := range all / 2 {
		more = append(more, must("rival", fmt.Sprint("rita", i), i)) // many people of another organisation
	}
	if s.count != all {
		t.Errorf("got %d, want %d", s.count, all)
	}
	if s.offices["acme "] < all/2-1 || s.offices["rival "] < all/2-1 {
		t.Errorf("got %v, want about half for each organisation", s.offices)
	}
	if ended(ann) {
		t.Error("who has one stream gave way to who has many")
	}
	if n := len(s.people["acme eve"]); n > all/2 {
		t.Errorf("eve still has %d", n)
	}
	if _, err := open("rival", "rita-again", 99); standin.CodeOf(err) != "session.busy" {
		t.Errorf("got %v, want it refused where nobody has more", err)
	}
	must("acme", "bob", 1) // in eve's place
	for _, st := range append(append(eve, more...), ann) {
		s.leave(st)
		s.leave(st)
	}
	if s.count != 1 || len(s.people) != 1 {
		t.Errorf("got %d streams of %d people once all but bob left", s.count, len(s.people))
	}
}
