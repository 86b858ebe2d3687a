package session_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/housetest"
	"github.com/standin-id/standin/provider/session"
	"github.com/standin-id/standin/signin"
)

// TestC3StateNamesBothPeople: what an application's page learns while somebody acts.
func TestC3StateNamesBothPeople(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		held, _ := h.acting()
		answer := h.ask("GET", "/.standin/state", held.access)
		if answer.Status != http.StatusOK {
			t.Fatalf("got %d: %s", answer.Status, answer.Body)
		}
		got := read[session.State](t, answer.Body)
		want := session.State{Identity: string(held.Session.ID), Acting: true, Actor: session.Person{ID: "ann", Name: "Name ann"},
			Principal: session.Person{ID: "hal", Name: "Name hal"}, Kind: "cover", EndsBy: "session",
			SwitchURL: issuer + "/choose?client=desk", StopURL: issuer + "/stop?client=desk", Target: "https://desk.example/login"}
		if diff := cmp.Diff(got, want, cmpopts.IgnoreFields(session.State{}, "Now", "EndsAt", "Left", "CoverEnds", "Extend", "Words")); diff != "" {
			t.Errorf("state (-got +want):\n%s", diff)
		}
		now, errNow := time.Parse(time.RFC3339, got.Now)
		end, errEnd := time.Parse(time.RFC3339, got.EndsAt)
		if errNow != nil || errEnd != nil || end.Sub(now).Milliseconds()-got.Left > 2 || got.Left < 3_590_000 || got.Left > 3_600_000 {
			t.Errorf("got now %s, end %s and %d ms left, want an hour by Standin's clock", got.Now, got.EndsAt, got.Left)
		}
		if got.Extend == nil || got.Extend.Seconds != 3600 || got.CoverEnds == "" {
			t.Errorf("got extension %+v and the delegation's end %q, want an hour more and an end", got.Extend, got.CoverEnds)
		}
		if want := "element.acting Actor=Name ann Principal=Name hal"; got.Words["acting"] != want {
			t.Errorf("got %q, want %q", got.Words["acting"], want)
		}
		for _, want := range []string{"no-store", "nosniff"} {
			if all := strings.Join(append(answer.Header["Cache-Control"], answer.Header["X-Content-Type-Options"]...), " "); !strings.Contains(all, want) {
				t.Errorf("got headers %s, want %s (THREATS 73)", all, want)
			}
		}
	})
}

// TestC2SwitchForThoseWithChoices: in one's own name only who could act for somebody is offered the switch, at once when they
// are named (C7).
func TestC2SwitchForThoseWithChoices(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ann := h.open(h.enter("ann"), "desk", "")
		l := h.listen(ann.access)
		if st := l.state(); st.Acting || st.Choices || st.Identity != string(ann.Login.ID) || st.Principal.ID != "ann" {
			t.Errorf("got %+v, want ann as herself without choices", st)
		}
		h.Cover("ann", "hal")
		if st := l.state(); !st.Choices {
			t.Errorf("got %+v, want choices once there is one", st)
		}
	})
}

// TestStateSpeaksThePagesLanguage: the page's, else the actor's, else the browser's.
func TestStateSpeaksThePagesLanguage(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		held := h.open(h.enter("ann"), "desk", "")
		for _, c := range []struct{ path, accept, want string }{
			{"/.standin/state?lang=de", "fr", "de"}, {"/.standin/state", "fr", "fr"},
			{"/.standin/state?lang=" + strings.Repeat("x", 500), "fr", strings.Repeat("x", 35)},
		} {
			got := read[session.State](t, h.ask("GET", c.path, held.access, "Accept-Language", c.accept).Body)
			if got.Words["language"] != c.want {
				t.Errorf("%s: got language %q, want %q", c.path[:20], got.Words["language"], c.want)
			}
		}
	})
}

