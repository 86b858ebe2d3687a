package token_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/token"
)

// TestThreat62NothingOverwritesAct: whoever adds claims can say nothing that Standin says.
func TestThreat62NothingOverwritesAct(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h, _, _ := w.acting()
		said := token.Claims(h.Who, w.Now())
		before, err := json.Marshal(said)
		if err != nil {
			t.Fatal(err)
		}
		for name := range said {
			if !token.Reserved(name) {
				t.Errorf("%s is not reserved", name)
			}
		}
		for _, name := range []string{"act", "acting", "sub", "sid", "may_act", "aud", "iss", "exp", "iat", "jti", "client_id", "scope", "cnf", "nonce", "at_hash",
			"acr", "amr", "auth_time", "name", "email", "azp"} {
			if got := token.Add(token.Claims(h.Who, w.Now()), map[string]any{name: "forged"}); got[name] == "forged" {
				t.Errorf("%s is overwritten", name)
			}
		}
		got := token.Add(token.Claims(h.Who, w.Now()), map[string]any{"act": nil, "department": "sales"})
		if got["department"] != "sales" {
			t.Errorf("got %v, want what is nobody's added", got)
		}
		delete(got, "department")
		after, err := json.Marshal(got)
		if err != nil || string(after) != string(before) {
			t.Errorf("got %s, want %s", after, before)
		}
	})
}

// TestClaimsSayBoth: what applications are told while somebody acts, the same in every token (DESIGN.md §6).
func TestClaimsSayBoth(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h, cookie, d := w.acting()
		id, err := w.IDToken(t.Context(), h.Who, h.access)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]any{"sub": "hal", "sid": string(h.Session.ID), "name": "Name hal", "email": "hal@acme.example", "zoneinfo": h.Principal.TimeZone,
			"acr": "1", "amr": []any{"pwd"}, "auth_time": float64(h.Grant.AuthTime.Unix()),
			"act": map[string]any{"sub": "ann", "name": "Name ann", "email": "ann@acme.example"},
			"acting": map[string]any{"delegation": string(d), "kind": "cover", "read_only": false, "view": false,
				"expires_at": float64(h.Session.ExpiresAt.Unix())}}
		for name, raw := range map[string]string{"access": h.access, "ID": id} {
			got := opened(t, raw)
			for claim := range got {
				if _, ours := want[claim]; !ours {
					delete(got, claim)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s token (-want +got)\n%s", name, diff)
			}
		}
		access, said := opened(t, h.access), opened(t, id)
		if access["iss"] != issuer || access["client_id"] != "desk" || access["scope"] != "openid profile email" || access["exp"].(float64)-access["iat"].(float64) != 300 ||
			!strings.HasPrefix(access["jti"].(string), string(h.Grant.ID)+".") {
			t.Errorf("got %v", access)
		}
		if said["aud"] != "desk" || said["nonce"] != "n-1" || said["at_hash"] == "" || said["iss"] != issuer {
			t.Errorf("got %v", said)
		}
		w.Client(application.Client{Organisation: acme, ID: "old", StandIns: true, Algorithm: application.RS256})
		old := w.open(cookie, "old")
		if got := opened(t, old.access); got["name"] != "Name ann (for Name hal)" || got["sub"] != "hal" {
			t.Errorf("got %v, want both names for an application that does not read act", got["name"])
		}
		if kind := header(t, old.access); kind != "RS256 at+jwt" || header(t, h.access) != "ES256 at+jwt" || header(t, id) != "ES256 JWT" {
			t.Errorf("got %s, %s, %s", kind, header(t, h.access), header(t, id))
		}
		if _, _, err := w.Read(t.Context(), old.access, false); err != nil {
			t.Error(err)
		}
		hint, err := w.ReadHint(t.Context(), id)
		if err != nil || hint.Client != "desk" || hint.Principal != "hal" || hint.Actor != "ann" || hint.SID != string(h.Session.ID) {
			t.Errorf("got %+v, %v", hint, err)
		}
		if _, err := w.ReadHint(t.Context(), h.access); err == nil {
			t.Error("an access token passes for an ID token")
		}
	})
}

// TestOwnNameSaysNobodyElse: no act, no acting; and without scopes no data.
func TestOwnNameSaysNobodyElse(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		p := wish("desk")
		p.Scopes = []string{"openid"}
		_, code, err := w.Begin(t.Context(), w.Visit(w.enter("ann")), p)
		if err != nil {
			t.Fatal(err)
		}
		who, _, err := w.Redeem(t.Context(), w.ClientNow("desk"), redemption("desk", code))
		if err != nil {
			t.Fatal(err)
		}
		got := token.Claims(who, w.Now())
		var names []string
		for name := range got {
			names = append(names, name)
		}
		slices.Sort(names)
		if diff := cmp.Diff([]string{"acr", "amr", "auth_time", "sid", "sub"}, names); diff != "" || got["sub"] != "ann" {
			t.Errorf("got %v\n%s", got, diff)
		}
	})
}

// TestThreat61ClientsAreNotPeople: an application called as a person is named with a prefix in act, and is nobody.
func TestThreat61ClientsAreNotPeople(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		w.Client(application.Client{Organisation: acme, ID: "hal", StandIns: true, Exchange: true})
		c := w.ClientNow("desk")
		c.Audiences = append(c.Audiences, "hal")
		w.Client(c)
		h, _, _ := w.acting()
		who, err := w.Exchange(t.Context(), w.ClientNow("hal"), exchanging(h.access))
		if err != nil {
			t.Fatal(err)
		}
		act := token.Claims(who, w.Now())["act"].(map[string]any)
		if diff := cmp.Diff(map[string]any{"sub": "client:hal"}, act["act"]); diff != "" || act["sub"] != "ann" {
			t.Errorf("got %v", act)
		}
	})
}

// TestThreat66StolenKey: what a stolen key signed is refused at once, and so is what says that another key signed it.
func TestThreat66StolenKey(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h, _, _ := w.acting()
		if _, _, err := w.Read(t.Context(), h.access, false); err != nil {
			t.Fatal(err)
		}
		if err := w.Signing.Rotate(t.Context(), operator(), true); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Read(t.Context(), h.access, false); standin.CodeOf(err) != "token.unknown" {
			t.Errorf("got %v, want what the stolen key signed unknown", err)
		}
		w.Pass(time.Second)
		who, _, err := w.Refresh(t.Context(), w.ClientNow("desk"), token.Renewal{Token: h.refresh})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Read(t.Context(), w.Access(who), false); err != nil {
			t.Errorf("got %v, want a new token good", err)
		}
	})
}

// opened is what a token says, its signature unlooked at.
func opened(t *testing.T, raw string) map[string]any {
	t.Helper()
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func header(t *testing.T, raw string) string {
	t.Helper()
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	h := jws.Signatures[0].Protected
	typ, _ := h.ExtraHeaders[jose.HeaderType].(string)
	return h.Algorithm + " " + typ
}
