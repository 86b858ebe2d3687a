package main

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/token/keys"
)

// TestThreat66AnAdministratorReplacesStolenKeys does it on the page, in the program as it is joined, for the only organisation.
func TestThreat66AnAdministratorReplacesStolenKeys(t *testing.T) {
	const company = `organisations:
  - id: acme
    name: Acme Ltd
    roles:
      - {id: super_admin, rank: 90, allow: ["standin:*.*"]}
    people:
      - {id: ada, name: Ada Lindqvist, email: ada@acme.example, password: only-for-trials, roles: [super_admin], accepted_terms: true}
`
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, path := wired(t, d), filepath.Join(t.TempDir(), "world.yaml")
		if err := os.WriteFile(path, []byte(company), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := loadWorld(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.house.applyAtStart(t.Context(), f, s.log); err != nil {
			t.Fatal(err)
		}
		h, form := s.handler(), []string{"Content-Type", "application/x-www-form-urlencoded"}
		in := ask(s, h, "POST", "/signin", "email=ada%40acme.example&password=only-for-trials", form...)
		cookie := []string{"Cookie", strings.SplitN(in.Header().Get("Set-Cookie"), ";", 2)[0]}
		stolen, _, err := s.house.signing.Signer(t.Context(), keys.ES256)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			do, sure string
			status   int
			signs    bool // the key still signs
			known    bool
		}{
			{"stolen", "", http.StatusUnprocessableEntity, true, true},
			{"rotate", "", http.StatusSeeOther, false, true},
			{"stolen", "yes", http.StatusSeeOther, false, false},
		} {
			page, err := goquery.NewDocumentFromReader(ask(s, h, "GET", "/signing-keys", "", cookie...).Body)
			if err != nil {
				t.Fatal(err)
			}
			identity := page.Find("main input[name=identity]").First().AttrOr("value", "")
			w := ask(s, h, "POST", "/signing-keys", url.Values{"identity": {identity}, "do": {c.do}, "sure": {c.sure}}.Encode(), append(form, cookie...)...)
			if w.Code != c.status {
				t.Errorf("%s: got %d, want %d: %s", c.do, w.Code, c.status, w.Body)
			}
			signs, _, err := s.house.signing.Signer(t.Context(), keys.ES256)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.house.signing.Verifier(t.Context(), stolen); (err == nil) != c.known || (signs == stolen) != c.signs {
				t.Errorf("%s: known %v, signs %v; want %v, %v", c.do, err == nil, signs == stolen, c.known, c.signs)
			}
			if published := ask(s, h, "GET", "/oauth2/jwks", "").Body.String(); strings.Contains(published, stolen) != c.known {
				t.Errorf("%s: in the key set it is %v, want %v", c.do, !c.known, c.known)
			}
		}
	})
}
