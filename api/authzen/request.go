package authzen

import (
	"strconv"

	"github.com/standin-id/standin"
)

const (
	mostName       = 256     // bytes of what names something
	mostProperties = 8 << 10 // bytes that all properties of an entity weigh
)

// entity is somebody or something in a request: a subject, an actor, a resource.
type entity struct {
	typ, id    string
	properties map[string]any
}

// asked is one question as it was sent.
type asked struct {
	subject, resource entity
	action            string
	actionProperties  map[string]any
	context           asking
	known             properties
}

// asking is a request's context: for whom an actor asks, by what right, and how much is to be answered.
type asking struct {
	actor      *entity // nil where the question is in the subject's own name
	session    standin.SessionID
	delegation standin.DelegationID
	explain    bool
	whole      map[string]any
}

// properties are those of a resource that Standin itself understands.
type properties struct {
	owner, enteredBy standin.PersonID
	unit             standin.UnitID
	field            string
	selfApproval     bool
}

// part says which parts of a question a request has to have whole.
type part struct{ subjectID, action, resourceID bool }

var (
	ofQuestion  = part{subjectID: true, action: true, resourceID: true}
	ofSubjects  = part{action: true, resourceID: true}
	ofResources = part{subjectID: true, action: true}
	ofActions   = part{subjectID: true, resourceID: true}
)

// question reads one question. Members that are not known are ignored (§10.1.1); one that is required and missing, or is
// of another type than the specification gives it, is malformed.
func question(m map[string]any, needs part) (asked, error) {
	var q asked
	r := reader{}
	q.subject = r.entity(m, "subject", needs.subjectID)
	if needs.action {
		action := r.object(m, "action", true)
		q.action, q.actionProperties = r.text(action, "action.", "name", true), r.inner(action, "action.", "properties")
	}
	q.resource = r.entity(m, "resource", needs.resourceID)
	q.known = r.properties(q.resource.properties)
	q.context = r.context(r.object(m, "context", false))
	return q, r.err
}

// reader reads members, and keeps the first thing that is wrong with them.
type reader struct{ err error }

func (r *reader) wrong(name, what string) {
	if r.err == nil {
		r.err = malformed(name + " " + what)
	}
}

func (r *reader) object(m map[string]any, name string, required bool) map[string]any {
	return r.member(m, "", name, required)
}

func (r *reader) inner(m map[string]any, of, name string) map[string]any {
	return r.member(m, of, name, false)
}

func (r *reader) member(m map[string]any, of, name string, required bool) map[string]any {
	v := m[name]
	there := v != nil // null is what is not there (§11.5)
	inner, ok := v.(map[string]any)
	switch {
	case !there && required:
		r.wrong(of+name, "is missing")
	case there && !ok:
		r.wrong(of+name, "is no object")
	case name == "properties" && weight(inner) > mostProperties:
		r.wrong(of+name, "has more than "+strconv.Itoa(mostProperties)+" bytes")
	}
	return inner
}

func (r *reader) text(m map[string]any, of, name string, required bool) string {
	v := m[name]
	there := v != nil
	text, ok := v.(string)
	switch {
	case !there && required:
		r.wrong(of+name, "is missing")
	case there && !ok:
		r.wrong(of+name, "is no string")
	case text == "" && required:
		r.wrong(of+name, "is empty")
	case len(text) > mostName:
		r.wrong(of+name, "is longer than "+strconv.Itoa(mostName)+" bytes")
	}
	return text
}

func (r *reader) flag(m map[string]any, of, name string) bool {
	v := m[name]
	flag, ok := v.(bool)
	if v != nil && !ok {
		r.wrong(of+name, "is neither true nor false")
	}
	return flag
}

// entity reads a subject or a resource. Where the search is for its id, an id that is there is ignored.
func (r *reader) entity(m map[string]any, name string, id bool) entity {
	inner := r.object(m, name, true)
	if inner == nil {
		return entity{}
	}
	e := entity{typ: r.text(inner, name+".", "type", true), properties: r.inner(inner, name+".", "properties")}
	if id {
		e.id = r.text(inner, name+".", "id", true)
	}
	return e
}

func (r *reader) properties(m map[string]any) properties {
	const of = "resource.properties."
	return properties{
		owner: r.person(m, of, "owner"), enteredBy: r.person(m, of, "entered_by"),
		unit: standin.UnitID(r.text(m, of, "unit", false)), field: r.text(m, of, "field", false),
		selfApproval: r.flag(m, of, "self_approval"),
	}
}

// person reads the id of a person, alone or in the form of a subject.
func (r *reader) person(m map[string]any, of, name string) standin.PersonID {
	inner, ok := m[name].(map[string]any)
	if !ok {
		return standin.PersonID(r.text(m, of, name, false))
	}
	r.text(inner, of+name+".", "type", true)
	return standin.PersonID(r.text(inner, of+name+".", "id", true))
}

// context reads for whom an actor asks. What is there and says nothing is refused: a program whose session got lost on the
// way would be answered in the subject's own name.
func (r *reader) context(m map[string]any) asking {
	const of = "context."
	for _, name := range []string{"actor", "acting_session", "delegation"} {
		if v, there := m[name]; there && (v == nil || v == "") {
			r.wrong(of+name, "is empty; leave it out where nobody acts")
		}
	}
	a := asking{
		session: standin.SessionID(r.text(m, of, "acting_session", false)), delegation: standin.DelegationID(r.text(m, of, "delegation", false)),
		explain: r.flag(m, of, "explain"), whole: m,
	}
	if inner := r.inner(m, of, "actor"); inner != nil {
		a.actor = &entity{typ: r.text(inner, of+"actor.", "type", true), id: r.text(inner, of+"actor.", "id", true)}
	}
	return a
}

// weight returns about how long a value is as JSON, in bytes.
func weight(v any) int {
	n := 2
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			n += len(name) + 4 + weight(inner)
		}
	case []any:
		for _, inner := range v {
			n += 1 + weight(inner)
		}
	case string:
		n += len(v)
	default:
		n += 6
	}
	return n
}