// TestStopEndsActing: the session ends with both names and the application in its record; again changes nothing; the target
// is where the application said that one signs in.
func TestStopEndsActing(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		held, _ := h.acting()
		for range 2 {
			answer := h.ask("POST", "/.standin/stop", held.access, "Origin", "https://desk.example", "User-Agent", "Firefox")
			if answer.Status != http.StatusOK {
				t.Fatalf("got %d: %s", answer.Status, answer.Body)
			}
			if got := read[session.Stopped](t, answer.Body).Target; got != "https://desk.example/login" {
				t.Errorf("got target %q", got)
			}
		}
		housetest.Await(t, "the record", func() bool { return len(h.told("acting.end")) > 0 })
		if diff := cmp.Diff(h.told("acting.end"), []string{"person:ann hal acting.end done client:desk Firefox"}); diff != "" {
			t.Errorf("records (-got +want):\n%s", diff)
		}
		answer := h.ask("GET", "/.standin/state", held.access)
		st := read[session.State](t, answer.Body)
		if answer.Status != http.StatusUnauthorized || st.Ended == nil || st.Ended.How != "stopped" || st.Acting {
			t.Errorf("got %d and %+v, want 401 and how it ended", answer.Status, st.Ended)
		}
		if !strings.Contains(answer.Header.Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Errorf("got WWW-Authenticate %q", answer.Header.Get("WWW-Authenticate"))
		}
	})
}

// TestThreat29StopLeavesWhatCameAfter: a token of what was before stops nothing that was begun since.
func TestThreat29StopLeavesWhatCameAfter(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		before, _ := h.acting()
		other := h.Cover("ann", "bob")
		cookie := h.act(h.cookie, other)
		after := h.open(cookie, "desk", "")
		if answer := h.ask("POST", "/.standin/stop", before.access); answer.Status != http.StatusOK {
			t.Fatalf("got %d: %s", answer.Status, answer.Body)
		}
		if answer := h.ask("GET", "/.standin/state", after.access); answer.Status != http.StatusOK {
			t.Errorf("got %d: %s, want what was begun since to go on", answer.Status, answer.Body)
		}
	})
}

// TestExtendLastsLonger: one span more, recorded; nobody extends what ended, nor in their own name.
func TestExtendLastsLonger(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		held, d := h.acting()
		answer := h.ask("POST", "/.standin/extend", held.access, "Origin", "https://desk.example", "User-Agent", "Firefox")
		st := read[session.State](t, answer.Body)
		if answer.Status != http.StatusOK || st.Left < 7_190_000 {
			t.Errorf("got %d and %d ms, want two hours left: %s", answer.Status, st.Left, answer.Body)
		}
		housetest.Await(t, "the record", func() bool { return len(h.told("acting.extend")) > 0 })
		if diff := cmp.Diff(h.told("acting.extend"), []string{"person:ann hal acting.extend done client:desk Firefox"}); diff != "" {
			t.Errorf("records (-got +want):\n%s", diff)
		}
		if err := h.Acting.EndByPrincipal(t.Context(), as("hal"), held.Session.ID); err != nil {
			t.Fatal(err)
		}
		if answer := h.ask("POST", "/.standin/extend", held.access); answer.Status != http.StatusUnauthorized {
			t.Errorf("got %d: %s after the end of %s, want 401", answer.Status, answer.Body, d)
		}
		bob := h.open(h.enter("bob"), "desk", "")
		answer = h.ask("POST", "/.standin/extend", bob.access, "Accept-Language", "de")
		if got := read[session.Refusal](t, answer.Body); answer.Status != http.StatusConflict || got.Error != "session.not_acting" || !strings.HasPrefix(got.Message, "de: ") {
			t.Errorf("got %d %+v, want 409 in the browser's language", answer.Status, got)
		}
	})
}

