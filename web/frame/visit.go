package frame

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/words"
)

// Visit is one request by somebody who is signed in.
type Visit struct {
	signin.Visit
	*Site
	W     http.ResponseWriter
	R     *http.Request
	Base  Base
	Token string // of the sign-in
	// applications are the organisation's, once apps has read them.
	applications []application.Application
	// roles are the organisation's, once RoleCalled has read them.
	roles map[standin.RoleID]rights.Role
}

// Allowance says what a page is for, although other pages would have to wait.
type Allowance int

const (
	WithoutTerms Allowance = 1 << iota // while the privacy notice is not accepted
	AfterEnd                           // while the end of acting was not seen yet
)

// late is how long a form may take before it is asked once more who sends it: what is acknowledged to be over is refused
// everywhere within a second (DESIGN.md P5).
const late = 500 * time.Millisecond

// here returns who is here when what they sent is here, too.
func (s *Site) here(r *http.Request, token string) (signin.Visit, error) {
	v, err := s.Signin.Resolve(r.Context(), token, Origin(r))
	if err != nil || r.Method != http.MethodPost {
		return v, err
	}
	began := s.Now()
	_ = r.PostFormValue("identity") // which reads the form
	if s.Now().Sub(began) <= late {
		return v, nil
	}
	return s.Signin.Resolve(r.Context(), token, Origin(r))
}

// SignedIn finds out who is here, makes sure that what they sent was made for who they are now, and does the page.
func (s *Site) SignedIn(do func(*Visit) error, also Allowance) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &Visit{Site: s, W: w, R: r, Token: signin.Token(r, s.Secure)}
		var err error
		if v.Visit, err = s.here(r, v.Token); err != nil {
			s.TurnAway(w, r, err)
			return
		}
		standin.RequestOf(r.Context()).AskedBy(v.Caller)
		if v.Renew && r.Method == http.MethodGet {
			if token, err := s.Signin.Renew(r.Context(), v.Token, Origin(r)); err != nil {
				s.TurnAway(w, r, err)
				return
			} else if token != "" {
				v.Token = token
				s.Hold(w, token)
			}
		}
		if v.Base, err = v.dress(); err != nil {
			s.Fail(w, r, s.Plain(r), err)
			return
		}
		post := r.Method == http.MethodPost
		switch {
		case v.overUnseen() && (also&AfterEnd == 0 || post && r.PostFormValue("identity") != v.Base.Stamp):
			v.ShowEnded(post)
		case post && r.PostFormValue("identity") != v.Base.Stamp:
			v.ShowChanged()
		case v.NoticeDue != nil && also&WithoutTerms == 0:
			http.Redirect(w, r, "/terms"+Returning(r), http.StatusSeeOther)
		default:
			v.Base.Flash = v.takeFlash(v.Base) // what was done is told by the page that is shown, not by one that leads on
			v.done(do(v))
		}
	}
}

// done answers for a page that failed.
func (v *Visit) done(err error) {
	switch standin.CodeOf(err) {
	case "":
		if err != nil {
			v.Fail(v.W, v.R, v.Base, err)
		}
	case "signin.proof_needed":
		http.Redirect(v.W, v.R, "/prove"+Returning(v.R), http.StatusSeeOther)
	case "signin.signed_out", "signin.expired", "signin.blocked", "signin.switched":
		v.TurnAway(v.W, v.R, err)
	case "acting.over":
		if here, again := v.Signin.Resolve(v.R.Context(), v.Token, Origin(v.R)); again == nil && !here.Caller.Acting() && here.Session.ID != "" {
			v.Visit = here
			v.ShowEnded(true)
			return
		}
		v.Fail(v.W, v.R, v.Base, err)
	default:
		v.Fail(v.W, v.R, v.Base, err)
	}
}

