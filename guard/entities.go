package guard

import (
	"maps"
	"slices"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	"github.com/standin-id/standin"
)

// scene is one question as Cedar sees it: its request, and the entities that a policy may look at.
type scene struct {
	request cedar.Request
	// action and resource are the two entities that the question brings with it.
	action, resource cedar.Entity
	// registered are those that an organisation registered beside its own policies; nil without.
	registered cedar.EntityMap
}

// Get returns the entity of that id. People have neither attributes nor groups, unless the organisation registered some.
func (s *scene) Get(uid types.EntityUID) (types.Entity, bool) {
	switch uid {
	case s.resource.UID:
		return s.resource, true
	case s.action.UID:
		return s.action, true
	}
	return s.registered.Get(uid)
}

// newScene tells the question to Cedar, with those properties alone that one of the rules reads. It returns why one of
// them cannot be told, of a single rule the first by name, or "".
func newScene(q *Question, rules []*rule, registered cedar.EntityMap) (*scene, string) {
	s := &scene{registered: registered}
	s.action.UID = cedar.NewEntityUID(actionType, cedar.String(string(q.Application)+":"+q.Type+"."+q.Action))
	s.action.Parents = parents(q, registered[s.action.UID].Parents)
	s.resource.UID = cedar.NewEntityUID(resourceType, cedar.String(string(q.Application)+":"+q.Type+"/"+q.ID))
	s.request = cedar.Request{Principal: person(q.Principal), Action: s.action.UID, Resource: s.resource.UID, Context: about(q, rules)}
	attributes, problem := read(q, rules)
	if problem != "" {
		return nil, problem
	}
	if known, ok := registered[s.resource.UID]; ok {
		s.resource.Parents, s.resource.Tags = known.Parents, known.Tags
		all := maps.Collect(known.Attributes.All())
		maps.Copy(all, attributes)
		attributes = all
	}
	s.resource.Attributes = cedar.NewRecord(attributes)
	return s, ""
}

// read returns the properties that one of the rules reads, nil for none, or why one cannot be told.
func read(q *Question, rules []*rule) (cedar.RecordMap, string) {
	var attributes cedar.RecordMap
	for _, r := range rules {
		for _, name := range r.reads {
			if _, read := attributes[cedar.String(name)]; read {
				continue
			}
			value, problem := q.property(name)
			if problem != "" {
				return nil, name + ": " + problem
			}
			if value == nil {
				continue
			}
			if attributes == nil {
				attributes = make(cedar.RecordMap, len(r.reads))
			}
			attributes[cedar.String(name)] = value
		}
	}
	return attributes, ""
}

// about returns the context: who acts only where one of the rules looks at that.
func about(q *Question, rules []*rule) cedar.Record {
	switch {
	case slices.ContainsFunc(rules, func(r *rule) bool { return r.who }):
		return cedar.NewRecord(cedar.RecordMap{acting: cedar.Boolean(q.Acting()), "actor": person(q.Actor)})
	case q.Acting():
		return someoneElse
	}
	return oneself
}

// property returns what a policy finds under the name, nil for nothing, or why that cannot be told.
func (q *Question) property(name string) (cedar.Value, string) {
	switch name {
	case "owner":
		return somebody(q.Owner), ""
	case "entered_by":
		return somebody(q.EnteredBy), ""
	case "unit":
		if q.Unit == "" {
			return nil, ""
		}
		return cedar.String(q.Unit), ""
	case "self_approval":
		return cedar.Boolean(q.SelfApproval), ""
	}
	sent, ok := q.Properties[name]
	if !ok || sent == nil {
		return nil, ""
	}
	return value(sent, mostNested)
}

// somebody returns the person, or nothing where there is none.
func somebody(id standin.PersonID) cedar.Value {
	if id == "" {
		return nil
	}
	return person(id)
}

func person(id standin.PersonID) cedar.EntityUID {
	return cedar.NewEntityUID(personType, cedar.String(id))
}

// parents returns the groups that the question's action is in, those that were registered among them.
func parents(q *Question, registered cedar.EntityUIDSet) cedar.EntityUIDSet {
	which := 0
	for i := range groups {
		if groups[i].has(q.Flags) {
			which |= 1 << i
		}
	}
	if registered.Len() == 0 {
		return memberships[which]
	}
	in := registered.Slice()
	for group := range memberships[which].All() {
		in = append(in, group)
	}
	return cedar.NewEntityUIDSet(in...)
}

// memberships holds each set of groups, by which of them are in it.
var memberships = func() (sets [1 << len(groups)]cedar.EntityUIDSet) {
	for which := range sets {
		var in []cedar.EntityUID
		for i := range groups {
			if which&(1<<i) != 0 {
				in = append(in, cedar.NewEntityUID(actionType, cedar.String(groups[i].name)))
			}
		}
		sets[which] = cedar.NewEntityUIDSet(in...)
	}
	return sets
}()

// acting is the member of the context that says whether somebody acts; it is all there is of it where no policy looks at
// who.
const acting = "acting"

var (
	someoneElse = cedar.NewRecord(cedar.RecordMap{acting: cedar.True})
	oneself     = cedar.NewRecord(cedar.RecordMap{acting: cedar.False})
)