// TestThreat33OnlyTheApplicationsOwnPages: a page of another origin changes and reads nothing, whatever token goes with it.
func TestThreat33OnlyTheApplicationsOwnPages(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		held, _ := h.acting()
		for _, c := range []struct {
			method, path string
			headers      []string
			want         int
		}{
			{"GET", "state", []string{"Origin", "https://desk.example"}, 200},
			{"GET", "state", []string{"Origin", "https://other.example"}, 403}, // a client's, but not this one's
			{"GET", "state", []string{"Origin", "null"}, 403},
			{"GET", "state", []string{"Origin", "https://desk.example.evil.example"}, 403},
			{"GET", "events", []string{"Origin", "https://evil.example"}, 403},
			{"POST", "extend", []string{"Origin", "http://desk.example"}, 403},
			{"POST", "stop", []string{"Origin", "https://evil.example"}, 403},
			{"POST", "stop", []string{"Sec-Fetch-Site", "cross-site"}, 403},
			{"POST", "stop", []string{"Sec-Fetch-Site", "same-site"}, 403},
			{"POST", "extend", []string{"Sec-Fetch-Site", "same-origin"}, 200},
			{"POST", "extend", []string{"Origin", "https://desk.example", "Sec-Fetch-Site", "cross-site"}, 200}, // with a token of its own
		} {
			answer := h.ask(c.method, "/.standin/"+c.path, held.access, c.headers...)
			if answer.Status != c.want {
				t.Errorf("%s %s %v: got %d, want %d", c.method, c.path, c.headers, answer.Status, c.want)
			}
			allowed := answer.Header.Get("Access-Control-Allow-Origin")
			if own := c.want == 200 && c.headers[0] == "Origin"; own != (allowed == "https://desk.example") || !own && allowed != "" {
				t.Errorf("%s %s %v: got Access-Control-Allow-Origin %q", c.method, c.path, c.headers, allowed)
			}
			if !strings.Contains(strings.Join(answer.Header["Vary"], ","), "Origin") {
				t.Errorf("%s: the answer does not vary by origin", c.path)
			}
		}
		housetest.Await(t, "the record of what was refused", func() bool { return len(h.told("acting.stop")) == 3 })
		for _, told := range append(h.told("acting.stop"), h.told("acting.extend")...) {
			if !strings.HasPrefix(told, "person:ann hal acting.") {
				t.Errorf("got the record %q, want both people", told)
			}
		}
		answer := h.ask("OPTIONS", "/.standin/stop", "", "Origin", "https://desk.example", "Access-Control-Request-Method", "POST")
		if answer.Status != http.StatusNoContent || answer.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("got %d %v, want a preflight without credentials", answer.Status, answer.Header)
		}
	})
}

// TestThreat59ForeignAndBlankTokens: what is no token of Standin's, or is over by its time, opens nothing.
func TestThreat59ForeignAndBlankTokens(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		held, _ := h.acting()
		parts := strings.Split(held.access, ".")
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithType("at+jwt"))
		if err != nil {
			t.Fatal(err)
		}
		forged, err := jwt.Signed(signer).Claims(map[string]any{"iss": issuer, "sub": "hal", "exp": time.Now().Add(time.Hour).Unix()}).Serialize()
		if err != nil {
			t.Fatal(err)
		}
		for name, authorization := range map[string]string{
			"none": "", "blank": "Bearer ", "no scheme": held.access, "basic": "Basic " + held.access, "truncated": "Bearer " + held.access[:len(held.access)-4],
			"unsigned": "Bearer " + parts[0] + "." + parts[1] + ".", "another's": "Bearer " + forged, "huge": "Bearer " + strings.Repeat("a", 9000),
			"unbound as DPoP": "DPoP " + held.access,
		} {
			for _, point := range []string{"GET state", "GET events", "POST stop", "POST extend"} {
				method, path, _ := strings.Cut(point, " ")
				answer := h.ask(method, "/.standin/"+path, "", "Authorization", authorization)
				if answer.Status != http.StatusUnauthorized || answer.Header.Get("WWW-Authenticate") == "" || strings.Contains(string(answer.Body), "hal") {
					t.Errorf("%s, %s: got %d %s", name, point, answer.Status, answer.Body)
				}
			}
		}
		h.Pass(6 * time.Minute)
		if answer := h.ask("GET", "/.standin/state", held.access); answer.Status != http.StatusUnauthorized || strings.Contains(string(answer.Body), "hal") {
			t.Errorf("got %d %s after the token's time", answer.Status, answer.Body)
		}
	})
}

// TestThreat72NoCookieOpensAnything: Standin's own cookie, which a page of an application could make the browser send, says
// nothing here.
func TestThreat72NoCookieOpensAnything(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		h.acting()
		for _, point := range []string{"GET state", "GET events", "POST stop", "POST extend"} {
			method, path, _ := strings.Cut(point, " ")
			for _, name := range []string{signin.CookieName(true), signin.CookieName(false)} {
				if answer := h.ask(method, "/.standin/"+path, "", "Cookie", name+"="+h.cookie); answer.Status != http.StatusUnauthorized {
					t.Errorf("%s: got %d %s, want 401", point, answer.Status, answer.Body)
				}
			}
		}
	})
}

