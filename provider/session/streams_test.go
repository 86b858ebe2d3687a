package session

import (
	"encoding/json"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/token"
)

// TestRecordsWakeWhomTheyConcern: what may end or change a stream wakes it at once, and the streams of others sleep.
func TestRecordsWakeWhomTheyConcern(t *testing.T) {
	s := &New(Config{}).streams
	open := func(g token.Grant) *stream {
		st, err := s.open(g, 10, 10)
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
	if len(s.woken) != 0 || len(s.each) != 0 || s.count != 0 {
		t.Errorf("got %d names, %d sign-ins and %d streams once all left, want none", len(s.woken), len(s.each), s.count)
	}
}
