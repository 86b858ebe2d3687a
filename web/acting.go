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
	"github.com/standin-id/standin/signin"
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
	v := &visit{site: s, w: w, r: r, token: signin.Token(r, s.secure)}
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

// now is what a page that watches hears: who this browser is, how long it may stay so, and, where that is not who the page
// was made for, what to say.
type now struct {
	Identity string `json:"identity"`
	Left     int64  `json:"left"` // milliseconds of acting
	Sentence string `json:"sentence,omitempty"`
	Again    string `json:"again,omitempty"` // what the way on is called
	To       string `json:"to,omitempty"`    // where it leads; empty: it makes the person themselves again
}

// whoAmI tells a page whether it still shows who this browser is. It does not count as using the sign-in.
func (s *site) whoAmI(w http.ResponseWriter, r *http.Request) {
	b, status := s.plain(r), http.StatusOK
	here, err := s.Signin.Glance(r.Context(), signin.Token(r, s.secure))
	var answer now
	switch kind := standin.KindOf(err); {
	case err == nil:
		v := &visit{site: s, w: w, r: r, Visit: here}
		if v.base, err = v.dress(); err == nil {
			answer = v.watched()
			break
		}
		status = faces[standin.KindOf(err)].status
	case kind == standin.Unavailable, kind == standin.Internal:
		status = faces[kind].status
	default:
		status = http.StatusUnauthorized
		answer = now{Sentence: b.T("ended.login_over"), Again: b.T("signin.do"), To: "/signin"}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // a browser that went away reads nothing
}

// watched says who is here to a page that may have been made for somebody else.
func (v *visit) watched() now {
	n := now{Identity: v.base.Stamp}
	switch {
	case v.Caller.Acting():
		n.Left = v.base.Left()
		n.Sentence, n.Again, n.To = v.base.T("ended.switched"), v.base.T("changed.again", "Who", v.base.Whole()), "/"
	case v.overUnseen():
		_, n.Sentence = v.whyEnded()
		n.Again = v.base.T("ended.as_myself")
	default:
		n.Sentence, n.Again, n.To = v.base.T("ended.stopped"), v.base.T("ended.as_myself"), "/"
	}
	return n
}

// sentences say how acting ended.
var sentences = map[acting.How]string{
	acting.TimeUp: "ended.expired", acting.LimitReached: "ended.limit", acting.DelegationOver: "ended.cover_over",
	acting.Withdrawn: "ended.removed", acting.Revoked: "ended.revoked", acting.DelegationPaused: "ended.paused",
	acting.DelegationLimited: "ended.limited", acting.ActorInactive: "ended.inactive", acting.PrincipalInactive: "ended.inactive",
	acting.SignedOut: "ended.login_over", acting.LaidDown: "ended.laid_down",
}

// whyEnded returns whom the person acted for, and how that ended.
func (v *visit) whyEnded() (principal Who, sentence string) {
	principal = Who{ID: string(v.Session.Principal)}
	by := ""
	if row, err := v.row(v.Session.Delegation); err == nil {
		principal.Name = row.PrincipalPerson.Name
		by = principal.Name
		if row.EndedBy != "" && v.Ended.How == acting.Revoked {
			by = v.actor(row.EndedBy, row)
		}
	}
	key, ok := sentences[v.Ended.How]
	if !ok {
		key = "ended.stopped"
	}
	return principal, v.base.T(key, "By", by, "Principal", principal.Name, "Time", v.base.words.Clock(v.Ended.At.In(v.base.zone)))
}

// showEnded says that acting came to an end; unsent, that something was sent meanwhile and not taken.
func (v *visit) showEnded(unsent bool) {
	page := &Ended{Base: v.base, Unsent: unsent}
	page.Principal, page.Sentence = v.whyEnded()
	status := http.StatusOK
	if unsent {
		page.Typed, status = typed(v.base, v.r), http.StatusConflict
	}
	v.show(v.w, v.r, status, "ended", page)
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
