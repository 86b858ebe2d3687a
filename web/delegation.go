package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/web/frame"
)

// Delegation shows one delegation whole: its state, its limits, its history, and what can be done with it.
type Delegation struct {
	frame.Base
	ID               string
	Actor, Principal frame.Who
	State, Label     string
	Line             string
	Standby          bool
	Start, End       time.Time
	Theirs           string // the times in the principal's zone, where they differ
	Purpose          string
	Limits           []string
	Notes            []string
	Doing            []Deed
	Barred           string         // why nothing of it can be done now
	Spans            []frame.Option // for how long a standby is enabled
	History          []Event
	Audit            string
}

// Deed is something that can be done with a delegation; Why says that it cannot be done now, Hint what it would do.
type Deed struct{ Do, Label, Look, Why, Hint string }

// Event is one line of a history.
type Event struct {
	At           time.Time
	Text, Detail string
}

// Invitation asks the person whether they will stand in, or, Reverse, be represented by an administrator who named
// themselves. Closed says that it was answered, withdrawn or is over.
type Invitation struct {
	frame.Base
	ID         string
	Version    string
	Reverse    bool
	Other      frame.Who // who asks
	Start, End time.Time
	Standby    bool
	Expires    time.Time
	Theirs     string
	Purpose    string
	Limits     []string
	Closed     string
	Why        string
	Reason     string
}

func (v *visit) showDelegation() error {
	d, err := v.Delegations.Get(v.R.Context(), v.Caller, v.delegationID())
	if err != nil {
		return err
	}
	if d.AskedOf == v.Caller.Principal && !d.AskedAt.IsZero() && d.AcceptedAt.IsZero() {
		return v.invitation(http.StatusOK, d, nil)
	}
	return v.page(http.StatusOK, d, nil)
}

func (v *visit) delegationID() standin.DelegationID {
	return standin.DelegationID(v.R.PathValue("delegation"))
}

// page shows the delegation with what can be done with it.
func (v *visit) page(status int, d delegation.View, problems []frame.Problem) error {
	history, err := v.history(d)
	if err != nil {
		return err
	}
	page := &Delegation{Base: v.Base, ID: string(d.ID), Actor: frame.Someone(d.Actor, d.ActorPerson.Name, d.ActorPerson.Unit),
		Principal: frame.Someone(d.Principal, d.PrincipalPerson.Name, d.PrincipalPerson.Unit), State: frame.StateName(d.State), Line: v.Line(d),
		Standby: d.Kind == delegation.Standby, Start: d.StartsAt, End: d.EndsAt, Purpose: d.Purpose, Limits: v.Limits(d.Kind, d.Limits),
		Doing: v.doing(d), Spans: v.enabling(), History: history, Audit: "/audit?delegation=" + string(d.ID)}
	page.Problems = problems
	page.Label = v.Base.T("state." + page.State)
	frame.Tell([]*frame.Who{&page.Actor, &page.Principal})
	if !page.Standby && v.Base.Elsewhere(d.StartsAt, d.PrincipalPerson.TimeZone) != "" {
		page.Theirs = v.Base.T("delegation.theirs_when", "Principal", page.Principal.Name, "When", v.theirs(d.Delegation, d.PrincipalPerson.TimeZone))
	}
	if v.Caller.Acting() {
		page.Barred = v.Base.T("delegation.acting")
	}
	if !d.State.Over() && (!d.ActorPerson.InactiveAt.IsZero() || !d.PrincipalPerson.InactiveAt.IsZero()) {
		page.Notes = append(page.Notes, v.Base.T("line.account_inactive"))
	}
	v.Show(v.W, v.R, status, "delegation", page)
	return nil
}

// deeds are what pages offer, in their order, and how they look.
var deeds = []struct {
	verb delegation.Verb
	Deed
}{
	{delegation.DoDisable, Deed{Do: "disable", Look: "primary"}},
	{delegation.DoEnable, Deed{Do: "enable"}},
	{delegation.DoReactivate, Deed{Do: "reactivate", Look: "primary"}},
	{delegation.DoRenew, Deed{Do: "renew"}},
	{delegation.DoEdit, Deed{Do: "edit"}},
	{delegation.DoLayDown, Deed{Do: "laydown"}},
	{delegation.DoDeactivate, Deed{Do: "inactivate"}},
	{delegation.DoRevoke, Deed{Do: "end", Look: "danger"}},
	{delegation.DoDelete, Deed{Do: "delete"}},
}

