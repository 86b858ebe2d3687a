package session

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/token"
)

// State is who the application has been told is there, as its pages show it.
type State struct {
	// Identity changes when somebody else is there: it is the sid of the application's tokens.
	Identity  string  `json:"identity"`
	Acting    bool    `json:"acting"`
	Actor     Person  `json:"actor"`
	Principal Person  `json:"principal"` // the actor in their own name
	Kind      string  `json:"kind,omitempty"`
	ReadOnly  bool    `json:"read_only"`
	View      bool    `json:"view"`
	Ticket    string  `json:"ticket,omitempty"`
	Now       string  `json:"now"` // by Standin's clock
	EndsAt    string  `json:"ends_at,omitempty"`
	Left      int64   `json:"left"`              // milliseconds
	EndsBy    string  `json:"ends_by,omitempty"` // "session", "cover", "login"
	CoverEnds string  `json:"delegation_ends_at,omitempty"`
	Extend    *Extend `json:"extend,omitempty"`
	// Choices says whether the actor stands in for anybody now.
	Choices   bool              `json:"choices"`
	SwitchURL string            `json:"switch_url"`
	StopURL   string            `json:"stop_url"`
	Target    string            `json:"target,omitempty"` // where the application signs in (initiate_login_uri)
	Ended     *Ended            `json:"ended,omitempty"`
	Words     map[string]string `json:"words"`
}

// Person is somebody as a page names them.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Extend is how much longer the acting session can be made to last.
type Extend struct {
	Seconds int64  `json:"seconds"` // by the next extension
	Until   string `json:"until"`   // by all of them
}

// Ended is why the application's tokens stand no more.
type Ended struct {
	How      string `json:"how"` // as acting.How; "signed_out", "switched" in one's own name; else "withdrawn"
	At       string `json:"at,omitempty"`
	Sentence string `json:"sentence"`
}

// state answers GET /.standin/state. For a token that stands no more it is 401, with why.
func (s *Session) state(w http.ResponseWriter, r *http.Request, b bearer) { s.tell(w, r, b) }

func (s *Session) tell(w http.ResponseWriter, r *http.Request, b bearer) {
	now, err := s.describe(r.Context(), r, b)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	status := http.StatusOK
	if now.Ended != nil {
		status = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", challenge(r))
	}
	answer(w, status, now)
}

// facts are what a state is made of.
type facts struct {
	bearer
	now      time.Time
	settings directory.Settings
	session  acting.Session // as it ended, where it did
	liveness acting.Liveness
	row      acting.Facts
	endedBy  string // the name of who ended the delegation
	out      bool   // the login is over
	switched bool   // somebody is acted for in the login since
	choices  bool
}

// describe makes the state of what was presented, in the language of the page, the actor or the browser.
func (s *Session) describe(ctx context.Context, r *http.Request, b bearer) (State, error) {
	f := facts{bearer: b, now: standin.Now(s.Now)}
	g := b.who.Grant
	err := s.DB.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		organisation, err := s.Directory.Organisation(ctx, tx, g.Organisation)
		if err != nil {
			return err
		}
		f.settings = organisation.Settings
		if g.Session == "" {
			login, err := s.Signin.LoginByID(ctx, tx, g.Organisation, g.Login, f.now)
			f.out = refused(err)
			f.switched = err == nil && login.ActedAt.After(g.CreatedAt)
			return unless(f.out, err)
		}
		if f.session, f.row, err = s.Acting.ByID(ctx, tx, g.Organisation, g.Session); err != nil {
			return err
		}
		f.liveness = f.session.LivenessAt(f.row, f.now)
		if by := f.row.EndedBy.Person(); by != "" && f.liveness.How == acting.Revoked {
			person, err := s.Directory.Person(ctx, tx, g.Organisation, by)
			if err != nil && !db.IsNotFound(err) {
				return err
			}
			f.endedBy = person.Name
		}
		return nil
	})
	if err == nil && b.over == nil && !b.who.Acting() {
		f.choices, err = s.stands(ctx, b.who)
	}
	if err != nil {
		return State{}, err
	}
	words := s.Words(asked(r), b.who.Actor.Language, r.Header.Get("Accept-Language"))
	return s.compose(f, words), nil
}

