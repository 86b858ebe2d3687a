//go:build recipes

package recipes

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/standin-id/standin/db/dbtest"
)

// library is what the applications of docs/recipes show that use a library.
var library = shows{acting: []string{"Signed in: Clara Hoffmann.", "Really here: Ben Fischer."}, own: []string{"Signed in: Ben Fischer."},
	not: []string{"Really here", "Clara"}}

func TestNode(t *testing.T) {
	k := follow(t, "node")
	k.application("const ahead = 60", "const ahead = 600", func(k *kitchen) *program {
		packages(t, k.dir)
		args := []string{k.file("app.mjs")}
		if k.oldNode() {
			args = append([]string{"--experimental-global-webcrypto"}, args...)
		}
		return begin(k.t, k.dir, nil, "node", args...)
	})
}

func TestGo(t *testing.T) {
	k := follow(t, "go", "--database", dbtest.PostgresSchema(t))
	k.application("ahead   = 60 ", "ahead   = 600 ", func(k *kitchen) *program {
		path := filepath.Join(k.dir, "application")
		run(k.t, "..", nil, "go", "build", "-o", path, k.file("main.go")) // with go-oidc as this module has it
		return begin(k.t, k.dir, nil, path)
	})
}

func TestPython(t *testing.T) {
	k := follow(t, "python")
	k.application("AHEAD = 60 ", "AHEAD = 600 ", func(k *kitchen) *program {
		return begin(k.t, k.dir, []string{"PYTHONDONTWRITEBYTECODE=1"}, "/usr/bin/python3", k.file("app.py")) // Debian's, with Debian's packages
	})
}

// application tells the story with an application that uses a library: once as the recipe has it, where only Standin's
// message can end the session, and once where tokens are always about to end.
func (k *kitchen) application(ahead, always string, serve func(k *kitchen) *program) {
	k.t.Helper()
	k.swaps("8080", port(k.t, k.listen))
	k.round("told", func(k *kitchen) {
		serve(k).listens(k.t, k.listen)
		b := k.asDeputy(library)
		k.banner(b)
		k.stop(b)
		k.cutOff(b)
		k.asThemself(b.open(k.values.App+"/"), library)
	})
	k.swaps(ahead, always)
	k.round("renewed", func(k *kitchen) {
		serve(k).listens(k.t, k.listen)
		b := k.asDeputy(library)
		k.renews(b, library)
		k.stopAtStandin(b)
		k.cutOff(b)
		k.asThemself(b.open(k.values.App+"/login?return=//evil.example"), library)
	})
}

// oldNode reports whether node needs the flag that the recipe names.
func (k *kitchen) oldNode() bool {
	k.t.Helper()
	return exec.Command("node", "-e", "crypto.subtle, CryptoKey").Run() != nil
}

// packages unpacks the packages that the recipe's "npm install" would fetch.
func packages(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob("testdata/npm/*.tgz")
	if err != nil || len(files) != 3 {
		t.Fatalf("got %v, %v, want three packages", files, err)
	}
	for _, f := range files {
		unpack(t, f, filepath.Join(dir, "node_modules"))
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "openid-client", "package.json")); err != nil {
		t.Fatal(err)
	}
}
