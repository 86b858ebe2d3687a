package session

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/token"
)

// streams are those that are open in this process, by what they hang from.
type streams struct {
	mu      sync.Mutex
	closed  bool
	count   int
	each    map[string]int              // by sid
	people  map[string][]*stream        // by who is really there, the oldest first
	offices map[string]int              // by organisation
	woken   map[string]map[*stream]bool // by what a record may name
}

// stream is one that is open.
type stream struct {
	sid    string
	person string // who is really there, with their organisation
	office string
	names  []string
	woken  chan struct{} // something happened; holds one
	done   chan struct{} // closed when the program stops, or another one needs the room
	gone   bool          // counted out
	yields bool          // for another one: it is to come back later; set before done is closed
}

// everyone is what every stream hangs from.
const everyone = ""

// bounds are how many streams there may be: altogether, of one person and of one sign-in or acting session.
type bounds struct{ all, person, each int }

// open counts a stream in: Unavailable where there are too many. A person who has as many as one may have gives up their oldest.
// Where there are as many as there may be, the newest has the room of the oldest of whoever has most, within the organisation
// that has most: so nobody keeps others from listening by listening often. Who has no fewer than they is refused.
func (s *streams) open(g token.Grant, most bounds) (*stream, error) {
	org := string(g.Organisation) + " "
	st := &stream{sid: g.SID(), person: org + string(g.Actor), office: org, woken: make(chan struct{}, 1), done: make(chan struct{})}
	st.names = []string{everyone, org, org + "login:" + string(g.Login), org + "session:" + string(g.Session), org + "delegation:" + string(g.Delegation),
		org + "person:" + string(g.Actor), org + "grant:" + string(g.ID), org + "client:" + string(g.Client)}
	if g.Acting() {
		st.names = append(st.names, org+"person:"+string(g.Principal))
	}
	if g.Parent != "" {
		st.names = append(st.names, org+"grant:"+string(g.Parent))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.each[st.sid] >= most.each || !s.room(st, most) {
		return nil, standin.Refuse(standin.Unavailable, "session.events", "session.busy", "Too many pages listen. Ask again instead.")
	}
	s.count++
	s.each[st.sid]++
	s.offices[st.office]++
	s.people[st.person] = append(s.people[st.person], st)
	for _, name := range st.names {
		if s.woken[name] == nil {
			s.woken[name] = map[*stream]bool{}
		}
		s.woken[name][st] = true
	}
	return st, nil
}

// room makes room for one more, where it is there or is given up.
func (s *streams) room(st *stream, most bounds) bool {
	if own := s.people[st.person]; len(own) >= most.person {
		s.yield(own[0])
		return true
	}
	if s.count < most.all {
		return true
	}
	office := st.office
	for o, n := range s.offices {
		if n > s.offices[office] && n > s.offices[st.office]+1 {
			office = o
		}
	}
	var greedy []*stream
	for _, all := range s.people {
		if all[0].office == office && len(all) > len(greedy) {
			greedy = all
		}
	}
	if office == st.office && len(greedy) <= len(s.people[st.person])+1 {
		return false
	}
	s.yield(greedy[0])
	return true
}

// yield ends a stream for another one.
func (s *streams) yield(st *stream) {
	st.yields = true
	close(st.done)
	s.drop(st)
}

// leave counts a stream out, unless it is.
func (s *streams) leave(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !st.gone {
		s.drop(st)
	}
}

func (s *streams) drop(st *stream) {
	st.gone = true
	s.count--
	if s.offices[st.office]--; s.offices[st.office] <= 0 {
		delete(s.offices, st.office)
	}
	if s.people[st.person] = slices.DeleteFunc(s.people[st.person], func(one *stream) bool { return one == st }); len(s.people[st.person]) == 0 {
		delete(s.people, st.person)
	}
	if s.each[st.sid]--; s.each[st.sid] <= 0 {
		delete(s.each, st.sid)
	}
	for _, name := range st.names {
		if delete(s.woken[name], st); len(s.woken[name]) == 0 {
			delete(s.woken, name)
		}
	}
}

// telling are the actions that may change what a stream says, or end it.
var telling = []string{"acting.", "delegation.", "login.end", "person.change", "person.deactivate", "person.reactivate", "client.change", "client.end",
	"grant.end", "organisation.change", "signing_key.stolen"}

// wake tells the streams that the record may mean something to.
func (s *streams) wake(r ledger.Record) {
	room, _, _ := strings.Cut(r.Action, ".")
	org := string(r.Organisation) + " "
	names := []string{org + r.Resource}
	if r.Session != "" {
		names = append(names, org+"session:"+string(r.Session))
	}
	if r.Delegation != "" {
		names = append(names, org+"delegation:"+string(r.Delegation))
	}
	switch room {
	case "signing_key":
		names = []string{everyone}
	case "organisation":
		names = []string{org}
	case "acting":
		names = append(names, org+string(r.Actor))
	case "delegation": // whoever may begin or no longer begin to act by it
		var of struct {
			Actor standin.PersonID `json:"actor"`
		}
		if json.Unmarshal(r.After, &of) == nil && of.Actor != "" {
			names = append(names, org+"person:"+string(of.Actor))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		for st := range s.woken[name] {
			select {
			case st.woken <- struct{}{}:
			default: // it will look anyway
			}
		}
	}
}

// close ends every stream.
func (s *streams) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	seen := map[*stream]bool{}
	for _, of := range s.woken {
		for st := range of {
			if !seen[st] {
				seen[st] = true
				close(st.done)
			}
		}
	}
}
