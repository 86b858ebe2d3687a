package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin/api"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/world/table"
)

// until asks again until the list is done with.
func (b *browser) until(t *testing.T, id string) (l api.List) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		b.ask("GET", "/api/v1/lists/"+id, nil).into(t, 200, &l)
		if l.State == "over" {
			return l
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %+v, want that it is over", l)
		}
		b.Lists.Wait()
	}
}

// TestAListComesInAndGoesOut sends a list of people, looks at what it would do, does it, and corrects what was refused.
func TestAListComesInAndGoesOut(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ada := h.signIn("ada")
		size := len(h.records(""))
		var l api.List
		ada.ask("POST", "/api/v1/lists/people?name=staff.csv&ignore_columns=true", list("name,email,unit,shoe\n"+
			"Emil,emil@acme.example,sales,43\nBenjamin,ben@acme.example,sales,41\ncleo,cleo@acme.example,sales,38\nGus,gus@acme.example,nowhere,44\n")).into(t, 201, &l)
		want := api.RowCounts{Create: 1, Change: 1, Skip: 1, Refuse: 1}
		if l.State != "planned" || l.Kind != "people" || l.Name != "staff.csv" || *l.Counts != want || !slices.Equal(l.Ignored, []string{"shoe"}) || len(l.Rows) != 2 ||
			!slices.Equal(l.Rows[1].Changes, []string{"name"}) || len(l.Refused) != 1 || l.Refused[0].Line != 5 || l.Refused[0].Refusal == nil ||
			l.Refused[0].Refusal.Code == "internal" || l.Refused[0].Refusal.Detail == "" {
			t.Fatalf("got %+v, want one row of each outcome", l)
		}
		if got := h.records(""); len(got) != size {
			t.Errorf("the plan did %q", actions(got[:len(got)-size]))
		}
		ada.ask("POST", "/api/v1/lists/"+l.ID+"/apply", nil).into(t, 202, nil)
		if l = ada.until(t, l.ID); l.Failure != nil || l.Done != 2 || l.Total != 2 || !l.Rows[0].Done || !l.Rows[1].Done {
			t.Errorf("got %+v, want two rows done", l)
		}
		ada.ask("POST", "/api/v1/lists/"+l.ID+"/apply", nil).into(t, 202, nil)
		done := h.records("outcome=done&action=person.")
		if len(done) < 2 || !strings.HasPrefix(done[0].Agent, "list staff.csv, line ") || done[0].Actor != "person:p-ada" {
			t.Errorf("got %+v, want records that name ada and the list", done)
		}

		refused := ada.ask("GET", "/api/v1/lists/"+l.ID+"/refused", nil)
		lines := strings.Split(strings.TrimSpace(string(refused.text)), "\n")
		if len(lines) != 2 || !strings.HasPrefix(lines[1], "Gus,gus@acme.example,nowhere,44,") || !strings.Contains(lines[1], "There is no unit") ||
			refused.Header.Get("Content-Type") != "text/csv; charset=utf-8" || refused.Header.Get("Content-Disposition") != `attachment; filename="refused.csv"` {
			t.Errorf("got %v %q, want the row with its reason", refused.Header, lines)
		}
		for _, form := range []string{"csv", "xlsx"} {
			out := ada.ask("GET", "/api/v1/lists/people/export?form="+form, nil)
			out.into(t, 200, nil)
			r := ada.request("POST", "/api/v1/lists/people", list(out.text))
			if form == "xlsx" {
				r.Header.Set("Content-Type", out.Header.Get("Content-Type"))
			}
			var again api.List
			ada.send(r).into(t, 201, &again)
			if again.Counts.Skip != 5 || again.Total != 0 || again.Counts.Refuse != 0 {
				t.Errorf("%s sent again: got %+v, want that nothing changes", form, again.Counts)
			}
		}

		// what is kept is its sender's, as long as they manage somebody
		cleo := h.signIn("cleo")
		for _, path := range []string{"/lists/" + l.ID, "/lists/" + l.ID + "/refused"} {
			cleo.ask("GET", api.Prefix+path, nil).problem(t, 403, "list.not_entitled")
			h.ask(adminKey, "GET", api.Prefix+path, nil).problem(t, 404, "list.gone")
		}
		cleo.ask("POST", "/api/v1/lists/"+l.ID+"/apply", nil).problem(t, 403, "list.not_entitled")
		cleo.ask("GET", "/api/v1/lists/people/export", nil).problem(t, 403, "list.not_entitled")
		cleo.ask("POST", "/api/v1/lists/people", bodies["planPeople"]).problem(t, 403, "list.not_entitled")
		h.ask(hrKey, "GET", "/api/v1/lists/people/export", nil).into(t, 200, nil)
	})
}

