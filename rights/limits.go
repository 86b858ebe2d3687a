package rights

import (
	"errors"
	"slices"

	"github.com/standin-id/standin"
)

// Limits narrow a delegation. The zero Limits narrow nothing: the actor may do whatever the principal may, sealed fields
// and personal actions apart.
type Limits struct {
	// Allow names what may be done; empty allows whatever the principal may. For an entry delegation it names the
	// personal actions that are opened, and may not be empty.
	Allow []string `json:"allow,omitempty"`
	// Deny names what may not be done, whatever Allow says.
	Deny []string `json:"deny,omitempty"`
	// Units, where there are any, are those at or below which a record's unit must be.
	Units []standin.UnitID `json:"units,omitempty"`
	// ReadOnly leaves only actions that read.
	ReadOnly bool `json:"read_only,omitempty"`
	// Sealed opens sealed fields.
	Sealed bool `json:"sealed,omitempty"`
}

// Empty reports whether the limits say nothing at all.
func (l Limits) Empty() bool {
	return len(l.Allow) == 0 && len(l.Deny) == 0 && len(l.Units) == 0 && !l.ReadOnly && !l.Sealed
}

// Check refuses limits with a permission that is malformed or unknown to the catalogues. The refusal's field is
// "limits.allow" or "limits.deny". Whether the units exist is not known here.
func (l Limits) Check(catalogues Catalogues) error {
	if err := checkAll(l.Allow, catalogues, "limits.allow"); err != nil {
		return err
	}
	return checkAll(l.Deny, catalogues, "limits.deny")
}

func checkAll(permissions []string, catalogues Catalogues, field string) error {
	for _, p := range permissions {
		if err := catalogues.Check(p); err != nil {
			return onField(err, field)
		}
	}
	return nil
}

// onField names the input that a refusal of this room is about.
func onField(err error, field string) error {
	if refusal, ok := errors.AsType[*standin.Error](err); ok {
		refusal.On(field)
	}
	return err
}

// Canonical returns limits that mean the same, each list in order, without repetition, and in canonical text; equal
// canonical limits have equal JSON. It refuses malformed permissions.
func (l Limits) Canonical() (Limits, error) {
	allow, err := canonical(l.Allow)
	if err != nil {
		return Limits{}, onField(err, "limits.allow")
	}
	deny, err := canonical(l.Deny)
	if err != nil {
		return Limits{}, onField(err, "limits.deny")
	}
	return Limits{Allow: allow, Deny: deny, Units: ordered(l.Units), ReadOnly: l.ReadOnly, Sealed: l.Sealed}, nil
}

func canonical(permissions []string) ([]string, error) {
	parsed, err := parseAll(permissions)
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(parsed))
	for i, p := range parsed {
		texts[i] = p.String()
	}
	return ordered(texts), nil
}

func parseAll(permissions []string) ([]Permission, error) {
	parsed := make([]Permission, len(permissions))
	for i, text := range permissions {
		p, err := Parse(text)
		if err != nil {
			return nil, err
		}
		parsed[i] = p
	}
	return parsed, nil
}

// ordered returns a sorted copy without repetition, nil where there is nothing.
func ordered[S ~string](list []S) []S {
	if len(list) == 0 {
		return nil
	}
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// Widens reports whether someone under the new limits might do anything that the old ones forbade, or that the new ones
// cannot be shown not to open: when in doubt, it widens. Both are of one delegation of unchanged kind, and both are known
// to the catalogues; for an entry delegation they passed the check that Allow is not empty and names each action by itself.
func Widens(old, new Limits) bool {
	if old.ReadOnly && !new.ReadOnly || new.Sealed && !old.Sealed {
		return true
	}
	if len(old.Allow) == 0 && !old.Sealed && namesFields(new.Allow) {
		return true
	}
	return widensUnits(old.Units, new.Units) || widensAllow(old.Allow, new.Allow) || widensDeny(old.Deny, new.Deny)
}

// namesFields reports whether a line may open sealed fields by their names, which no lines at all do not.
func namesFields(allow []string) bool {
	return slices.ContainsFunc(allow, func(text string) bool {
		p, err := Parse(text)
		return err == nil && p.Field != ""
	})
}

func widensUnits(old, new []standin.UnitID) bool {
	if len(old) == 0 {
		return false
	}
	return len(new) == 0 || slices.ContainsFunc(new, func(u standin.UnitID) bool {
		return !slices.ContainsFunc(old, func(scope standin.UnitID) bool { return scope != "" && u.Within(scope) })
	})
}

func widensAllow(old, new []string) bool {
	if len(old) == 0 {
		return false
	}
	before, errBefore := parseAll(old)
	after, errAfter := parseAll(new)
	if errBefore != nil || errAfter != nil || len(new) == 0 {
		return true
	}
	return slices.ContainsFunc(after, func(q Permission) bool {
		return !slices.ContainsFunc(before, func(p Permission) bool { return p.allowIncludes(q) })
	})
}

func widensDeny(old, new []string) bool {
	before, errBefore := parseAll(old)
	after, errAfter := parseAll(new)
	if errBefore != nil || errAfter != nil {
		return true
	}
	return slices.ContainsFunc(before, func(q Permission) bool {
		return !slices.ContainsFunc(after, func(p Permission) bool { return p.denyIncludes(q) })
	})
}
