package token_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/token"
)

func exchanging(subject string) token.Exchanging {
	return token.Exchanging{SubjectToken: subject, SubjectType: token.AccessTokenType, Origin: home}
}

func withActor(subject, actor string) token.Exchanging {
	p := exchanging(subject)
	p.ActorToken, p.ActorType = actor, token.AccessTokenType
	return p
}

// TestExchangeNamesTheHumanFirst: services follow after the human who is really there, however often it is exchanged on.
func TestExchangeNamesTheHumanFirst(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h, _, _ := w.acting()
		once, err := w.Exchange(t.Context(), w.ClientNow("back"), exchanging(h.access))
		if err != nil {
			t.Fatal(err)
		}
		twice, err := w.Exchange(t.Context(), w.ClientNow("deep"), exchanging(w.Access(once)))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]any{"sub": "ann", "name": "Name ann", "email": "ann@acme.example",
			"act": map[string]any{"sub": "client:back", "act": map[string]any{"sub": "client:deep"}}}
		got := token.Claims(twice, w.Now())
		if diff := cmp.Diff(want, got["act"]); diff != "" || got["sub"] != "hal" {
			t.Errorf("got sub %v and act (-want +got)\n%s", got["sub"], diff)
		}
		read, a, err := w.Read(t.Context(), w.Access(twice), false)
		if err != nil || a.Actor != "ann" || a.Client != "deep" || !slices.Equal(read.Grant.Services, []standin.ClientID{"back", "deep"}) {
			t.Errorf("got %+v, %v", a, err)
		}
		if got := w.told(acme, "token.exchange"); len(got) != 2 || got[0] != "person:ann hal token.exchange done []" {
			t.Errorf("got records %q", got)
		}
		if got := twice.Caller(home); got.Session != h.Session.ID || got.Principal != "hal" || got.Actor != "person:ann" {
			t.Errorf("got caller %+v", got)
		}
	})
}

// TestThreat57ExchangeNeverWidens: scope, audience and lifetime may only shrink.
func TestThreat57ExchangeNeverWidens(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h, _, _ := w.acting()
		who, next, err := w.Refresh(t.Context(), w.ClientNow("desk"), token.Renewal{Token: h.refresh, Scopes: []string{"openid", "email"}})
		if err != nil {
			t.Fatal(err)
		}
		narrow := w.Access(who)
		for _, c := range []struct {
			name string
			with func(*token.Exchanging)
			want string
		}{
			{"a scope that the grant has and the token has not", func(p *token.Exchanging) { p.Scopes = []string{"profile"} }, "invalid_scope"},
			{"a scope that nobody has", func(p *token.Exchanging) { p.Scopes = []string{"openid", "admin"} }, "invalid_scope"},
			{"an audience that it is not for", func(p *token.Exchanging) { p.Audience = []string{"page"} }, "invalid_target"},
			{"one of two", func(p *token.Exchanging) { p.Audience = []string{"deep", "page"} }, "invalid_target"},
			{"one of another organisation", func(p *token.Exchanging) { p.Audience = []string{"foreign"} }, "invalid_target"},
			{"one that takes no stand-ins", func(p *token.Exchanging) { p.Audience = []string{"shy"} }, "invalid_target"},
		} {
			p := exchanging(narrow)
			c.with(&p)
			if got, err := w.Exchange(t.Context(), w.ClientNow("back"), p); token.Protocol(err) != c.want {
				t.Errorf("%s: got %+v, %v, want %s", c.name, got.Scopes, err, c.want)
			}
		}
		p := exchanging(narrow)
		p.Audience = []string{"deep", "elsewhere"}
		w.Pass(3 * time.Minute)
		got, err := w.Exchange(t.Context(), w.ClientNow("back"), p)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Scopes, []string{"openid", "email"}) || !slices.Equal(got.Audience, []string{"deep", "elsewhere"}) {
			t.Errorf("got %v for %v, want no more than the token's", got.Scopes, got.Audience)
		}
		if _, a, err := w.Mint(t.Context(), got); err != nil || a.ExpiresAt.Sub(w.Now()) > 2*time.Minute {
			t.Errorf("got %v more, %v; want no more than the subject's", a.ExpiresAt.Sub(w.Now()), err)
		}
		if _, _, err := w.Refresh(t.Context(), w.ClientNow("desk"), token.Renewal{Token: next}); err != nil {
			t.Errorf("got %v, want the grant as wide as before", err)
		}
	})
}

