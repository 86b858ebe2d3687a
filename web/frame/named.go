package frame

import (
	"context"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
)

// DoneBy names who did something to the delegation: by name its own two people and the reader, others by what they are.
func (v *Visit) DoneBy(by standin.Actor, row delegation.Row) string {
	switch by.Person() {
	case "":
		return v.Machine(by)
	case row.Actor:
		return row.ActorPerson.Name
	case row.Principal:
		return row.PrincipalPerson.Name
	case v.Person.ID:
		return v.Person.Name
	}
	if p, err := v.NameOf(by.Person()); err == nil {
		return p
	}
	return string(by.Person())
}

// Machine names what is no person: a key, the operator, Standin itself.
func (v *Visit) Machine(by standin.Actor) string {
	if by.IsOperator() {
		return v.Base.T("actor.operator")
	}
	if key := by.Key(); key != "" {
		return v.Base.T("actor.key", "Key", string(key))
	}
	if strings.HasPrefix(string(by), "system:") {
		return v.Base.T("actor.system")
	}
	return string(by)
}

// NameOf returns the name of a colleague.
func (v *Visit) NameOf(id standin.PersonID) (name string, err error) {
	err = v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) error {
		p, err := v.Directory.Person(ctx, tx, v.Caller.Organisation, id)
		name = p.Name
		return err
	})
	return name, err
}
