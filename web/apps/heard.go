package apps

import (
	"slices"

	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/web/frame"
)

// Heard is one thing that an application asked for.
type Heard struct {
	When   frame.Moment
	What   string
	Wrong  string // what is wrong with it, "" where it was answered
	Detail string // what it sent
	Mend   string // what to do
	Solved bool   // the same was answered since
}

// hear returns what the application asked for, the latest first.
func hear(b frame.Base, all []application.Activity) (heard []Heard) {
	for i, a := range all {
		h := Heard{When: b.Near(a.At), What: b.T("apps.did." + a.What), Detail: a.Detail}
		if a.Problem != "" {
			h.Solved = solved(all[:i], a)
			h.Wrong, h.Mend = b.T("apps.wrong."+a.Problem), b.T("apps.mend."+a.Problem)
		}
		heard = append(heard, h)
	}
	return heard
}

// solved reports whether, of what came later, the same was answered.
func solved(later []application.Activity, a application.Activity) bool {
	return slices.ContainsFunc(later, func(l application.Activity) bool { return l.What == a.What && l.Problem == "" })
}

// stateOf says in one line how it stands with an application.
func stateOf(b frame.Base, all []application.Activity) State {
	for i, a := range all {
		if a.Problem != "" && !solved(all[:i], a) {
			return State{"wrong", a.At, b.T("apps.wrong." + a.Problem)}
		}
	}
	for _, a := range all {
		if a.Problem == "" && (a.What == application.AskedToken || a.What == application.AskedRefresh || a.What == application.AskedUserInfo) {
			return State{"in", a.At, b.T("apps.state.in")}
		}
	}
	if len(all) > 0 {
		return State{"asked", all[0].At, b.T("apps.state.asked")}
	}
	return State{How: "none", Text: b.T("apps.state.none")}
}
