//go:build recipes

package recipes

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// withBanner are the two lines that the recipes tell to add to a page.
const withBanner = `<script type="module" src="/.standin/banner.js"></script>
<standin-banner></standin-banner>
`

// behind serves an application that has no idea of signing in, and tells what reaches it. It returns its address.
func behind(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/page" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", "default-src 'self'")
			fmt.Fprint(w, withBanner+"<pre>\n")
		} else {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		}
		fmt.Fprintf(w, "X-Seen: %s\n", r.URL.RequestURI())
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			if name != "Cookie" {
				fmt.Fprintf(w, "%s: %s\n", name, strings.Join(r.Header[name], ", "))
			}
		}
	})}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return l.Addr().String()
}

// proxied is what reaches the application behind nginx and Caddy.
var proxied = shows{
	acting: []string{"X-Principal: clara\n", "X-Principal-Email: clara@acme.example\n", "X-Actor: ben\n"},
	own:    []string{"X-Principal: ben\n", "X-Principal-Email: ben@acme.example\n"},
	not:    []string{"X-Actor: b", "X-Actor: c", "clara", "forged"},
}

// aliases are what programs that take headers for variables (CGI, WSGI, PHP) take for the headers above.
var aliases = http.Header{"X_Principal": {"forged"}, "x_actor": {"forged"}, "X-Principal_Email": {"forged"}, "X_Principal-Email": {"forged"},
	"X_PRINCIPAL_EMAIL": {"forged"}}

func TestNginx(t *testing.T) {
	k := follow(t, "nginx", "    id_token_alg: RS256\n")
	k.proxies(func(k *kitchen) *program {
		var conf strings.Builder
		if os.Getuid() == 0 {
			conf.WriteString("user root;\n") // as whom the test's directory belongs
		}
		fmt.Fprintf(&conf, "pid %s/pid;\ndaemon off;\nerror_log stderr warn;\nevents {}\nhttp {\naccess_log off;\n", k.dir)
		for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			fmt.Fprintf(&conf, "%s_temp_path %s/%s;\n", kind, k.dir, kind)
		}
		fmt.Fprintf(&conf, "server {\nlisten %s;\nserver_name localhost;\ninclude %s;\n}\n}\n", k.listen, k.file("standin.conf"))
		path := write(k.t, k.dir, "nginx.conf", conf.String(), 0o644)
		run(k.t, k.dir, nil, "/usr/sbin/nginx", "-t", "-q", "-p", k.dir, "-e", "stderr", "-c", path)
		return begin(k.t, k.dir, nil, "/usr/sbin/nginx", "-p", k.dir, "-e", "stderr", "-c", path)
	}, false)
}

func TestCaddy(t *testing.T) {
	k := follow(t, "caddy", "")
	k.proxies(func(k *kitchen) *program {
		path := write(k.t, k.dir, "whole", "{\n\tadmin off\n\tgrace_period 2s\n\tdefault_bind 127.0.0.1\n}\nimport "+k.file("Caddyfile")+"\n", 0o644)
		run(k.t, k.dir, []string{"HOME=" + k.dir}, "caddy", "validate", "--config", path, "--adapter", "caddyfile")
		return begin(k.t, k.dir, nil, "caddy", "run", "--config", path, "--adapter", "caddyfile")
	}, true)
}

