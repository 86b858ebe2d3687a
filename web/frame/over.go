package frame

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

// Changed says that a form was made for another identity than the present one (THREATS 37); nothing was done.
type Changed struct {
	Base
	Was     *Who
	WasText string
	Again   string
	Typed   []Kept
}

// Now is what a page that watches hears: who this browser is, how long it may stay so, and, where that is not who the page
// was made for, what to say.
type Now struct {
	Identity string `json:"identity"`
	Left     int64  `json:"left"` // milliseconds of acting
	Sentence string `json:"sentence,omitempty"`
	Again    string `json:"again,omitempty"` // what the way on is called
	To       string `json:"to,omitempty"`    // where it leads; empty: it makes the person themselves again
}

// whoAmI tells a page whether it still shows who this browser is. It does not count as using the sign-in.
func (s *Site) whoAmI(w http.ResponseWriter, r *http.Request) {
	b, status := s.Plain(r), http.StatusOK
	here, err := s.Signin.Glance(r.Context(), signin.Token(r, s.Secure))
	var answer Now
	switch kind := standin.KindOf(err); {
	case err == nil:
		v := &Visit{Site: s, W: w, R: r, Visit: here}
		if v.Base, err = v.dress(); err == nil {
			answer = v.watched()
			break
		}
		status = faces[standin.KindOf(err)].status
	case kind == standin.Unavailable, kind == standin.Internal:
		status = faces[kind].status
	default:
		status = http.StatusUnauthorized
		answer = Now{Sentence: b.T("ended.login_over"), Again: b.T("signin.do"), To: "/signin"}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // a browser that went away reads nothing
}

// watched says who is here to a page that may have been made for somebody else.
func (v *Visit) watched() Now {
	n := Now{Identity: v.Base.Stamp}
	switch {
	case v.Caller.Acting():
		n.Left = v.Base.Left()
		n.Sentence, n.Again, n.To = v.Base.T("ended.switched"), v.Base.T("changed.again", "Who", v.Base.Whole()), "/"
	case v.overUnseen():
		_, n.Sentence = v.whyEnded()
		n.Again = v.Base.T("ended.as_myself")
	default:
		n.Sentence, n.Again, n.To = v.Base.T("ended.stopped"), v.Base.T("ended.as_myself"), "/"
	}
	return n
}

// sentences say how acting ended.
var sentences = map[acting.How]string{
	acting.TimeUp: "ended.expired", acting.LimitReached: "ended.limit", acting.DelegationOver: "ended.cover_over",
	acting.Withdrawn: "ended.removed", acting.Revoked: "ended.revoked", acting.DelegationPaused: "ended.paused",
	acting.ActorInactive: "ended.inactive", acting.PrincipalInactive: "ended.inactive",
	acting.SignedOut: "ended.login_over", acting.LaidDown: "ended.laid_down",
}

// whyEnded returns whom the person acted for, and how that ended.
func (v *Visit) whyEnded() (principal Who, sentence string) {
	principal = Who{ID: string(v.Session.Principal)}
	by := ""
	if row, err := v.Row(v.Session.Delegation); err == nil {
		principal.Name = row.PrincipalPerson.Name
		by = principal.Name
		if row.EndedBy != "" && v.Ended.How == acting.Revoked {
			by = v.DoneBy(row.EndedBy, row)
		}
	}
	key, ok := sentences[v.Ended.How]
	if !ok {
		key = "ended.stopped"
	}
	return principal, v.Base.T(key, "By", by, "Principal", principal.Name, "Time", v.Base.Words.Clock(v.Ended.At.In(v.Base.Location)))
}

// ShowEnded says that acting came to an end; unsent, that something was sent meanwhile and not taken.
func (v *Visit) ShowEnded(unsent bool) {
	page := &Ended{Base: v.Base, Unsent: unsent}
	page.Principal, page.Sentence = v.whyEnded()
	status := http.StatusOK
	if unsent {
		page.Typed, status = typed(v.Base, v.R), http.StatusConflict
	}
	v.Show(v.W, v.R, status, "ended", page)
}

// ShowChanged says that the form was made for somebody else than who this browser is now (THREATS 37).
func (v *Visit) ShowChanged() {
	b := v.Base
	page := &Changed{Base: b, Again: Local(v.R.Header.Get("Referer")), Typed: typed(b, v.R)}
	if u, err := url.Parse(v.R.Referer()); err == nil && u.Host == v.R.Host {
		page.Again = Local(u.RequestURI())
	}
	was, _, _ := strings.Cut(v.R.PostFormValue("identity"), ".")
	if was == string(v.Person.ID) {
		page.Was, page.WasText = b.Me, b.Me.Name
	} else if views, err := v.Delegations.ListForActor(v.R.Context(), v.Own(), v.Person.ID, true); err == nil {
		for _, d := range views {
			if was == string(d.Principal) {
				page.Was = &Who{ID: was, Name: d.PrincipalPerson.Name}
				page.WasText = b.T("who.for", "Actor", b.Me.Name, "Principal", d.PrincipalPerson.Name)
			}
		}
	}
	v.Show(v.W, v.R, http.StatusConflict, "changed", page)
}

// Own is the caller in their own name, for what a person may know of themselves whomever they act for.
func (v *Visit) Own() standin.Caller {
	c := v.Caller
	c.Principal, c.Session, c.Delegation = v.Person.ID, "", ""
	return c
}

// Row returns the delegation with the people of both ends.
func (v *Visit) Row(id standin.DelegationID) (row delegation.Row, err error) {
	err = v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		row, err = v.Delegations.LoadRow(ctx, tx, v.Caller.Organisation, id)
		return err
	})
	return row, err
}
