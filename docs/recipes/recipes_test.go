package recipes

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// TestDocumentsRegisterWhatPagesRegister keeps the documents and the page by which applications are added alike.
func TestDocumentsRegisterWhatPagesRegister(t *testing.T) {
	names, err := fs.Glob(documents, "*.md")
	if err != nil || len(names) == 0 {
		t.Fatalf("got %v, %v, want the documents", names, err)
	}
	for _, name := range names {
		r, known := Get(strings.TrimSuffix(name, ".md"))
		if !known {
			t.Errorf("%s: no recipe has this document", name)
			continue
		}
		var file struct {
			Clients []struct {
				ID, Secret  string
				Redirects   []string `yaml:"redirect_uris"`
				PostLogout  []string `yaml:"post_logout_redirect_uris"`
				BackChannel string   `yaml:"backchannel_logout_uri"`
				Initiate    string   `yaml:"initiate_login_uri"`
				ReadsAct    bool     `yaml:"reads_act"`
			}
		}
		for _, b := range r.document() {
			if b.File != registration {
				continue
			}
			if err := yaml.Unmarshal([]byte(b.text), &file); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if len(file.Clients) != 1 {
			t.Errorf("%s: got %d clients, want one in %s", name, len(file.Clients), registration)
			continue
		}
		c := file.Clients[0]
		got := Recipe{ID: r.ID, Redirect: path(c.Redirects...), BackChannel: path(c.BackChannel), Initiate: path(c.Initiate),
			PostLogout: path(c.PostLogout...), ReadsAct: c.ReadsAct, Proxied: r.Proxied}
		if diff := cmp.Diff(r, got); diff != "" {
			t.Errorf("%s registers something else than the page (-page +document):\n%s", name, diff)
		}
		if c.ID != example.Client || c.Secret != example.Secret {
			t.Errorf("%s: got %s with %s, want the example's values", name, c.ID, c.Secret)
		}
	}
}

// path is what follows the example's origin.
func path(uris ...string) string {
	return strings.TrimPrefix(strings.Join(uris, " "), example.App)
}

// Whoever pastes a block has their own values in it, and none of the examples.
func TestBlocksTakeValues(t *testing.T) {
	mine := Values{"https://id.acme.example", "https://desk.acme.example:8443", "c-7", "s-9", "RANDOM"}
	for _, r := range All() {
		blocks := r.Blocks()
		if len(blocks) == 0 && r.ID != "other" && r.ID != "sdk" {
			t.Errorf("%s: no blocks", r.ID)
		}
		files := map[string]bool{}
		var whole strings.Builder
		for _, b := range blocks {
			if b.text == "" || b.Language == "" || b.File != "" && files[b.File] {
				t.Errorf("%s: a block without text or language, or a file a second time: %q", r.ID, b.File)
			}
			if b.With(Values{}) != b.text {
				t.Errorf("%s %s: without values it is another text", r.ID, b.File)
			}
			files[b.File] = true
			whole.WriteString(b.With(mine))
		}
		for _, old := range []string{example.Issuer, example.App, example.Client, example.Secret, example.Random} {
			if strings.Contains(whole.String(), old) {
				t.Errorf("%s still says %s", r.ID, old)
			}
		}
		for _, new := range []string{mine.Issuer, mine.App, mine.Client, mine.Secret} {
			if len(blocks) > 0 && !strings.Contains(whole.String(), new) {
				t.Errorf("%s does not say %s", r.ID, new)
			}
		}
	}
}

// TestApplicationsListenWhereTheyAreRegistered: by http an application listens on the port of its own address, by https where
// the document says, and whatever stands before an application is led to where that listens.
func TestApplicationsListenWhereTheyAreRegistered(t *testing.T) {
	for _, c := range []struct{ id, app, want string }{
		{"node", "http://127.0.0.1:9000", "listen(9000, "}, {"go", "http://localhost:9000", "127.0.0.1:9000"}, {"sdk", "http://127.0.0.1:9000", "127.0.0.1:9000"},
		{"python", "http://127.0.0.1:9000", `"127.0.0.1", 9000,`}, {"python", "http://127.0.0.1", `"127.0.0.1", 80,`}, {"node", "https://app.example:8443", "listen(8080, "},
		{"node", "", "listen(8080, "}, {"apache", "http://127.0.0.1:9000", "http://127.0.0.1:8080/"}, {"nginx", "http://127.0.0.1:9000", "http://127.0.0.1:8080;"},
	} {
		r, known := Get(c.id)
		if !known {
			t.Fatalf("there is no recipe %s", c.id)
		}
		found := false
		for _, b := range r.Blocks() {
			found = found || strings.Contains(b.With(Values{App: c.app}), c.want)
		}
		if !found {
			t.Errorf("%s at %q: got no %q", c.id, c.app, c.want)
		}
	}
}
