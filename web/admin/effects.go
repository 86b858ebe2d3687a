package admin

import (
	"github.com/standin-id/standin/acting/impact"
	"github.com/standin-id/standin/web/frame"
)

// Effect is what a change would do to things of one kind, in words.
type Effect struct {
	Text   string
	Things []string
	More   int // so many more, which are not named
	Worse  bool
}

// worse are the effects that take something away.
var worse = map[impact.Kind]bool{impact.EndsSession: true, impact.StopsHeld: true, impact.StopsGranted: true, impact.EndsDelegation: true,
	impact.LosesManager: true, impact.Loses: true, impact.ExceedsCap: true, impact.ExceedsSession: true, impact.TakesRole: true,
	impact.NamesEndedUnit: true, impact.DeactivatePerson: true,
	impact.RoleLoses: true, impact.LimitNamesGone: true, impact.NeedsSecond: true}

// effects says what the change would do.
func (v *visit) effects(o impact.Outcome) []Effect {
	var all []Effect
	for _, e := range o.Effects {
		said := Effect{Text: v.Base.T("effect."+string(e.Kind), "Count", e.Count), Worse: worse[e.Kind]}
		for _, thing := range e.Some {
			if text := v.thing(e.Kind, thing); text != "" {
				said.Things = append(said.Things, text)
			}
		}
		said.More = e.Count - len(e.Some)
		all = append(all, said)
	}
	return all
}

// thing names one of those that an effect is about.
func (v *visit) thing(kind impact.Kind, t impact.Thing) string {
	b := v.Base
	switch {
	case kind == impact.RoleLoses:
		return joined(t.RoleName, v.Permission(t.Permission))
	case t.Permission != "" && t.ActorName != "":
		return joined(b.T("who.for", "Actor", t.ActorName, "Principal", t.PrincipalName), v.Permission(t.Permission))
	case t.Permission != "":
		return v.Permission(t.Permission)
	case t.ActorName != "" && t.PrincipalName != "":
		text := b.T("who.for", "Actor", t.ActorName, "Principal", t.PrincipalName)
		if t.Until.IsZero() {
			return text
		}
		return b.T("effect.until", "What", text, "Moment", b.Until(t.Until).Text)
	case kind == impact.HoldsRole || kind == impact.TakesRole || kind == impact.MovesRole:
		return joined(t.Name, t.RoleName, string(t.Unit))
	}
	return joined(t.Name, string(t.Unit))
}

// joined joins what there is.
func joined(parts ...string) string {
	text := ""
	for _, p := range parts {
		if p == "" {
			continue
		}
		if text != "" {
			text += " · "
		}
		text += frame.Who{Name: p}.Shown()
	}
	return text
}
