package web

import (
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/web/frame"
)

const (
	mostEvents   = 50
	mostEpisodes = 200
)

// history tells what happened to the delegation and when it was used, the newest first.
func (v *visit) history(d delegation.View) ([]Event, error) {
	records, _, err := v.Delegations.History(v.R.Context(), v.Caller, d.ID, ledger.Cursor{}, mostEvents)
	if err != nil {
		return nil, err
	}
	var all []Event
	for _, r := range records {
		if verb, ok := strings.CutPrefix(r.Action, "delegation."); ok && r.Outcome == ledger.Done && verb != "use" {
			all = append(all, v.event(d, r, verb))
		}
	}
	episodes, err := v.episodes(d)
	if err != nil {
		return nil, err
	}
	for _, e := range episodes {
		if e.Delegation != d.ID {
			continue
		}
		all = append(all, Event{At: e.StartedAt, Text: v.Base.T("history.started", "Actor", d.ActorPerson.Name)})
		if !e.Live {
			all = append(all, Event{At: e.At, Text: v.Base.T("history.stopped", "Actor", d.ActorPerson.Name), Detail: v.endedHow(e.How)})
		}
	}
	slices.SortStableFunc(all, func(a, b Event) int { return b.At.Compare(a.At) })
	return first(all, mostEvents), nil
}

// event says what one record of the delegation tells.
func (v *visit) event(d delegation.View, r ledger.Record, verb string) Event {
	key := "history." + verb
	if verb == "name" && r.Actor.Person() == d.Actor {
		key = "history.name_self"
	}
	if !v.Base.Words.Has(key) {
		key = "history.changed"
	}
	e := Event{At: r.At, Text: v.sentence(key, "By", v.DoneBy(r.Actor, d.Row), "Actor", d.ActorPerson.Name, "Principal", d.PrincipalPerson.Name)}
	switch verb {
	case "name":
		e.Detail = d.Purpose
	case "decline":
		e.Detail = d.DeclineReason
	}
	return e
}

// sentence is the message with a capital letter, for some of those who do things have none.
func (v *visit) sentence(key string, pairs ...any) string {
	return frame.Capital(v.Base.T(key, pairs...))
}

// episodes are the times that the delegation's actor acted for its principal, as far as the reader may know of them.
func (v *visit) episodes(d delegation.View) ([]acting.Episode, error) {
	if d.Party&(delegation.AsPrincipal|delegation.AsManager) != 0 {
		all, err := v.Acting.InNameOf(v.R.Context(), v.Caller, d.Principal, mostEpisodes)
		if standin.KindOf(err) == standin.NotFound {
			return nil, nil
		}
		return all, err
	}
	return v.Acting.By(v.R.Context(), v.Caller, d.Actor, mostEpisodes)
}

// endedHow says how acting ended where it was not its actor who stopped.
func (v *visit) endedHow(how acting.How) string {
	if key := "history.how." + string(how); v.Base.Words.Has(key) {
		return v.Base.T(key)
	}
	return ""
}
