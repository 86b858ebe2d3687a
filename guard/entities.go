package guard

import (
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

// unreadable is a property that Cedar cannot have.
type unreadable struct{ property, problem string }

// newScene tells the question to Cedar, with those properties alone that somebody reads. It returns the first of them, by
// name, that cannot be told.
func newScene(q *Question, reads []string, registered cedar.EntityMap) (*scene, *unreadable) {
	s := &scene{registered: registered}
	s.action.UID = cedar.NewEntityUID(actionType, cedar.String(string(q.Application)+":"+q.Type+"."+q.Action))
	s.action.Parents = parents(q, registered[s.action.UID].Parents)
	s.resource.UID = cedar.NewEntityUID(resourceType, cedar.String(string(q.Application)+":"+q.Type+"/"+q.ID))
	s.request = cedar.Request{
		Principal: person(q.Principal),
		Action:    s.action.UID,
		Resource:  s.resource.UID,
		Context:   cedar.NewRecord(cedar.RecordMap{"actor": person(q.Actor), "acting": cedar.Boolean(q.Acting())}),
	}
	known := registered[s.resource.UID]
	s.resource.Parents, s.resource.Tags = known.Parents, known.Tags
	attributes := known.Attributes.Map()
	for _, name := range reads {
		value, problem := q.property(name)
		if problem != "" {
			return nil, &unreadable{name, problem}
		}
		if value != nil {
			if attributes == nil {
				attributes = make(cedar.RecordMap, len(reads))
			}
			attributes[cedar.String(name)] = value
		}
	}
	s.resource.Attributes = cedar.NewRecord(attributes)
	return s, nil
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
	in := registered.Slice()
	for i := range groups {
		if groups[i].has(q.Flags) {
			in = append(in, cedar.NewEntityUID(actionType, cedar.String(groups[i].name)))
		}
	}
	return cedar.NewEntityUIDSet(in...)
}

// read returns the names of what any of the rules reads.
func read(rules []*rule) []string {
	if len(rules) == 1 {
		return rules[0].reads
	}
	var names []string
	for _, r := range rules {
		names = append(names, r.reads...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
