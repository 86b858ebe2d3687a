package web

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/web/webtest"
)

// TestSetUpByThePageAlone: an empty installation becomes an organisation with its first administrator, once.
func TestSetUpByThePageAlone(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h, link := emptyHouse(t, d)
		b := h.Browser("en")
		b.Get("/setup?token=nonsense").Is(t, http.StatusNotFound).Says(t, "This link opens nothing any more.")
		b.Get("/setup?token="+link).Is(t, http.StatusOK).Says(t, "First administrator")
		form := func(pairs ...string) []string {
			return append([]string{"token", link, "name", "Acme Ltd", "id", "acme", "zone", "Europe/Berlin", "units", "sales\r\nfinance\r\n",
				"person", "Ada Lindqvist", "email", "ada@acme.example"}, pairs...)
		}
		p := b.Post("/setup", form("password", "password")...).Is(t, http.StatusUnprocessableEntity).Problem(t, "password", "Everybody tries this password first")
		if got := p.Value("name") + p.Value("email"); got != "Acme Ltdada@acme.example" || p.Value("password") != "" {
			t.Errorf("got %q kept, want all but the password", got)
		}
		b.Post("/setup", "token", link, "name", "Acme Ltd", "id", "acme", "person", " ", "email", "ada@acme.example", "password", "a long enough one").
			Is(t, http.StatusUnprocessableEntity).Problem(t, "person", "A name has")
		p = b.Post("/setup", "token", link, "name", " ", "id", "Acme!", "zone", "Europe/Atlantis", "units", "sales\r\n/\r\n", "person", "", "email", "nobody",
			"password", "short").Is(t, http.StatusUnprocessableEntity)
		for field, says := range map[string]string{"name": "A name has", "id": "is no id", "zone": "Europe/Atlantis", "units": "unit", "person": "A name has", "email": "address",
			"password": "8 to 1,000"} {
			p.Problem(t, field, says)
		}
		b.Post("/setup", "token", link, "name", "Acme Ltd", "id", "", "person", "Ada Lindqvist", "email", "ada@acme.example", "password", "a long enough one").
			Is(t, http.StatusUnprocessableEntity).Problem(t, "id", "An id is needed")
		b.Post("/setup", form("password", "a long enough one")...).Leads(t, "/organisation")
		b.Get("/").Leads(t, "/terms")
		b.Get("/setup?token="+link).Is(t, http.StatusNotFound).Says(t, "This link opens nothing any more.")
		var names []string
		if err := d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			names = nil
			return h.Directory.EachPerson(ctx, tx, acme, func(p directory.Person) error {
				names = append(names, p.Name+" "+string(p.Unit)+" "+p.TimeZone)
				return nil
			})
		}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(names, ", "); got != "Ada Lindqvist sales Europe/Berlin" {
			t.Errorf("got people %q, want the administrator alone", got)
		}
	})
}

// emptyHouse has nothing in it but a link to set it up with.
func emptyHouse(t *testing.T, d *db.DB) (h *webtest.House, link string) {
	t.Helper()
	h = webtest.Join(t, d)
	h.Open(func(_ *webtest.House, c frame.Config) http.Handler {
		return New(Config{Rooms: c.Rooms, Now: c.Now, Log: c.Log})
	})
	link, _, err := h.Signin.SetUpLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h, link
}
