package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
)

// Ended says that acting came to an end while something was being done, and keeps what was typed.
type Ended struct {
	Base
	Principal Who
	Sentence  string
	Unsent    bool
	Typed     []Kept
}

// Stop is the page of one button behind a link that cannot post.
type Stop struct{ Base }

// Changed says that a form was made for another identity than the present one (THREATS 37); nothing was done.
type Changed struct {
	Base
	Was     *Who
	WasText string
	Again   string
	Typed   []Kept
}

func (v *visit) showStop() error {
	v.show(v.w, v.r, http.StatusOK, "stop", &Stop{v.base})
	return nil
}

// stop ends acting. It needs no permission and asks for no identity: whoever stops is themselves again (P6).
func (s *site) stop(w http.ResponseWriter, r *http.Request) {
	v := &visit{site: s, w: w, r: r, token: cookie(r, s.cookieName())}
	if err := v.backTo(local(r.PostFormValue("return"))); err != nil {
		s.turnAway(w, r, err)
	}
}

// backTo makes the person themselves again and leads on. Pages kept from before are not shown again (THREATS 73).
func (v *visit) backTo(to string) error {
	token, err := v.Signin.Stop(v.r.Context(), v.token, origin(v.r))
	if err != nil {
		return err
	}
	v.hold(v.w, token)
	v.w.Header().Set("Clear-Site-Data", `"cache"`)
	v.tell("done.stopped")
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

func (v *visit) extend() error {
	if _, err := v.Signin.Extend(v.r.Context(), v.token, origin(v.r)); err != nil {
		return err
	}
	v.tell("done.extended")
	http.Redirect(v.w, v.r, local(v.r.PostFormValue("return")), http.StatusSeeOther)
	return nil
}

// whoAmI tells a page whether it still shows who this browser is, and how long that may last.
func (s *site) whoAmI(w http.ResponseWriter, r *http.Request) {
	answer := struct {
		Identity string `json:"identity"`
		Left     int64  `json:"left"`
	}{}
	here, err := s.Signin.Resolve(r.Context(), cookie(r, s.cookieName()), origin(r))
	status := http.StatusOK
	switch {
	case err == nil:
		answer.Identity = stamp(here.Caller)
		if here.Caller.Acting() {
			answer.Left = max(0, here.Session.ExpiresAt.Sub(standin.Now(s.now)).Milliseconds())
		}
	case standin.KindOf(err) == standin.Unavailable, standin.KindOf(err) == standin.Internal:
		status = http.StatusServiceUnavailable
	default:
		status = http.StatusUnauthorized
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // a browser that went away reads nothing
}

// showEnded says that acting came to an end; unsent, that something was sent meanwhile and not taken.
func (v *visit) showEnded(unsent bool) {
	b := v.base
	principal, sentence := Who{ID: string(v.Session.Principal)}, "ended.stopped"
	if row, err := v.row(v.Session.Delegation); err == nil {
		principal.Name = row.PrincipalPerson.Name
	}
	switch v.Ended.How {
	case acting.TimeUp, acting.LimitReached:
		sentence = "ended.expired"
	case acting.DelegationOver:
		sentence = "ended.cover_over"
	case acting.Withdrawn, acting.Revoked:
		sentence = "ended.removed"
	case acting.DelegationPaused, acting.DelegationLimited:
		sentence = "ended.paused"
	case acting.ActorInactive, acting.PrincipalInactive:
		sentence = "ended.inactive"
	case acting.SignedOut:
		sentence = "ended.login_over"
	}
	page := &Ended{Base: b, Principal: principal, Unsent: unsent, Typed: typed(b, v.r),
		Sentence: b.T(sentence, "Principal", principal.Name, "Time", b.words.Clock(v.Ended.At.In(b.zone)))}
	v.show(v.w, v.r, http.StatusConflict, "ended", page)
}

// showChanged says that the form was made for somebody else than who this browser is now (THREATS 37).
func (v *visit) showChanged() {
	b := v.base
	page := &Changed{Base: b, Again: local(v.r.Header.Get("Referer")), Typed: typed(b, v.r)}
	if u, err := url.Parse(v.r.Referer()); err == nil && u.Host == v.r.Host {
		page.Again = local(u.RequestURI())
	}
	was, _, _ := strings.Cut(v.r.PostFormValue("identity"), ".")
	if was == string(v.Person.ID) {
		page.Was, page.WasText = b.Me, b.Me.Name
	} else if views, err := v.Delegations.ListForActor(v.r.Context(), v.own(), v.Person.ID, true); err == nil {
		for _, d := range views {
			if was == string(d.Principal) {
				page.Was = &Who{ID: was, Name: d.PrincipalPerson.Name}
				page.WasText = b.T("who.for", "Actor", b.Me.Name, "Principal", d.PrincipalPerson.Name)
			}
		}
	}
	v.show(v.w, v.r, http.StatusConflict, "changed", page)
}

// own is the caller in their own name, for what a person may know of themselves whomever they act for.
func (v *visit) own() standin.Caller {
	c := v.Caller
	c.Principal, c.Session, c.Delegation = v.Person.ID, "", ""
	return c
}

func (v *visit) row(id standin.DelegationID) (row delegation.Row, err error) {
	err = v.DB.View(v.r.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		row, err = v.Delegations.LoadRow(ctx, tx, v.Caller.Organisation, id)
		return err
	})
	return row, err
}
