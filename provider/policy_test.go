package provider

import (
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/signin"
)

// TestNext goes through every combination of what the next step depends on, and asserts what must never be.
func TestNext(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	combinations := 0
	for bits := range 1 << 12 {
		is := func(i int) bool { return bits>>i&1 == 1 }
		here, elsewhere, acting, standIns, third, allowed := is(0), is(1), is(2), is(3), is(4), is(5)
		chooses, chose, silent, login, notice, selecting := is(6), is(7), is(8), is(9), is(10), is(11)
		f := facts{ask: ask{MaxAge: -1, At: at}, chooses: chooses, allowed: allowed,
			client: application.Client{Organisation: "acme", StandIns: standIns, ThirdParty: third}}
		for prompt, wanted := range map[string]bool{"none": silent, "login": login, "select_account": selecting} {
			if wanted {
				f.ask.Prompt = append(f.ask.Prompt, prompt)
			}
		}
		if here {
			v := &signin.Visit{Organisation: directory.Organisation{ID: "acme"}, Person: directory.Person{ID: "p-1"},
				Caller: standin.Caller{Principal: "p-1", Login: standin.Login{Proved: at.Add(-time.Minute)}}}
			if elsewhere {
				v.Organisation.ID = "other"
			}
			if acting {
				v.Caller.Principal, v.Caller.Session = "p-2", "s-1"
			}
			if chose {
				v.Chosen = at.Add(-time.Minute)
			}
			if notice && !acting {
				v.NoticeDue = &directory.PrivacyNotice{}
			}
			f.visit = v
		}
		combinations++
		s := next(f)
		goes := s == step{}
		switch {
		case s.page != "" && (s.refusal != nil || silent):
			t.Errorf("%+v: got %+v, want one thing, and no page for prompt=none", f, s)
		case goes && (!here || elsewhere || login || acting && !standIns || third && !allowed):
			t.Errorf("%+v signs in", f)
		case goes && chooses && standIns && (!chose || selecting):
			t.Errorf("%+v signs in without a choice", f)
		case goes && notice && !acting:
			t.Errorf("%+v signs in before the notice was accepted", f)
		case s.page == "/consent" && acting:
			t.Errorf("%+v lets somebody else consent", f)
		case !goes && here && !elsewhere && !login && !(notice && !acting) && !chooses && (standIns || !acting) && (!third || allowed):
			t.Errorf("%+v: got %+v, want nothing in the way", f, s)
		}
	}
	if combinations != 4096 {
		t.Errorf("went through %d", combinations)
	}
}

// TestOrganisationsDoNotSeeEachOthersPeople (P12): whoever is signed in for another organisation is nobody to an application that
// looks without asking.
func TestOrganisationsDoNotSeeEachOthersPeople(t *testing.T) {
	f := facts{ask: ask{MaxAge: -1, Prompt: []string{"none"}}, client: application.Client{Organisation: "acme", StandIns: true}}
	nobody := next(f)
	f.visit = &signin.Visit{Organisation: directory.Organisation{ID: "other"}}
	elsewhere := next(f)
	if nobody.refusal == nil || elsewhere.refusal == nil || *nobody.refusal != *elsewhere.refusal {
		t.Errorf("got %v for somebody of another organisation, want %v, as for nobody", elsewhere.refusal, nobody.refusal)
	}
}
