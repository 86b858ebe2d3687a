package rights

import "github.com/standin-id/standin"

// Explanation is an answer with everything that speaks for it and against it. Where it permits, no reason is against it;
// where it does not, at least one is.
type Explanation struct {
	Permit  bool
	Reasons []Reason
}

// Reason is one rule that speaks for or against a permit. Said tells it in words.
type Reason struct {
	Code       string
	For        bool
	Role       standin.RoleID // whose line it is; "" for a line of limits
	At         standin.UnitID // where the role is held, or which unit of the limits contains the record's
	Permission string         // the line, or what is asked where no catalogue knows it
}

// Explain answers exactly as Permits does, and gives every reason instead of stopping at the first. Of lines that allow,
// those that reach the question are given, or else those that speak of the action and fall short.
func (a *Authority) Explain(b *Bounds, q *Question) Explanation {
	e := Explanation{Permit: a.Permits(b, q)}
	if a == nil || a.v == nil {
		e.Reasons = []Reason{{Code: "rights.no_authority"}}
		return e
	}
	if err := a.v.Known(q.Application, q.Type, q.Action, q.Field); err != nil {
		e.Reasons = []Reason{{Code: standin.CodeOf(err), Permission: asked(q.Application, q.Type, q.Action, q.Field).String()}}
		return e
	}
	e.Reasons = a.byRoles(q)
	if b != nil {
		e.Reasons = append(e.Reasons, a.byLimits(b, q)...)
	}
	return e
}

// lines gathers what the lines of a list say to a question.
type lines struct{ reach, miss []Reason }

func (l *lines) add(r Reason, why, reached string) {
	if why == "" {
		r.Code, r.For = reached, true
		l.reach = append(l.reach, r)
		return
	}
	r.Code = why
	l.miss = append(l.miss, r)
}

// or returns the lines that reach the question, or else that none does, with those that fall short.
func (l *lines) or(none string) []Reason {
	if len(l.reach) > 0 {
		return l.reach
	}
	return append([]Reason{{Code: none}}, l.miss...)
}

func (a *Authority) byRoles(q *Question) []Reason {
	var l lines
	for _, h := range a.held {
		for _, text := range h.Role.Allow {
			if p, err := Parse(text); err == nil && p.speaksOf(q) {
				l.add(Reason{Role: h.Role.ID, At: h.Unit, Permission: text},
					a.shortfall(p, q, false, q.Unit.Within(h.Unit)), "rights.role_allows")
			}
		}
	}
	return l.or("rights.no_role")
}

func (a *Authority) byLimits(b *Bounds, q *Question) []Reason {
	if b.v != a.v {
		return []Reason{{Code: "rights.other_rules"}}
	}
	what, _, _ := a.v.find(q)
	var all []Reason
	if why := b.delegable(what.flags); why != "" {
		all = append(all, Reason{Code: why})
	}
	if b.limits.ReadOnly && !what.flags.Reads {
		all = append(all, Reason{Code: "rights.read_only"})
	}
	all = append(all, b.byUnits(q.Unit)...)
	all = append(all, a.byAllow(b, q)...)
	return append(all, a.byDeny(b, q)...)
}

func (b *Bounds) byUnits(unit standin.UnitID) []Reason {
	if len(b.limits.Units) == 0 {
		return nil
	}
	var in []Reason
	for _, u := range b.limits.Units {
		if unit.Within(u) {
			in = append(in, Reason{Code: "rights.in_units", For: true, At: u})
		}
	}
	if in == nil && unit == "" {
		return []Reason{{Code: "rights.unit_unsaid"}}
	}
	if in == nil {
		return []Reason{{Code: "rights.outside_units"}}
	}
	return in
}

func (a *Authority) byAllow(b *Bounds, q *Question) []Reason {
	if len(b.limits.Allow) == 0 && !b.entry {
		switch sealed := a.v.sealed(q); {
		case sealed && !b.limits.Sealed:
			return []Reason{{Code: "rights.sealed"}}
		case sealed:
			return []Reason{{Code: "rights.unsealed", For: true}}
		}
		return []Reason{{Code: "rights.full", For: true}}
	}
	var l lines
	for _, text := range b.limits.Allow {
		p, ok := a.v.understood(text)
		switch {
		case !ok:
			l.add(Reason{Permission: excerpt(text)}, "rights.allow_unknown", "")
		case !p.speaksOf(q):
		case b.entry && !p.literal():
			l.add(Reason{Permission: text}, "rights.entry_wildcard", "")
		default:
			l.add(Reason{Permission: text}, a.shortfall(p, q, b.limits.Sealed, a.holdsAbove(q.Unit)), "rights.allowed")
		}
	}
	return l.or("rights.not_in_allow")
}

func (a *Authority) byDeny(b *Bounds, q *Question) []Reason {
	var all []Reason
	for _, text := range b.limits.Deny {
		p, ok := a.v.understood(text)
		switch {
		case !ok:
			all = append(all, Reason{Code: "rights.deny_unknown", Permission: excerpt(text)})
		case p.matches(q.Application, q.Type, q.Action) && p.closes(q.Field) && a.mayBe(p.Scope, q):
			all = append(all, Reason{Code: "rights.denied", Permission: text})
		}
	}
	return all
}

// speaksOf reports whether the permission, where it allows, has anything to say about the action and the field.
func (p Permission) speaksOf(q *Question) bool {
	field := p.answersRecord() || q.Field != "" && p.Field == q.Field
	return field && p.matches(q.Application, q.Type, q.Action)
}

// shortfall returns why a line that speaks of the question does not reach it, or "". sealed says that lines without a
// field reach sealed fields too; below, that the record's unit is at or below where "@unit" counts from.
func (a *Authority) shortfall(p Permission, q *Question, sealed, below bool) string {
	if p.Field == "" && !sealed && a.v.sealed(q) {
		return "rights.sealed_line"
	}
	if p.Scope == Own && q.Owner == "" {
		return "rights.no_owner"
	}
	if p.Scope == Own && q.Owner != a.person {
		return "rights.not_own"
	}
	if p.Scope == Unit && q.Unit == "" {
		return "rights.no_unit"
	}
	if p.Scope == Unit && !below {
		return "rights.outside_unit"
	}
	return ""
}

// mayBe reports whether the record is, or for all that is said could be, one that a denial of the scope closes.
func (a *Authority) mayBe(s Scope, q *Question) bool {
	switch s {
	case Own:
		return q.Owner == "" || q.Owner == a.person
	case Unit:
		return q.Unit == "" || a.holdsAbove(q.Unit)
	}
	return true
}

// sealed reports whether the question is about a sealed field.
func (v *Vocabulary) sealed(q *Question) bool {
	return v.catalogues[q.Application].Types[q.Type].Fields[q.Field].Sealed
}
