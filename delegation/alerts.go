package delegation

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// AlertKind says what somebody is told about a delegation.
type AlertKind string

const (
	AlertAsked    AlertKind = "asked"     // an answer is wanted from them (A12)
	AlertEndsSoon AlertKind = "ends_soon" // within a week
	AlertNamed    AlertKind = "named"     // A7, as those that follow; told for a week
	AlertEnabled  AlertKind = "enabled"
	AlertDisabled AlertKind = "disabled" // or ran out
	AlertAccepted AlertKind = "accepted"
	AlertDeclined AlertKind = "declined"
	AlertPaused   AlertKind = "paused"
	AlertEnded    AlertKind = "ended"
	AlertWidened  AlertKind = "widened" // more, earlier or longer than before
	AlertNarrowed AlertKind = "narrowed"
)

// told is how long something is told, and how long before its end a delegation is said to end soon.
const told = 7 * 24 * time.Hour

// Alert is something about a delegation that its actor and its principal are told.
type Alert struct {
	Kind AlertKind
	At   time.Time // when it happened; of AlertEndsSoon, when it will end
	// By is who did it, "" where that is not known; ByName is their name where it is a person.
	By     standin.Actor
	ByName string
	View   View
}

// Alerts returns what the caller is told about their delegations, as actor and as principal: what waits for them first,
// then what ends soon, then the news of the last week, newest first. While acting, it is what the principal is told, of what limits let
// be seen.
func (r *Delegations) Alerts(ctx context.Context, caller standin.Caller) ([]Alert, error) {
	now := standin.Now(r.now)
	me := caller.Principal
	if me == "" {
		return nil, nil
	}
	var alerts []Alert
	err := r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		alerts = nil
		var rows []Row
		for _, role := range []string{"actor", "principal"} { // nobody is both, and each has an index
			some, err := query(ctx, tx, selectRows+` AND d.`+role+` = $2 AND (d.ended_at IS NULL OR d.ended_at > $3)`,
				string(caller.Organisation), string(me), standin.Micros(now.Add(-told)))
			if err != nil {
				return err
			}
			rows = append(rows, some...)
		}
		views, err := r.views(ctx, tx, caller, rows, now, func(v View) bool { return v.Party&^AsGuest != 0 })
		if err != nil {
			return err
		}
		for _, v := range views {
			alerts = append(alerts, v.alerts(me, now)...)
		}
		return r.nameThem(ctx, tx, caller.Organisation, alerts)
	})
	slices.SortStableFunc(alerts, func(a, b Alert) int {
		if c := cmp.Compare(a.urgency(), b.urgency()); c != 0 {
			return c
		}
		if a.Kind == AlertEndsSoon {
			return a.At.Compare(b.At)
		}
		return b.At.Compare(a.At)
	})
	return alerts, err
}

func (a Alert) urgency() int {
	switch a.Kind {
	case AlertAsked:
		return 0
	case AlertEndsSoon:
		return 1
	}
	return 2
}

// alerts returns what the person is told about the delegation at now.
func (v View) alerts(me standin.PersonID, now time.Time) []Alert {
	var all []Alert
	add := func(kind AlertKind, at time.Time, by standin.Actor) {
		if !at.IsZero() && !at.After(now) && now.Sub(at) < told {
			all = append(all, Alert{Kind: kind, At: at, By: by, View: v})
		}
	}
	if v.State == Waiting && v.AskedOf == me {
		all = append(all, Alert{Kind: AlertAsked, At: v.AskedAt, By: v.CreatedBy, View: v})
	}
	running := v.State == Active || v.State == Upcoming || v.State == Dormant
	if running && !v.EndsAt.IsZero() && v.EndsAt.Sub(now) <= told {
		all = append(all, Alert{Kind: AlertEndsSoon, At: v.EndsAt, View: v})
	}
	add(AlertNamed, v.CreatedAt, v.CreatedBy)
	if v.AskedOf != me {
		add(AlertAccepted, v.AcceptedAt, standin.PersonActor(v.AskedOf))
		add(AlertDeclined, v.DeclinedAt, standin.PersonActor(v.AskedOf))
	}
	switch {
	case v.EditedHow == EditedWidened && !(v.State == Waiting && v.AskedOf == me):
		add(AlertWidened, v.EditedAt, v.EditedBy)
	case v.EditedHow == EditedNarrowed:
		add(AlertNarrowed, v.EditedAt, v.EditedBy)
	}
	add(AlertPaused, v.InactiveAt, "")
	add(AlertEnabled, v.EnabledAt, "")
	add(AlertDisabled, v.EnabledUntil, "")
	add(AlertEnded, v.EndedAt, v.EndedBy)
	if v.State == Expired {
		add(AlertEnded, v.EndsAt, "")
	}
	return all
}

// nameThem fills in the names of who did it.
func (r *Delegations) nameThem(ctx context.Context, tx *db.Tx, org standin.OrganisationID, alerts []Alert) error {
	names := map[standin.PersonID]string{}
	for i, a := range alerts {
		names[a.View.Actor], names[a.View.Principal] = a.View.ActorPerson.Name, a.View.PrincipalPerson.Name
		id := a.By.Person()
		if id == "" {
			continue
		}
		if _, known := names[id]; !known {
			person, err := r.directory.Person(ctx, tx, org, id)
			if err != nil && !db.IsNotFound(err) {
				return err
			}
			names[id] = person.Name
		}
		alerts[i].ByName = names[id]
	}
	return nil
}