// TestTokenBoundToAKey: it counts with a proof by that key for this request, once (RFC 9449 §7).
func TestTokenBoundToAKey(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		jwk := jose.JSONWebKey{Key: &key.PublicKey}
		sum, err := jwk.Thumbprint(crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		held := h.open(h.enter("ann"), "desk", base64.RawURLEncoding.EncodeToString(sum))
		proof := func(method, path, id string) string {
			signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"))
			if err != nil {
				t.Fatal(err)
			}
			hash := sha256.Sum256([]byte(held.access))
			text, err := jwt.Signed(signer).Claims(map[string]any{"jti": id, "htm": method, "htu": issuer + path, "iat": time.Now().Unix(),
				"ath": base64.RawURLEncoding.EncodeToString(hash[:])}).Serialize()
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
		first := proof("GET", "/.standin/state", "one")
		for _, c := range []struct {
			name, scheme, proof string
			want                int
		}{
			{"as a bearer's", "Bearer", "", 401}, {"without a proof", "DPoP", "", 401}, {"for another place", "DPoP", proof("GET", "/.standin/events", "two"), 401},
			{"by another method", "DPoP", proof("POST", "/.standin/state", "three"), 401}, {"right", "DPoP", first, 200}, {"again", "DPoP", first, 403},
		} {
			headers := []string{"Authorization", c.scheme + " " + held.access}
			if c.proof != "" {
				headers = append(headers, "DPoP", c.proof)
			}
			if answer := h.ask("GET", "/.standin/state", "", headers...); answer.Status != c.want {
				t.Errorf("%s: got %d %s, want %d", c.name, answer.Status, answer.Body, c.want)
			}
		}
	})
}

// endings end, in several ways, what a token of ann's rests on, who acts for hal or somebody like him.
var endings = map[standin.PersonID]struct {
	how string
	end func(h *house, held held) error
}{
	"p1": {"stopped", func(h *house, _ held) error {
		_, err := h.Signin.Stop(h.T.Context(), h.cookie, home)
		return err
	}},
	"p2": {"withdrawn", func(h *house, held held) error {
		return h.Acting.EndByPrincipal(h.T.Context(), as(held.Principal.ID), held.Session.ID)
	}},
	"p3": {"revoked", func(h *house, held held) error {
		_, err := h.Delegations.Revoke(h.T.Context(), as(held.Principal.ID), held.Delegation.ID)
		return err
	}},
	"p4": {"laid_down", func(h *house, held held) error {
		_, err := h.Delegations.LayDown(h.T.Context(), as("ann"), held.Delegation.ID)
		return err
	}},
	"p5": {"signed_out", func(h *house, _ held) error { return h.Signin.Out(h.T.Context(), h.cookie, home) }},
	"p6": {"principal_inactive", func(h *house, held held) error {
		return h.Directory.Deactivate(h.T.Context(), as("boss"), held.Principal.ID)
	}},
}

// TestThreat43StreamIsCut: whatever ends what the token rests on, an open stream says why, and ends.
func TestThreat43StreamIsCut(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		for principal, c := range endings {
			p := directory.Person{ID: principal, Name: "Name " + string(principal), Email: string(principal) + "@acme.example", AcceptedAt: h.Now()}
			if _, _, err := h.Directory.PutPerson(t.Context(), operator(), p); err != nil {
				t.Fatal(err)
			}
			h.cookie = h.act(h.enter("ann"), h.Cover("ann", principal))
			held := h.open(h.cookie, "desk", "")
			l := h.listen(held.access)
			if st := l.state(); !st.Acting {
				t.Fatalf("%s: got %+v, want acting", c.how, st)
			}
			if err := c.end(h, held); err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			st := l.state()
			if st.Ended == nil || st.Ended.How != c.how || st.Acting || st.Ended.Sentence == "" {
				t.Errorf("%s: got %+v, want how it ended", c.how, st.Ended)
			}
			l.over()
			t.Logf("%s: told %s after the end was acknowledged", c.how, time.Since(begun).Round(time.Millisecond))
		}
	})
}