// TestHostileLists sends what is no list, or too much of one.
func TestHostileLists(t *testing.T) {
	everywhere(t, func(t *testing.T, o *office) {
		size := len(o.records(""))
		for _, op := range o.about.operations() {
			if !op.takesList() {
				continue
			}
			for text, want := range map[string]string{
				"":                                     "422 table.empty",
				" \n":                                  "422 table.empty",
				"shoe\n43\n":                           "422 ",
				"name,email\xff\xfe\nx,y\n":            "422 ",
				"PK\x03\x04 and no more":               "422 ",
				"\xD0\xCF\x11\xE0 and no more":         "422 table.old_excel",
				strings.Repeat("x", table.MostBytes+1): "413 api.too_large",
			} {
				var p api.Problem
				got := o.fitting(op, o.request(op.method, o.path(op), list(text)))
				if err := json.Unmarshal(got.text, &p); err != nil || !strings.HasPrefix(fmt.Sprint(got.StatusCode, " ", p.Code), want) || p.Code == "internal" {
					t.Errorf("%s with %.30q: got %d %.200s, want %s", op.OperationID, text, got.StatusCode, got.text, want)
				}
			}
			for _, header := range []http.Header{{"Content-Type": {"application/json"}}, {"Content-Type": {"multipart/form-data; boundary=x"}}, {"Content-Type": {""}},
				{"Content-Type": {"text/csv; charset=latin1"}}, {"Content-Type": {"text/plain"}}, {"Content-Encoding": {"gzip"}}} {
				r := o.request(op.method, o.path(op), o.body(op))
				maps.Copy(r.Header, header)
				o.fitting(op, r).problem(t, 415, "api.list_type")
			}
			r := o.request(op.method, o.path(op), o.body(op))
			r.Body, r.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader("name,"), failing{io.ErrUnexpectedEOF})), -1
			o.fitting(op, r).problem(t, 400, "api.malformed")
		}
		if got := o.records(""); len(got) != size {
			t.Errorf("it did %q", actions(got[:len(got)-size]))
		}
	})
}

// TestTheRecordIsVerifiedWhenAsked asks for a verification, lets it run, and reads what it found.
func TestTheRecordIsVerifiedWhenAsked(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ada, cleo := h.signIn("ada"), h.signIn("cleo")
		if err := ledger.NewSequencer(h.Ledger, h.Key, slog.New(slog.DiscardHandler)).Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		var c api.Check
		ada.ask("GET", "/api/v1/audit/check", nil).into(t, 200, &c)
		if c != (api.Check{State: "never"}) {
			t.Errorf("got %+v, want none yet", c)
		}
		ada.ask("POST", "/api/v1/audit/check", nil).into(t, 202, &c)
		first := c.ID
		ada.ask("POST", "/api/v1/audit/check", nil).into(t, 202, &c)
		if c.State != "running" || c.ID != first || c.AskedBy != "person:p-ada" || c.Total == 0 {
			t.Errorf("got %+v, want the one that runs", c)
		}
		if did, err := h.Checks.Step(t.Context()); !did || err != nil {
			t.Fatalf("got %t (%v), want it done", did, err)
		}
		c = api.Check{}
		ada.ask("GET", "/api/v1/audit/check", nil).into(t, 200, &c)
		if c.State != "good" || c.Done == 0 || c.Done != c.Total || c.EndedAt == nil || c.Sequence != nil {
			t.Errorf("got %+v, want that all is well", c)
		}
		for _, method := range []string{"GET", "POST"} {
			cleo.ask(method, "/api/v1/audit/check", nil).problem(t, 403, "directory.not_entitled", "directory.no_power")
		}
	})
}

// TestThreat35LookingAtTheRecordAfterActing lets ada act, and wait; then the record asks for a proof, as its page does.
func TestThreat35LookingAtTheRecordAfterActing(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ada, cleo := h.signIn("ada"), h.signIn("cleo")
		one := h.records("")[0].ID
		for _, b := range []*browser{ada, cleo} {
			b.act(h.cover(b.person()[2:], "ben"))
			b.ask("DELETE", "/api/v1/acting", nil).into(t, 204, nil)
			b.me()
		}
		h.Pass(16 * time.Minute)
		paths := []string{"/audit", "/audit/export", "/audit/status", "/audit/records/" + one, "/audit/check", "/lists/people/export"}
		for _, path := range paths {
			ada.ask("GET", api.Prefix+path, nil).problem(t, 403, "signin.proof_needed")
		}
		cleo.ask("GET", "/api/v1/audit", nil).into(t, 200, nil) // her own alone
		ada.ask("POST", "/api/v1/me/proof", map[string]any{"password": password}).into(t, 204, nil)
		for _, path := range paths {
			ada.ask("GET", api.Prefix+path, nil).into(t, 200, nil)
		}
	})
}