// dress returns the Base of a page for who is here.
func (v *Visit) dress() (Base, error) {
	b := v.Plain(v.R)
	if v.Person.Language != "" {
		b.Words = words.In(cookie(v.R, languageCookie), v.Person.Language, v.R.Header.Get("Accept-Language"))
	}
	if zone, err := time.LoadLocation(v.Person.TimeZone); err == nil {
		b.Location = zone
	}
	b.Organisation, b.Word = v.Organisation.Name, v.Organisation.Settings.Word
	b.Me = &Who{ID: string(v.Person.ID), Name: v.Person.Name, Email: v.Person.Email, Note: string(v.Person.Unit)}
	b.Stamp = stamp(v.Caller)
	var err error
	if b.Menu, err = v.menu(); err != nil {
		return b, err
	}
	if !v.Caller.Acting() {
		return b, nil
	}
	by, err := v.Row(v.Caller.Delegation)
	if err != nil {
		return b, err
	}
	max, session := v.Organisation.Settings.Acting, v.Session
	b.Acting = &Acting{Principal: Who{ID: string(v.Principal.ID), Name: v.Principal.Name, Email: v.Principal.Email},
		Kind: string(by.Kind), Ends: session.ExpiresAt, Why: "session", Extendable: session.ExpiresAt.Before(session.LimitAt),
		Extension: min(max.Default, session.LimitAt.Sub(session.ExpiresAt)), ReadOnly: by.Limits.ReadOnly}
	b.Acting.Limit, _ = by.UsableUntil(b.Now)
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

// menu asks what the person may do beyond their own; while acting, what the principal lets be seen.
func (v *Visit) menu() (m Menu, err error) {
	err = v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) error {
		m = Menu{}
		for _, entry := range []struct {
			typ, action string
			into        []*bool
		}{{"person", "manage", []*bool{&m.People}}, {"delegation", "manage", []*bool{&m.People, &m.Reports}}, {"settings", "manage", []*bool{&m.Organisation}},
			{"guardrail", "edit", []*bool{&m.Rules}}} {
			if v.Caller.Acting() && (entry.typ == "settings" || entry.typ == "guardrail") {
				continue // which is nobody's but one's own
			}
			all, units, err := v.Directory.ScopesOf(ctx, tx, v.Caller, entry.typ, entry.action)
			if err != nil {
				return err
			}
			for _, into := range entry.into {
				*into = *into || all || len(units) > 0
			}
		}
		return nil
	})
	return m, err
}

// overUnseen reports whether acting ended and the person did not turn away from it yet.
func (v *Visit) overUnseen() bool { return !v.Caller.Acting() && v.Session.ID != "" }

// TurnAway answers where nobody is signed in any more.
func (s *Site) TurnAway(w http.ResponseWriter, r *http.Request, err error) {
	b := s.Plain(r)
	switch standin.CodeOf(err) {
	case "signin.signed_out", "signin.expired":
		if r.Method == http.MethodPost {
			s.Show(w, r, http.StatusConflict, "changed", &Changed{Base: b, Again: "/signin", Typed: typed(b, r)})
			return
		}
		http.Redirect(w, r, "/signin"+Returning(r), http.StatusSeeOther)
	case "signin.blocked":
		s.Show(w, r, http.StatusForbidden, "signin", &SignIn{Base: b, Blocked: true, Return: "/"})
	case "signin.switched":
		again := r.URL.RequestURI()
		if r.Method == http.MethodPost {
			again = "/"
		}
		s.Show(w, r, http.StatusConflict, "changed", &Changed{Base: b, Again: again, Typed: typed(b, r)})
	default:
		s.Fail(w, r, b, err)
	}
}

// SignIn asks for e-mail and password.
type SignIn struct {
	Base
	Email       string
	Return      string
	Application string // that asked for the sign-in
	Blocked     bool
}

// stamp is the identity that a form was made for: the represented person, and a hash of sign-in and acting session.
func stamp(c standin.Caller) string {
	sum := sha256.Sum256([]byte(string(c.Login.ID) + "\x00" + string(c.Session)))
	return string(c.Principal) + "." + hex.EncodeToString(sum[:8])
}

// Origin says where the request came from. The address is what the server in front believes.
func Origin(r *http.Request) standin.Origin {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	agent := r.Header.Get("User-Agent")
	return standin.Origin{Address: host, Agent: strings.ToValidUTF8(agent[:min(len(agent), 300)], "")}
}
