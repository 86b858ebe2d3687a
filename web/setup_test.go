package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/acting/impact"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
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
	h = &webtest.House{T: t}
	now := func() time.Time { return time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC) }
	l := ledger.New(d, now)
	h.Ledger, h.DB, h.Directory = l, d, directory.New(d, l, now)
	h.Applications = application.New(d, l, now).With(h.Directory.MayKeepAccess)
	h.Delegations = delegation.New(d, l, h.Directory, now)
	h.Acting = acting.New(d, l, h.Directory, h.Delegations, now)
	h.Previews = impact.New(d, l, h.Directory, h.Delegations, h.Acting, now)
	h.Signin = signin.New(d, l, h.Directory, h.Acting, now, signin.Options{Hash: argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}})
	server := httptest.NewServer(New(Config{Rooms: h.Rooms, Now: now, Log: slog.New(slog.DiscardHandler)}))
	t.Cleanup(server.Close)
	h.URL = server.URL
	link, _, err := h.Signin.SetUpLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h, link
}