// doing returns what the reader can do with the delegation. While acting it is what the principal could, all of it barred.
func (v *visit) doing(d delegation.View) (all []Deed) {
	party := d.Party &^ delegation.AsGuest
	if d.State == delegation.Active && party&delegation.AsActor != 0 && !v.Caller.Acting() {
		start := Deed{Do: "start", Label: v.Base.T("do.start"), Look: "primary"}
		if e := refusal(acting.Startable(d.Row, v.Base.Now)); e != nil {
			start.Why = v.Base.Error(e)
		}
		all = append(all, start)
	}
	for _, deed := range deeds {
		why := d.Refusal(deed.verb, v.Caller.Principal, party, v.Base.Now, v.Organisation.Settings.Delegation.Max)
		if !worthShowing(why) {
			continue
		}
		if e := refusal(why); e != nil {
			deed.Why = v.Base.Error(e)
		}
		deed.Label = v.Base.T("do." + deed.Do)
		if deed.verb == delegation.DoEnable && d.State == delegation.Active {
			deed.Label = v.Base.T("do.enable_anew")
		}
		if deed.verb == delegation.DoRenew && !d.RenewedEnd.IsZero() {
			deed.Hint = v.Base.T("delegation.renew_hint", "Moment", v.Base.Until(d.RenewedEnd).Text)
		}
		all = append(all, deed.Deed)
	}
	return all
}

// worthShowing reports whether the page shows what is refused so: it can be done, or why not is worth knowing.
func worthShowing(why error) bool {
	return why == nil || standin.CodeOf(why) == "delegation.used"
}

// enabling are the spans for which a standby can be switched on.
func (v *visit) enabling() (spans []frame.Option) {
	most := v.Organisation.Settings.Delegation.Max
	for _, hours := range []int{2, 8, 24, 3 * 24, 7 * 24, 14 * 24} {
		if span := time.Duration(hours) * time.Hour; most == 0 || span <= most {
			spans = append(spans, frame.Option{Value: strconv.Itoa(hours) + "h", Label: v.Base.Span(span), Picked: hours == 8})
		}
	}
	return spans
}

// invitation asks for an answer, or says why none is wanted any more.
func (v *visit) invitation(status int, d delegation.View, problems []frame.Problem) error {
	b := v.Base
	page := &Invitation{Base: b, ID: string(d.ID), Version: strconv.FormatInt(d.Version, 10), Reverse: d.AskedOf == d.Principal,
		Other: frame.Someone(d.Principal, d.PrincipalPerson.Name, d.PrincipalPerson.Unit), Start: d.StartsAt, End: d.EndsAt,
		Standby: d.Kind == delegation.Standby, Expires: d.EndsAt, Purpose: d.Purpose, Limits: v.Limits(d.Kind, d.Limits), Reason: v.R.PostFormValue("reason")}
	page.Problems = problems
	if page.Reverse {
		page.Other = frame.Someone(d.Actor, d.ActorPerson.Name, d.ActorPerson.Unit)
	}
	if !page.Standby && b.Elsewhere(d.StartsAt, d.PrincipalPerson.TimeZone) != "" {
		page.Theirs = b.T("delegation.theirs_when", "Principal", d.PrincipalPerson.Name, "When", v.theirs(d.Delegation, d.PrincipalPerson.TimeZone))
	}
	switch d.State {
	case delegation.Expired:
		page.Closed = b.T("invitation.expired", "Moment", b.Until(d.EndsAt).Text)
	case delegation.Revoked, delegation.LaidDown:
		page.Closed = b.T("invitation.withdrawn", "Principal", v.DoneBy(d.EndedBy, d.Row))
	case delegation.Declined:
		page.Closed = b.T("invitation.declined")
	case delegation.Inactive:
		page.Closed = b.T("line.paused")
	}
	if !d.AcceptedAt.IsZero() {
		page.Closed = b.T("invitation.accepted")
	}
	if v.Caller.Acting() {
		page.Why = b.T("invitation.acting", "Principal", v.Principal.Name)
	}
	v.Show(v.W, v.R, status, "invitation", page)
	return nil
}
