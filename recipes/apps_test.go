//go:build recipes

package recipes

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/standin-id/standin/db/dbtest"
)

// library is what the applications of docs/recipes show that use a library.
var library = shows{acting: []string{"Signed in: Clara Hoffmann.", "Really here: Ben Fischer."}, own: []string{"Signed in: Ben Fischer."},
	not: []string{"Really here", "Clara"}}

func TestNode(t *testing.T) {
	k := followSecurely(t, "node")
	k.application("const ahead = 60", "const ahead = 600", func(k *kitchen) *program {
		packages(t, k.dir)
		args := []string{k.file("app.mjs")}
		if k.oldNode() {
			args = append([]string{"--experimental-global-webcrypto"}, args...)
		}
		return begin(k.t, k.dir, k.https.env(), "node", args...)
	})
}

func TestGo(t *testing.T) {
	k := followSecurely(t, "go", "--database", dbtest.PostgresSchema(t))
	k.application("ahead   = 60 ", "ahead   = 600 ", func(k *kitchen) *program {
		path := filepath.Join(k.dir, "application")
		run(k.t, "..", nil, "go", "build", "-o", path, k.file("main.go")) // with go-oidc as this module has it
		return begin(k.t, k.dir, k.https.env(), path)
	})
}

func TestPython(t *testing.T) {
	k := follow(t, "python", "")
	k.application("AHEAD = 60 ", "AHEAD = 600 ", func(k *kitchen) *program {
		return begin(k.t, k.dir, []string{"PYTHONDONTWRITEBYTECODE=1"}, "/usr/bin/python3", k.file("app.py")) // Debian's, with Debian's packages
	})
}

// application tells the story with an application that uses a library: once where tokens are always about to end, and once
// as the recipe has it, where only Standin's message can end the session in time.
func (k *kitchen) application(ahead, always string, serve func(k *kitchen) *program) {
	k.t.Helper()
	k.swaps("8080", port(k.t, k.listen))
	asWritten := slices.Clone(k.swap)
	k.swaps(ahead, always)
	k.round("renewed", func(k *kitchen) {
		serve(k).listens(k.t, k.listen)
		b := k.asDeputy(library)
		k.renews(b, library)
		k.banner(b)
		over := k.hears(b)
		k.stop(b)
		over()
		k.cutOff(b)
		k.asThemself(b.open(k.values.App+"/login?return=//evil.example"), library)
		k.signedOut(k.switched(b, library).submit("Sign out"))
	})
	k.swap = asWritten
	k.round("told", func(k *kitchen) {
		serve(k).listens(k.t, k.listen)
		b := k.asDeputy(library)
		k.forged(b)
		k.revoked()
		k.cutOff(b)
		// What Ben had chosen ended without him, so he is asked again (C1).
		b.open(k.values.App + "/").reads("Emil Novak").submit("Myself").reads(library.own...).misses(library.not...)
	})
}

// forged sends the application words that Standin never said; the session goes on.
func (k *kitchen) forged(b *browser) {
	k.t.Helper()
	const header, claims = `{"alg":"none","typ":"logout+jwt"}`, `{"iss":%q,"aud":"my-app","sub":"clara","sid":"s-1","iat":%d,"exp":%[2]d,"jti":"1",` +
		`"events":{"http://schemas.openid.net/event/backchannel-logout":{}}}`
	enc := base64.RawURLEncoding.EncodeToString
	unsigned := enc([]byte(header)) + "." + enc(fmt.Appendf(nil, claims, k.values.Issuer, time.Now().Unix()+60)) + "."
	for _, token := range []string{"", "nonsense", unsigned} {
		p := k.newBrowser().once("POST", k.values.App+"/backchannel-logout", url.Values{"logout_token": {token}}, nil)
		if p.status != http.StatusBadRequest {
			k.t.Errorf("got %s for the logout token %q, want it refused", p, token)
		}
	}
	b.once("GET", k.values.App+"/", nil, nil).reads(library.acting...)
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
