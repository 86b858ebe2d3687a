package session

import (
	"encoding/json"
	"strings"
	"sync"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/token"
)

// streams are those that are open in this process, by what they hang from.
type streams struct {
	mu     sync.Mutex
	closed bool
	count  int
	each   map[string]int              // by sid
	woken  map[string]map[*stream]bool // by what a record may name
}

// stream is one that is open.
type stream struct {
	sid   string
	names []string
	woken chan struct{} // something happened; holds one
	done  chan struct{} // closed when the program stops
}

// everyone is what every stream hangs from.
const everyone = ""

// open counts a stream in: Unavailable where there are too many.
func (s *streams) open(g token.Grant, most, mostEach int) (*stream, error) {
	st := &stream{sid: g.SID(), woken: make(chan struct{}, 1), done: make(chan struct{})}
	org := string(g.Organisation) + " "
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
	if s.closed || s.count >= most || s.each[st.sid] >= mostEach {
		return nil, standin.Refuse(standin.Unavailable, "session.events", "session.busy", "Too many pages listen. Ask again instead.")
	}
	s.count++
	s.each[st.sid]++
	for _, name := range st.names {
		if s.woken[name] == nil {
			s.woken[name] = map[*stream]bool{}
		}
		s.woken[name][st] = true
	}
	return st, nil
}

// leave counts a stream out.
func (s *streams) leave(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count--
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