// TestStreamOfAnEndedApplication: it is cut, too, and by a key that was stolen.
func TestStreamOfAnEndedApplication(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		held, _ := h.acting()
		l := h.listen(held.access)
		l.state()
		if err := h.Applications.EndClient(t.Context(), as("boss"), "desk"); err != nil {
			t.Fatal(err)
		}
		if st := l.state(); st.Ended == nil || st.Ended.How != "withdrawn" {
			t.Errorf("got %+v, want the application's end told", st.Ended)
		}
		l.over()
	})
}

// TestThreat66StolenKey: streams that a token of a stolen key opened are cut.
func TestThreat66StolenKey(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		held, _ := h.acting()
		l := h.listen(held.access)
		l.state()
		if err := h.Signing.Rotate(t.Context(), standin.OperatorCaller(standin.Operator, "keys"), true); err != nil {
			t.Fatal(err)
		}
		l.over()
	})
}

// TestStreamTellsWhatChanges: more time is told to every page that listens.
func TestStreamTellsWhatChanges(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		held, _ := h.acting()
		l := h.listen(held.access)
		before := l.state()
		if answer := h.ask("POST", "/.standin/extend", held.access); answer.Status != http.StatusOK {
			t.Fatalf("got %d: %s", answer.Status, answer.Body)
		}
		if after := l.state(); after.EndsAt <= before.EndsAt {
			t.Errorf("got the end %s after %s, want it later", after.EndsAt, before.EndsAt)
		}
	})
}

// TestStreamEndsWithItsToken: without a word, so that the browser comes back with a new one.
func TestStreamEndsWithItsToken(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		held, _ := h.acting()
		l := h.listen(held.access)
		l.state()
		h.Pass(6 * time.Minute)
		l.over()
	})
}

// TestStreamsAreBounded: in all, and of one sign-in; who goes makes room; the program's stop ends them.
func TestStreamsAreBounded(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ann, bob := h.open(h.enter("ann"), "desk", ""), h.open(h.enter("bob"), "desk", "")
		var open []*listening
		for i := range 5 {
			l := h.listen(ann.access)
			if want := map[bool]int{true: 503, false: 200}[i == 4]; l.status != want {
				t.Fatalf("stream %d of one sign-in: got %d, want %d", i+1, l.status, want)
			}
			if i < 4 {
				l.state()
				open = append(open, l)
			}
		}
		for i := range 4 {
			l := h.listen(bob.access)
			if want := map[bool]int{true: 503, false: 200}[i == 3]; l.status != want {
				t.Fatalf("stream %d of all: got %d, want %d", i+5, l.status, want)
			}
		}
		open[0].over() // for bob, who has fewer
		open[1].hangUp()
		housetest.Await(t, "room for another", func() bool { l := h.listen(ann.access); return l.status == http.StatusOK })
		h.session.Close()
		open[2].over()
		if l := h.listen(ann.access); l.status != http.StatusServiceUnavailable {
			t.Errorf("got %d once the program stops, want 503", l.status)
		}
	})
}

// TestPageThatWasLeftIsNoFailure: a browser that goes on before it is answered leaves no error behind.
func TestPageThatWasLeftIsNoFailure(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		held, _ := h.acting()
		ctx, leave := context.WithCancel(t.Context())
		leave()
		r := httptest.NewRequest("GET", "/.standin/state", nil).WithContext(ctx)
		r.Header.Set("Authorization", "Bearer "+held.access)
		w := httptest.NewRecorder()
		if h.session.Handler().ServeHTTP(w, r); w.Code != 499 || w.Body.Len() > 0 {
			t.Errorf("got %d %s, want 499 and nothing", w.Code, w.Body)
		}
	})
}

// TestThreat71NamesAreShownPlainly: markup in a name is text to the page, and the id tells who it is. What steers the
// direction of text is no part of a name here; the element's gallery shows that it is taken out all the same.
func TestThreat71NamesAreShownPlainly(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		held, _ := h.acting()
		long := "<b>Hal</b> " + strings.Repeat("x", 150)
		if _, _, err := h.Directory.PutPerson(t.Context(), operator(), directory.Person{ID: "hal", Name: long, Email: "hal@acme.example", AcceptedAt: h.Now()}); err != nil {
			t.Fatal(err)
		}
		got := read[session.State](t, h.ask("GET", "/.standin/state", held.access).Body)
		if got.Principal.Name != long || got.Principal.ID != "hal" || !strings.Contains(got.Words["acting"], long) {
			t.Errorf("got %q", got.Principal.Name)
		}
	})
}
