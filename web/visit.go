package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/words"
)

// visit is one request by somebody who is signed in.
type visit struct {
	signin.Visit
	*site
	w     http.ResponseWriter
	r     *http.Request
	base  Base
	token string
	// applications are the organisation's, once apps has read them.
	applications []application.Application
}

// allowance says what a page is for, although other pages would have to wait.
type allowance int

const (
	withoutTerms allowance = 1 << iota // while the privacy notice is not accepted
	afterEnd                           // while the end of acting was not seen yet
)

// signedIn finds out who is here, makes sure that what they sent was made for who they are now, and does the page.
func (s *site) signedIn(do func(*visit) error, also allowance) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &visit{site: s, w: w, r: r, token: signin.Token(r, s.secure)}
		var err error
		if v.Visit, err = s.Signin.Resolve(r.Context(), v.token, origin(r)); err != nil {
			s.turnAway(w, r, err)
			return
		}
		standin.RequestOf(r.Context()).AskedBy(v.Caller)
		if v.base, err = v.dress(); err != nil {
			s.fail(w, r, s.plain(r), err)
			return
		}
		post := r.Method == http.MethodPost
		switch {
		case v.overUnseen() && (also&afterEnd == 0 || post && r.PostFormValue("identity") != v.base.Stamp):
			v.showEnded(post)
		case post && r.PostFormValue("identity") != v.base.Stamp:
			v.showChanged()
		case v.NoticeDue != nil && also&withoutTerms == 0:
			http.Redirect(w, r, "/terms"+returning(r), http.StatusSeeOther)
		default:
			v.done(do(v))
		}
	}
}

// done answers for a page that failed.
func (v *visit) done(err error) {
	switch standin.CodeOf(err) {
	case "":
		if err != nil {
			v.fail(v.w, v.r, v.base, err)
		}
	case "signin.proof_needed":
		http.Redirect(v.w, v.r, "/prove"+returning(v.r), http.StatusSeeOther)
	case "signin.signed_out", "signin.expired", "signin.blocked", "signin.switched":
		v.turnAway(v.w, v.r, err)
	case "acting.over":
		if here, again := v.Signin.Resolve(v.r.Context(), v.token, origin(v.r)); again == nil && !here.Caller.Acting() && here.Session.ID != "" {
			v.Visit = here
			v.showEnded(true)
			return
		}
		v.fail(v.w, v.r, v.base, err)
	default:
		v.fail(v.w, v.r, v.base, err)
	}
}

// dress returns the Base of a page for who is here.
func (v *visit) dress() (Base, error) {
	b := v.plain(v.r)
	if v.Person.Language != "" {
		b.words = words.In(cookie(v.r, languageCookie), v.Person.Language, v.r.Header.Get("Accept-Language"))
	}
	if zone, err := time.LoadLocation(v.Person.TimeZone); err == nil {
		b.zone = zone
	}
	b.Organisation, b.Word = v.Organisation.Name, v.Organisation.Settings.Word
	b.Me = &Who{ID: string(v.Person.ID), Name: v.Person.Name, Email: v.Person.Email, Note: string(v.Person.Unit)}
	b.Stamp = stamp(v.Caller)
	b.Flash = v.takeFlash(b)
	if !v.Caller.Acting() {
		return b, nil
	}
	by, err := v.row(v.Caller.Delegation)
	if err != nil {
		return b, err
	}
	max, session := v.Organisation.Settings.Acting, v.Session
	b.Acting = &Acting{Principal: Who{ID: string(v.Principal.ID), Name: v.Principal.Name, Email: v.Principal.Email},
		Kind: string(by.Kind), Ends: session.ExpiresAt, Why: "session", Extendable: session.ExpiresAt.Before(session.LimitAt),
		Extension: min(max.Default, session.LimitAt.Sub(session.ExpiresAt)), ReadOnly: by.Limits.ReadOnly}
	b.Acting.Limit, _ = by.UsableUntil(b.now)
	if !b.Acting.Extendable {
		switch {
		case session.ExpiresAt.Equal(b.Acting.Limit):
			b.Acting.Why = "cover"
		case session.ExpiresAt.Equal(v.Caller.Login.Ends):
			b.Acting.Why = "login"
		}
	}
	return b, nil
}

// overUnseen reports whether acting ended and the person did not turn away from it yet.
func (v *visit) overUnseen() bool { return !v.Caller.Acting() && v.Session.ID != "" }

// turnAway answers where nobody is signed in any more.
func (s *site) turnAway(w http.ResponseWriter, r *http.Request, err error) {
	b := s.plain(r)
	switch standin.CodeOf(err) {
	case "signin.signed_out", "signin.expired":
		if r.Method == http.MethodPost {
			s.show(w, r, http.StatusConflict, "changed", &Changed{Base: b, Again: "/signin", Typed: typed(b, r)})
			return
		}
		http.Redirect(w, r, "/signin"+returning(r), http.StatusSeeOther)
	case "signin.blocked":
		s.show(w, r, http.StatusForbidden, "signin", &SignIn{Base: b, Blocked: true, Return: "/"})
	case "signin.switched":
		again := r.URL.RequestURI()
		if r.Method == http.MethodPost {
			again = "/"
		}
		s.show(w, r, http.StatusConflict, "changed", &Changed{Base: b, Again: again, Typed: typed(b, r)})
	default:
		s.fail(w, r, b, err)
	}
}

// stamp is the identity that a form was made for: the represented person, and a hash of sign-in and acting session.
func stamp(c standin.Caller) string {
	sum := sha256.Sum256([]byte(string(c.Login.ID) + "\x00" + string(c.Session)))
	return string(c.Principal) + "." + hex.EncodeToString(sum[:8])
}

// origin says where the request came from. The address is what the server in front believes.
func origin(r *http.Request) standin.Origin {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	agent := r.Header.Get("User-Agent")
	return standin.Origin{Address: host, Agent: strings.ToValidUTF8(agent[:min(len(agent), 300)], "")}
}