// proxies tells the story with oauth2-proxy behind a server. asks says that the server asks Standin about every request.
func (k *kitchen) proxies(serve func(k *kitchen) *program, asks bool) {
	k.t.Helper()
	helper, redis := free(k.t), free(k.t)
	k.swaps("127.0.0.1:8080", behind(k.t))
	k.swaps("127.0.0.1:4180", helper)
	k.swaps("127.0.0.1:6379", redis)
	begin(k.t, k.dir, nil, "redis-server", "--bind", "127.0.0.1", "--port", port(k.t, redis), "--save", "", "--appendonly", "no").listens(k.t, redis)
	start := func(k *kitchen) *program {
		// Cookies for https alone are not kept on this machine's plain http.
		p := begin(k.t, k.dir, []string{"OAUTH2_PROXY_COOKIE_SECURE=false"}, oauth2Proxy(k.t), "--config", k.file("oauth2-proxy.cfg"))
		p.listens(k.t, helper)
		serve(k).listens(k.t, k.listen)
		return p
	}
	k.round("told", func(k *kitchen) {
		start(k)
		b := k.asDeputy(proxied)
		k.banner(b)
		b.once("GET", k.values.App+"/deep?a=1&b=2", nil, http.Header{"X-Actor": {"forged"}, "X-Principal": {"forged"}}).
			reads(append(proxied.acting, "X-Seen: /deep?a=1&b=2")...).misses("forged")
		if p := b.once("GET", k.values.App+"/oauth2/auth", nil, nil); p.status != http.StatusNotFound || p.header.Get("X-Auth-Request-Access-Token") != "" {
			k.t.Errorf("got %s with %v, want the tokens kept from the browser", p, p.header)
		}
		for _, path := range []string{"/oauth2/", "/oauth2/auth/", "/oauth2/x", "/oauth2//auth", "/oauth2/%61uth", "/OAuth2/auth", "/oauth2/%73tart",
			"/OAuth2/start", "/oauth2/x/../start"} {
			if p := b.once("GET", k.values.App+path, nil, nil); p.header.Get("X-Auth-Request-Access-Token") != "" {
				k.t.Errorf("got the access token at %s, want the tokens kept from the browser", path)
			}
		}
		b.once("GET", k.values.App+"/", nil, aliases).reads(proxied.acting...).misses("forged")
		b.once("GET", k.values.App+"/", nil, http.Header{"X-Token": {"forged"}}).reads(proxied.acting...)
		over := k.hears(b)
		k.stop(b)
		over()
		if asks {
			k.cutOff(b)
			k.asThemself(b.open(k.values.App+"/deep?a=1&b=2").reads("X-Seen: /deep?a=1&b=2"), proxied)
		} else {
			k.asThemself(b.open(k.values.App+"/oauth2/start?rd=%2F"), proxied) // where the banner leads
		}
		b.once("GET", k.values.App+"/", nil, http.Header{"X-Actor": {"forged"}}).reads(proxied.own...).misses(proxied.not...)
		b.once("GET", k.values.App+"/", nil, aliases).reads(proxied.own...).misses(proxied.not...)
		k.switched(b, proxied)
		k.signedOut(b.open(k.values.App + "/oauth2/sign_out?rd=%2Foauth2%2Fsigned-out").submit("Sign out of Standin"))
	})
	k.round("in a browser", func(k *kitchen) {
		start(k)
		k.oneClick("X-Actor: ben", "X-Principal: ben")
	})
	k.swaps(`cookie_refresh = "4m"`, `cookie_refresh = "1s"`)
	k.round("renewed", func(k *kitchen) {
		p := start(k)
		b := k.asDeputy(proxied)
		k.renews(b, proxied)
		k.stopAtStandin(b)
		if asks {
			k.cutOff(b)
		}
		eventually(k.t, "oauth2-proxy gets new tokens after Stop", func() bool {
			b.once("GET", k.values.App+"/", nil, nil)
			return strings.Contains(p.said.String(), "Unable to refresh session")
		})
		k.atMost(p, 5*time.Minute)
		k.asThemself(b.open(k.values.App+"/oauth2/start?rd=%2F"), proxied)
		if asks { // whoever is not there says yes to nothing
			k.server.end(k.t)
			if p := b.once("GET", k.values.App+"/", nil, nil); p.status < 500 || strings.Contains(p.body, "X-Principal") {
				k.t.Errorf("got %s while Standin is away, want nothing opened", p)
			}
		}
	})
}

// lasting is what oauth2-proxy logs of a session that it begins.
var lasting = regexp.MustCompile(`Authenticated via OAuth2: Session\{.*created:(\S+ \S+) .*expires:(\S+ \S+) `)

// atMost checks how long oauth2-proxy keeps a session for which it gets no new tokens.
func (k *kitchen) atMost(p *program, most time.Duration) {
	k.t.Helper()
	found := lasting.FindStringSubmatch(p.said.String())
	if found == nil {
		k.t.Fatalf("oauth2-proxy does not say how long a session lasts:\n%s", p.said)
	}
	const form = "2006-01-02 15:04:05.999999999"
	created, err := time.Parse(form, found[1])
	if err != nil {
		k.t.Fatal(err)
	}
	expires, err := time.Parse(form, found[2])
	if err != nil {
		k.t.Fatal(err)
	}
	if got := expires.Sub(created); got <= 0 || got > most+time.Second {
		k.t.Errorf("got a session of %v, want at most %v", got, most)
	}
}

// oauth2Proxy builds it from its own source, in a module of its own.
func oauth2Proxy(t *testing.T) string {
	t.Helper()
	path, err := proxy()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var proxy = sync.OnceValues(func() (string, error) {
	return build("peers", "oauth2-proxy", "github.com/oauth2-proxy/oauth2-proxy/v7")
})
