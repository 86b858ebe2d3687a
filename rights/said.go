package rights

import (
	"strings"

	"github.com/standin-id/standin"
)

// Said returns the reason in words. The word catalogues know it by its code, as they know every refusal, also where it
// speaks for a permit.
func (r Reason) Said() *standin.Error {
	if e := r.unknown(); e != nil {
		return e
	}
	e := r.sentence()
	for name, value := range map[string]string{"role": string(r.Role), "unit": string(r.At), "permission": r.Permission} {
		if strings.Contains(e.Message, "{"+name+"}") {
			e.With(name, value)
		}
	}
	return e
}

// unknown says what no catalogue has in the words of found, or nil where the reason is another.
func (r Reason) unknown() *standin.Error {
	f, ok := map[string]found{
		"rights.unknown_application": {},
		"rights.unknown_type":        {application: true},
		"rights.unknown_action":      {application: true, typ: true},
		"rights.unknown_field":       {application: true, typ: true, action: true},
	}[r.Code]
	if !ok {
		return nil
	}
	p := Permission{Scope: Org}
	application, rest, _ := strings.Cut(r.Permission, ":")
	p.Application = standin.ApplicationID(application)
	p.Type, rest, _ = strings.Cut(rest, ".")
	p.Action, p.Field, _ = strings.Cut(rest, "/")
	return f.missing(p)
}

func (r Reason) sentence() *standin.Error {
	if r.For {
		return r.pro()
	}
	const op = "rights.explain"
	switch r.Code {
	case "rights.no_role":
		return standin.Refuse(standin.Denied, op, "rights.no_role", "No role allows this.")
	case "rights.sealed_line":
		return standin.Refuse(standin.Denied, op, "rights.sealed_line", `"{permission}" reaches no sealed field.`)
	case "rights.no_owner":
		return standin.Refuse(standin.Denied, op, "rights.no_owner",
			`"{permission}" reaches one's own records only, and it was not said whose this is.`)
	case "rights.not_own":
		return standin.Refuse(standin.Denied, op, "rights.not_own",
			`"{permission}" reaches one's own records only, and this is somebody else's.`)
	case "rights.no_unit":
		return standin.Refuse(standin.Denied, op, "rights.no_unit",
			`"{permission}" reaches records of certain units only, and the record's unit was not said.`)
	case "rights.outside_unit":
		return standin.Refuse(standin.Denied, op, "rights.outside_unit", `"{permission}" does not reach the record's unit.`)
	case "rights.other_rules":
		return standin.Refuse(standin.Denied, op, "rights.other_rules", "The rules have changed meanwhile.")
	case "rights.no_authority":
		return standin.Refuse(standin.Denied, op, "rights.no_authority", "It is not known whose rights count here.")
	}
	return r.limit()
}

// limit says what a delegation's limits have against it.
func (r Reason) limit() *standin.Error {
	const op = "rights.explain"
	switch r.Code {
	case "rights.personal":
		return standin.Refuse(standin.Denied, op, "rights.personal", "This is personal: nobody does it for somebody else.")
	case "rights.entry_only":
		return standin.Refuse(standin.Denied, op, "rights.entry_only", "An entry delegation opens nothing but personal actions.")
	case "rights.entry_never":
		return standin.Refuse(standin.Denied, op, "rights.entry_never", "No delegation opens this personal action.")
	case "rights.entry_wildcard":
		return standin.Refuse(standin.Denied, op, "rights.entry_wildcard",
			`"{permission}" names no action: an entry delegation names each by itself.`)
	case "rights.read_only":
		return standin.Refuse(standin.Denied, op, "rights.read_only", "The delegation is for viewing only.")
	case "rights.unit_unsaid":
		return standin.Refuse(standin.Denied, op, "rights.unit_unsaid",
			"The delegation is for certain units only, and the record's unit was not said.")
	case "rights.outside_units":
		return standin.Refuse(standin.Denied, op, "rights.outside_units", "The record is in none of the delegation's units.")
	case "rights.sealed":
		return standin.Refuse(standin.Denied, op, "rights.sealed", "The delegation does not open this sealed field.")
	case "rights.not_in_allow":
		return standin.Refuse(standin.Denied, op, "rights.not_in_allow", "Nothing that the delegation allows reaches this.")
	case "rights.allow_unknown":
		return standin.Refuse(standin.Denied, op, "rights.allow_unknown",
			`"{permission}" in what the delegation allows is not understood, so it opens nothing.`)
	case "rights.denied":
		return standin.Refuse(standin.Denied, op, "rights.denied", `The delegation denies "{permission}".`)
	}
	return standin.Refuse(standin.Denied, op, "rights.deny_unknown",
		`"{permission}" in what the delegation denies is not understood, so it closes everything.`)
}

// pro says what speaks for a permit.
func (r Reason) pro() *standin.Error {
	const op = "rights.explain"
	switch r.Code {
	case "rights.role_allows":
		return standin.Refuse(standin.Denied, op, "rights.role_allows", `The role "{role}" allows "{permission}".`)
	case "rights.in_units":
		return standin.Refuse(standin.Denied, op, "rights.in_units", `The delegation is for "{unit}" and what is below.`)
	case "rights.unsealed":
		return standin.Refuse(standin.Denied, op, "rights.unsealed", "The delegation opens sealed fields.")
	case "rights.allowed":
		return standin.Refuse(standin.Denied, op, "rights.allowed", `The delegation allows "{permission}".`)
	}
	return standin.Refuse(standin.Denied, op, "rights.full", "The delegation allows whatever the principal may do.")
}