// TestThreat55SomebodyElsesActorToken: the actor token is the caller's own sign-in, of whom stands in for the subject now.
func TestThreat55SomebodyElsesActorToken(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h, _, d := w.acting()
		principals := w.open(w.enter("hal"), "desk").access
		bobs := w.open(w.act(w.enter("bob"), w.Cover("bob", "boss")), "desk").access
		annElsewhere := w.open(w.act(w.enter("ann"), d), "desk").access
		annsOwn := w.open(w.enter("ann"), "desk").access
		atPage := w.open(w.act(w.enter("ann"), d), "page").access
		backs, err := w.Exchange(t.Context(), w.ClientNow("back"), exchanging(h.access))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ name, subject, actor, want string }{
			{"the principal's own, of whom acts for somebody else", principals, bobs, "token.actor_other"},
			{"the principal's own, of whom acts for nobody", principals, annsOwn, "token.actor_other"},
			{"the principal's own, by another application's sign-in", principals, atPage, "token.actor_bad"},
			{"the principal's own, by what a service exchanged", principals, w.Access(backs), "token.actor_bad"},
			{"the principal's own twice", principals, principals, "token.nobody_acts"},
			{"an acting one, with another sign-in of theirs", h.access, annElsewhere, "token.actor_other"},
			{"an acting one, with somebody else's", h.access, bobs, "token.actor_other"},
			{"an acting one, with the principal's", h.access, principals, "token.actor_other"},
			{"the actor's own, with the acting one", annsOwn, h.access, "token.actor_other"},
		} {
			_, err := w.Exchange(t.Context(), w.ClientNow("desk"), withActor(c.subject, c.actor))
			if standin.CodeOf(err) != c.want || token.Protocol(err) != "invalid_request" {
				t.Errorf("%s: got %v, want %s", c.name, err, c.want)
			}
		}
		got, err := w.Exchange(t.Context(), w.ClientNow("desk"), withActor(principals, h.access))
		if err != nil || got.Grant.Principal != "hal" || got.Grant.Actor != "ann" || got.Grant.Session != h.Session.ID {
			t.Fatalf("got %+v, %v; want hal, by ann who acts for him", got.Grant, err)
		}
		if _, err := w.Exchange(t.Context(), w.ClientNow("desk"), withActor(h.access, h.access)); err != nil {
			t.Errorf("got %v, want the acting token as its own actor token", err)
		}
		if _, err := w.Delegations.Revoke(t.Context(), as("hal"), d); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Read(t.Context(), w.Access(got), false); standin.CodeOf(err) != "token.over" {
			t.Errorf("got %v, want it to fall with ann's session", err)
		}
	})
}

// TestMayActNamesLiveStandIns (RFC 8693 §4.4): for applications that exchange, in one's own name, those who could act now.
func TestMayActNamesLiveStandIns(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		cookie := w.enter("hal")
		if got := token.Claims(w.open(cookie, "desk").Who, w.Now())["may_act"]; got != nil {
			t.Errorf("got %v, want nobody", got)
		}
		w.Cover("ann", "hal")
		if diff := cmp.Diff(map[string]any{"sub": "ann", "name": "Name ann"}, token.Claims(w.open(cookie, "desk").Who, w.Now())["may_act"]); diff != "" {
			t.Error(diff)
		}
		d := w.Cover("bob", "hal")
		both := []map[string]any{{"sub": "ann", "name": "Name ann"}, {"sub": "bob", "name": "Name bob"}}
		if diff := cmp.Diff(both, token.Claims(w.open(cookie, "desk").Who, w.Now())["may_act"]); diff != "" {
			t.Error(diff)
		}
		if got := token.Claims(w.open(cookie, "page").Who, w.Now())["may_act"]; got != nil {
			t.Errorf("got %v, want nothing for an application that does not exchange", got)
		}
		if _, err := w.Delegations.Deactivate(t.Context(), as("hal"), d); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(both[0], token.Claims(w.open(cookie, "desk").Who, w.Now())["may_act"]); diff != "" {
			t.Error(diff)
		}
	})
}

