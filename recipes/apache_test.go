//go:build recipes

package recipes

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// modules are those that Debian's Apache begins with or that the recipe switches on.
var modules = []string{"mpm_event", "authn_core", "authz_core", "authz_user", "alias", "env", "cgid", "headers", "proxy", "proxy_http",
	"rewrite", "ssl", "socache_shmcb", "auth_openidc"}

// environment prints what a program behind Apache is told of a request.
const environment = "#!/bin/sh\nprintf 'Content-Type: text/plain; charset=utf-8\\r\\n\\r\\n'\nexec env\n"

var apache = shows{
	acting: []string{"REMOTE_USER=clara", "OIDC_CLAIM_sub=clara", "OIDC_CLAIM_name=Ben Fischer (for Clara Hoffmann)",
		`OIDC_CLAIM_act={"email": "ben@acme.example", "name": "Ben Fischer", "sub": "ben"}`},
	own: []string{"REMOTE_USER=ben", "OIDC_CLAIM_name=Ben Fischer\n"},
	not: []string{"OIDC_CLAIM_act", "clara", "Clara"},
}

func TestApache(t *testing.T) {
	k := follow(t, "apache", "")
	k.swaps("http://127.0.0.1:8080/", "http://"+behind(t)+"/")
	k.round("told", func(k *kitchen) {
		k.apache().listens(k.t, k.listen)
		b := k.asDeputy(apache)
		k.banner(b)
		k.apacheForbids(b)
		over := k.hears(b)
		k.stop(b)
		over()
		k.cutOff(b)
		k.asThemself(b.open(k.values.App+"/"), apache)
		for _, path := range []string{"/", "/app"} {
			b.once("GET", k.values.App+path, nil, forged).misses("forged")
		}
		b.open(k.values.App + "/payroll/").reads("X-Seen: /payroll/")
		b.open(k.values.App + "/board/").reads("X-Seen: /board/")
	})
	k.round("read only", func(k *kitchen) {
		k.apache().listens(k.t, k.listen)
		post := func(b *browser, path string) int {
			return b.once("POST", k.values.App+path, url.Values{"a": {"1"}}, nil).status
		}
		b, p := k.signIn("ben", "Deputy of Emil Novak")
		p.reads(`"read_only": true`)
		b.open(k.values.App + "/app").reads("X-Seen: /app")
		for _, path := range []string{"/app", "/payroll/", "/board/", "/.standin/../app", "/.standin/%2e%2e/app", "/.standin/%2e%2e%2fapp", "/signin-again/../app"} {
			if got := post(b, path); got < 400 {
				k.t.Errorf("got %d for a change at %s by somebody who only reads, want it forbidden", got, path)
			}
		}
		k.stop(b)
		b, _ = k.signIn("ben", "Deputy of Clara Hoffmann")
		for path, want := range map[string]int{"/app": http.StatusOK, "/payroll/": http.StatusForbidden} {
			if got := post(b, path); got != want {
				k.t.Errorf("got %d for a change at %s by a deputy, want %d", got, path, want)
			}
		}
	})
	k.round("in a browser", func(k *kitchen) {
		k.apache().listens(k.t, k.listen)
		k.oneClick("Ben Fischer (for Clara Hoffmann)", "REMOTE_USER=ben")
	})
	k.swaps("BeforeExpiry 60 ", "BeforeExpiry 600 ")
	k.round("renewed", func(k *kitchen) {
		k.apache().listens(k.t, k.listen)
		b := k.asDeputy(apache)
		k.renews(b, apache)
		k.asDeputyStill(b.open(k.values.App + "/signin-again"))
		k.stopAtStandin(b)
		k.asThemself(b.open(k.values.App+"/signin-again"), apache) // at once, whether Standin's message has come or not
		k.switched(b, apache)
		k.signedOut(b.open(k.values.App + "/oauth2callback?logout=" + url.QueryEscape(k.values.App+"/")))
	})
}

// asDeputyStill checks that who is led to sign in again while nothing changed is who they were.
func (k *kitchen) asDeputyStill(p *page) {
	k.t.Helper()
	if p.reads(apache.acting...); p.at.Path != "/" {
		k.t.Errorf("got %s, want the first page", p)
	}
}

// forged are the headers that Apache sets, and what programs take for them, as a browser sends them.
var forged = http.Header{"Oidc_claim_act": {"forged"}, "OIDC_CLAIM_act": {"forged"}, "Oidc-Claim-Act": {"forged"}, "OIDC_CLAIM-act": {"forged"},
	"OIDC.CLAIM.act": {"forged"}, "OIDC-CLAIM-sub": {"forged"}, "Oidc_access-Token": {"forged"}}

// apacheForbids checks the recipe's two places that look at who really acts, and that nobody says so but Apache.
func (k *kitchen) apacheForbids(b *browser) {
	k.t.Helper()
	if p := b.open(k.values.App + "/payroll/"); p.status != http.StatusForbidden {
		k.t.Errorf("got %s where nobody acts for anybody, want it forbidden", p)
	}
	b.open(k.values.App + "/board/").reads("X-Seen: /board/")
	for _, path := range []string{"//payroll/", "/./payroll/", "/x/../payroll/", "/%70ayroll/", "/payroll", "/.standin/../payroll/", "/payroll//x", "/payroll/;x"} {
		if p := b.once("GET", k.values.App+path, nil, nil); p.status == http.StatusOK {
			k.t.Errorf("got %s at %s, want it forbidden", p, path)
		}
	}
	p := b.once("GET", k.values.App+"/app", nil, forged)
	p.reads("Oidc_claim_act: {", `"sub": "ben"`).misses("forged")
}

// apache starts Debian's Apache with the recipe's file in its virtual host. The first page is a program that prints its
// environment.
func (k *kitchen) apache() *program {
	k.t.Helper()
	write(k.t, k.dir, "cgi/environment", environment, 0o755)
	if err := os.MkdirAll(filepath.Join(k.dir, "run"), 0o755); err != nil {
		k.t.Fatal(err)
	}
	var conf strings.Builder
	fmt.Fprintf(&conf, "ServerRoot %q\nDefaultRuntimeDir %q\nPidFile %q\nErrorLog %q\n", k.dir, k.dir+"/run", k.dir+"/run/pid", k.dir+"/error.log")
	for _, m := range modules {
		fmt.Fprintf(&conf, "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", m, m)
	}
	if os.Getuid() == 0 {
		conf.WriteString("User www-data\nGroup www-data\n") // Apache serves nothing as root
	}
	fmt.Fprintf(&conf, "ScriptSock %q\nListen %s\nServerName %s\n<VirtualHost *>\n", k.dir+"/run/cgi", k.listen, k.values.App)
	fmt.Fprintf(&conf, "ScriptAliasMatch \"^/$\" %q\nProxyPassMatch \"^/$\" \"!\"\n", k.dir+"/cgi/environment")
	fmt.Fprintf(&conf, "Include %q\n</VirtualHost>\n", k.file("standin.conf"))
	path := write(k.t, k.dir, "apache.conf", conf.String(), 0o644)
	run(k.t, k.dir, nil, "/usr/sbin/apache2", "-t", "-f", path)
	k.t.Cleanup(func() {
		if log, err := os.ReadFile(filepath.Join(k.dir, "error.log")); k.t.Failed() && err == nil {
			k.t.Logf("Apache logged:\n%s", log)
		}
	})
	return begin(k.t, k.dir, nil, "/usr/sbin/apache2", "-D", "FOREGROUND", "-f", path)
}