// stands reports whether the actor could begin to act for anybody now.
func (s *Session) stands(ctx context.Context, who token.Who) (bool, error) {
	choices, err := s.Acting.Choices(ctx, who.Caller(standin.Origin{}))
	return slices.ContainsFunc(choices, func(c acting.Choice) bool { return c.Refusal == nil }), err
}

// compose writes the facts down.
func (s *Session) compose(f facts, words Words) State {
	who, client := f.who, url.Values{"client": {string(f.who.Client.ID)}}.Encode()
	st := State{Identity: who.Grant.SID(), Actor: person(who.Actor), Principal: person(who.Principal), Now: instant(f.now), Choices: f.choices,
		SwitchURL: s.URL.JoinPath("choose").String() + "?" + client, StopURL: s.URL.JoinPath("stop").String() + "?" + client, Target: who.Client.Initiate}
	zone, err := time.LoadLocation(who.Actor.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	say := speaker{words, f.settings.Word, map[string]any{"Actor": st.Actor.Name, "Principal": st.Principal.Name}}
	if f.over != nil {
		st.Ended = f.ended(say, zone)
		st.Words = say.ended(f.who.Acting(), st.Ended.How)
		return st
	}
	if !who.Acting() {
		st.Words = say.oneself()
		return st
	}
	st.Acting, st.Kind, st.ReadOnly, st.View = true, string(who.Delegation.Kind), who.Delegation.Limits.ReadOnly, who.Session.View
	st.EndsAt, st.Left, st.EndsBy = instant(who.Session.ExpiresAt), who.Session.ExpiresAt.Sub(f.now).Milliseconds(), "session"
	cover, _ := who.Delegation.UsableUntil(f.now)
	if !cover.IsZero() {
		st.CoverEnds = instant(cover)
	}
	var span time.Duration
	switch end := who.Session.ExpiresAt; {
	case end.Before(who.Session.LimitAt):
		span = min(f.settings.Acting.Default, who.Session.LimitAt.Sub(end))
		st.Extend = &Extend{Seconds: int64(span / time.Second), Until: instant(who.Session.LimitAt)}
	case end.Equal(cover):
		st.EndsBy = "cover"
	case end.Equal(who.Login.EndsAt):
		st.EndsBy = "login"
	}
	st.Words = say.acting(st, span)
	if !cover.IsZero() {
		st.Words["until"] = say.text("banner.until", "Moment", words.Until(cover.In(zone), f.now))
	}
	return st
}

// ended says why the grant stands no more: how the acting session ended, or in one's own name what became of the sign-in.
func (f facts) ended(say speaker, zone *time.Location) *Ended {
	if !f.who.Acting() {
		how := "withdrawn"
		switch {
		case f.out:
			how = string(acting.SignedOut)
		case f.switched:
			how = string(acting.Switched)
		}
		return &Ended{How: how, Sentence: say.own(how)}
	}
	if f.liveness.Live || f.liveness.How == "" {
		return &Ended{How: "withdrawn", Sentence: say.text("element.withdrawn")}
	}
	return &Ended{How: string(f.liveness.How), At: instant(f.liveness.At),
		Sentence: say.how(f.liveness.How, f.endedBy, say.words.Clock(f.liveness.At.In(zone)))}
}

func person(p directory.Person) Person { return Person{ID: string(p.ID), Name: shown(p.Name)} }

// refused reports whether the error is an answer about a login, and no failure to give one.
func refused(err error) bool {
	kind := standin.KindOf(err)
	return kind == standin.Unauthenticated || kind == standin.Denied
}

func unless(known bool, err error) error {
	if known {
		return nil
	}
	return err
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