// TestThreat56BlankSubjectToken, 59, 63: what is no access token of Standin's, or is over, is exchanged for nothing.
func TestThreat56BlankSubjectToken(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h, _, _ := w.acting()
		id, err := w.IDToken(t.Context(), h.Who, h.access)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name string
			p    token.Exchanging
			want string
		}{
			{"blank", exchanging(""), "token.subject_missing"},
			{"blank with an actor", withActor("", h.access), "token.subject_missing"},
			{"no type", token.Exchanging{SubjectToken: h.access}, "token.type"},
			{"an ID token by type", token.Exchanging{SubjectToken: id, SubjectType: "urn:ietf:params:oauth:token-type:id_token"}, "token.type"},
			{"an ID token called an access token", exchanging(id), "token.subject_bad"},
			{"a refresh token", exchanging(h.refresh), "token.subject_bad"},
			{"truncated", exchanging(h.access[:len(h.access)-1]), "token.subject_bad"},
			{"more at its end", exchanging(h.access + "A"), "token.subject_bad"},
			{"words", exchanging("a.b.c"), "token.subject_bad"},
			{"a refresh token wanted", func() token.Exchanging {
				p := exchanging(h.access)
				p.RequestedType = "urn:ietf:params:oauth:token-type:refresh_token"
				return p
			}(), "token.type"},
			{"an actor without its type", token.Exchanging{SubjectToken: h.access, SubjectType: token.AccessTokenType, ActorToken: h.access}, "token.type"},
			{"a type without its actor", token.Exchanging{SubjectToken: h.access, SubjectType: token.AccessTokenType, ActorType: token.AccessTokenType}, "token.type"},
			{"a bad actor", withActor(h.access, id), "token.actor_bad"},
		} {
			got, err := w.Exchange(t.Context(), w.ClientNow("back"), c.p)
			if standin.CodeOf(err) != c.want || token.Protocol(err) != "invalid_request" || got.Grant.ID != "" {
				t.Errorf("%s: got %+v, %v, want %s", c.name, got.Grant, err, c.want)
			}
		}
		w.Pass(token.ActingLasts)
		if _, err := w.Exchange(t.Context(), w.ClientNow("back"), exchanging(h.access)); standin.CodeOf(err) != "token.subject_bad" {
			t.Errorf("expired: got %v", err)
		}
		if n := w.Count(`SELECT count(*) FROM grants WHERE parent <> ''`); n != 0 {
			t.Errorf("got %d grants, want nothing issued", n)
		}
		if got := w.told(acme, "token.exchange"); len(got) != 14 {
			t.Errorf("got %d records, want each refusal told: %q", len(got), got)
		}
	})
}

// TestThreat60ExchangeObeysTheSamePolicy: only applications that were registered to exchange, that take stand-ins and that the
// token is for; and never in one's own name.
func TestThreat60ExchangeObeysTheSamePolicy(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h, _, _ := w.acting()
		w.Client(application.Client{Organisation: acme, ID: "plain", StandIns: true})
		w.Client(application.Client{Organisation: acme, ID: "other", StandIns: true, Exchange: true})
		for _, c := range []struct {
			name   string
			client standin.ClientID
			token  string
			code   string
			want   string
		}{
			{"not registered to", "plain", h.access, "token.no_exchange", "unauthorized_client"},
			{"keeps no secret", "page", h.access, "token.no_exchange", "unauthorized_client"},
			{"the token is not for it", "other", h.access, "token.subject_bad", "invalid_request"},
			{"takes no stand-ins", "shy", h.access, "token.subject_bad", "invalid_request"},
			{"own name", "desk", w.open(w.enter("bob"), "desk").access, "token.nobody_acts", "invalid_request"},
		} {
			_, err := w.Exchange(t.Context(), w.ClientNow(c.client), exchanging(c.token))
			if standin.CodeOf(err) != c.code || token.Protocol(err) != c.want {
				t.Errorf("%s: got %v, want %s", c.name, err, c.code)
			}
		}
		if got := w.told(acme, "token.exchange"); len(got) != 5 || got[1] != `person:ann hal token.exchange refused ["token.subject_bad"]` {
			t.Errorf("got %q", got)
		}
	})
}

// TestExchangeByWhomItIsForNoMore: an audience that was taken from an application is taken from the tokens that it has.
func TestExchangeByWhomItIsForNoMore(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h, _, _ := w.acting()
		if _, err := w.Exchange(t.Context(), w.ClientNow("back"), exchanging(h.access)); err != nil {
			t.Fatal(err)
		}
		c := w.ClientNow("desk")
		c.Audiences = []string{"desk", "deep"}
		w.Client(c)
		_, err := w.Exchange(t.Context(), w.ClientNow("back"), exchanging(h.access))
		refused(t, err, "token.subject_bad", "invalid_request")
		if _, err := w.Exchange(t.Context(), w.ClientNow("deep"), exchanging(h.access)); err != nil {
			t.Errorf("got %v, want it for deep still", err)
		}
	})
}

// TestExchangeEndsSomewhere: a token is not exchanged on for ever.
func TestExchangeEndsSomewhere(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h, _, _ := w.acting()
		access := h.access
		for i := range 6 {
			id := standin.ClientID("back")
			if i%2 == 1 {
				id = "deep"
			}
			who, err := w.Exchange(t.Context(), w.ClientNow(id), exchanging(access))
			if i == 5 {
				refused(t, err, "token.chain", "invalid_request")
				return
			}
			if err != nil {
				t.Fatalf("exchange %d: %v", i, err)
			}
			access = w.Access(who)
		}
	})
}
