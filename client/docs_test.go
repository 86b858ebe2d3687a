package client_test

import (
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/standin-id/standin/db/dbtest"
)

// files are the files that a document holds.
func files(t *testing.T, document string, swap ...string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, m := range regexp.MustCompile("(?s)```\\w+ file=(\\S+)\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		found[m[1]] = strings.NewReplacer(swap...).Replace(m[2])
	}
	return found
}

// TestTheDocumentsProgramsRun follows docs/sdk.md and docs/recipes/sdk.md to the letter.
func TestTheDocumentsProgramsRun(t *testing.T) {
	t.Parallel()
	dbtest.Sources(t, func(t *testing.T, source string) {
		document, does := "../docs/sdk.md", func(t *testing.T, b *browser, s *standin, app string) {
			p := b.open(app+"/").press("Sign in", "email", "ben@acme.example", "password", "only-for-trials").follow()
			p = p.press("Deputy of Ada Able").follow().shows(200, "Ben Bold (for Ada Able)")
			p.press("Approve e-1").shows(200, "approved")
			b.open(s.url + "/").press("Switch back to myself").follow()
			eventually(t, "ben does not come back as himself", func() bool { return strings.HasPrefix(b.open(app+"/").body, "Ben Bold <form") })
			b.open(app+"/").press("Approve e-1").shows(403, "You may not approve this: ")
		}
		if strings.Contains(source, "://") { // each document on one database: the other tests have both
			document, does = "../docs/recipes/sdk.md", func(t *testing.T, b *browser, s *standin, app string) {
				p := b.open(app+"/").press("Sign in", "email", "ben@acme.example", "password", "only-for-trials").follow()
				p.press("Deputy of Ada Able").follow().shows(200, "Signed in: Ada Able.", "Really here: Ben Bold.").press("Save").follow().shows(200, "Really here: Ben Bold.")
				b.open(app+"/").press("Sign out").follow().shows(200, `name="password"`)
			}
		}
		listen := free(t)
		app := "http://" + listen
		s := &standin{t: t, dir: t.TempDir(), source: source}
		swap := []string{"https://app.example", app, "127.0.0.1:8080", listen}
		all := files(t, document, swap...)
		company, known := all["world.yaml"]
		if !known { // the recipe names the client alone
			company = strings.Split(files(t, "../docs/sdk.md", swap...)["world.yaml"], "clients:\n")[0] + all["clients.yaml"]
		}
		file := filepath.Join(s.dir, "world.yaml")
		if err := os.WriteFile(file, []byte(company), 0o600); err != nil {
			t.Fatal(err)
		}
		s.args = []string{"serve", "--world", file, "--keys", filepath.Join(s.dir, "keys"), "--data", filepath.Dir(source)}
		if strings.Contains(source, "://") {
			s.args = append(s.args[:5], "--database", source)
		}
		s.serve("127.0.0.1:0")
		begin(t, strings.ReplaceAll(all["main.go"], "https://standin.example", s.url), listen)
		does(t, newBrowser(t), s, app)
	})
}

// free returns an address on this machine where nobody listens.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// begin builds and runs a document's program until the test ends.
func begin(t *testing.T, text, listen string) {
	t.Helper()
	dir := t.TempDir()
	source, path := filepath.Join(dir, "main.go"), filepath.Join(dir, "application")
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", path, source).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	said := &lines{}
	cmd := exec.Command(path)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() { defer close(over); _ = cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-over
		if t.Failed() {
			t.Logf("the application said:\n%s", said)
		}
	})
	eventually(t, "the application does not listen", func() bool {
		c, err := net.DialTimeout("tcp", (&url.URL{Host: listen}).Host, time.Second)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}
