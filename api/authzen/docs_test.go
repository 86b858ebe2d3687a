package authzen_test

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/standin-id/standin/api"
)

// example is a call of curl in the document, and the answer below it, in which … stands for anything.
var example = regexp.MustCompile("(?s)```sh\ncurl -s \"\\$STANDIN([^\"]+)\" -H \"Authorization: Bearer \\$KEY\" -H 'Content-Type: application/json' -d '(.*?)'\n```\n\n```json\n(.*?)\n```")

// TestTheDocumentIsTrue runs the examples of docs/authzen.md.
func TestTheDocumentIsTrue(t *testing.T) {
	text, err := os.ReadFile("../../docs/authzen.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := example.FindAllStringSubmatch(string(text), -1)
	if want := strings.Count(string(text), "curl "); len(examples) != want || want < 5 {
		t.Fatalf("got %d examples of %d calls: this test does not read the document", len(examples), want)
	}
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		session := string(h.act("ben@acme.example", "d-ada").ID)
		mux := http.NewServeMux()
		mux.Handle("/", h.handler)
		mux.Handle("/api/", api.New(api.Rooms{DB: h.DB, Ledger: h.Ledger, Applications: h.Applications, Directory: h.Directory,
			Delegations: h.Delegations, Acting: h.Acting, Signin: h.Signin, Decisions: h.Decisions}, api.Config{Now: h.Now}))
		h.handler = mux
		for _, e := range examples {
			h.Pass(1e9)
			got := h.ask(e[1], strings.ReplaceAll(e[2], "'$SESSION'", session))
			want := "^" + strings.ReplaceAll(regexp.QuoteMeta(e[3]), "…", ".+") + "$"
			if got.StatusCode != 200 || !regexp.MustCompile(want).MatchString(got.text) {
				t.Errorf("%s %s: got %d %s, want %s", e[1], e[2], got.StatusCode, got.text, e[3])
			}
		}
	})
}
