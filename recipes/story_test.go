//go:build recipes

package recipes

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// shows says how an application that was set up by a recipe shows who is there: what its first page says while Ben acts for
// Clara, and in Ben's own name.
type shows struct {
	acting, own []string
	not         []string // what it does not say in Ben's own name
}

// round is one setting up of a recipe's files, within the test of that recipe.
func (k *kitchen) round(name string, do func(k *kitchen)) {
	k.t.Helper()
	k.t.Run(name, func(t *testing.T) {
		own := *k
		own.t, own.dir, own.swap = t, open(t), append([]string(nil), k.swap...)
		do(&own)
	})
}

// signIn lets somebody sign in through the application, at Standin's own pages, and choose.
func (k *kitchen) signIn(person, choice string) (*browser, *page) {
	k.t.Helper()
	b := k.newBrowser()
	p := b.open(k.values.App + "/")
	if !strings.HasPrefix(p.at.String(), k.values.Issuer+"/signin") {
		k.t.Fatalf("the application does not lead to Standin's sign-in: %s", p)
	}
	p = p.submit("Sign in", "email", person+"@acme.example", "password", "only-for-trials").submit(choice)
	if got := p.at.Scheme + "://" + p.at.Host; got != k.values.App {
		k.t.Fatalf("signing in does not lead back to the application: %s", p)
	}
	return b, p
}

// asDeputy lets Ben sign in as deputy of Clara and checks that the application shows it.
func (k *kitchen) asDeputy(s shows) *browser {
	k.t.Helper()
	b, p := k.signIn("ben", "Deputy of Clara Hoffmann")
	p.reads(s.acting...)
	signedIn := k.records("client.sign_in")
	if len(signedIn) == 0 || signedIn[len(signedIn)-1] != (record{"client.sign_in", "done", "person:ben", "clara"}) {
		k.t.Errorf("got records %+v, want the last to say that Ben signed in for Clara", signedIn)
	}
	return b
}

// banner checks that the banner's requests reach Standin through the application, and who it says is acting.
func (k *kitchen) banner(b *browser) {
	k.t.Helper()
	fetched := http.Header{"Sec-Fetch-Mode": {"cors"}, "Sec-Fetch-Site": {"same-origin"}, "Accept": {"*/*"}}
	script := b.once("GET", k.values.App+"/.standin/banner.js", nil, fetched)
	if got := script.header.Get("Content-Type"); script.status != http.StatusOK || !strings.HasPrefix(got, "text/javascript") {
		k.t.Errorf("got %d %s for the banner's script", script.status, got)
	}
	state := b.once("GET", k.values.App+"/.standin/state", nil, fetched)
	if state.status != http.StatusOK || !json.Valid([]byte(state.body)) {
		k.t.Fatalf("got %s for the banner's state", state)
	}
	state.reads("Ben Fischer", "Clara Hoffmann")
	foreign := b.once("POST", k.values.App+"/.standin/stop", url.Values{}, http.Header{"Origin": {"https://evil.example"},
		"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"cors"}})
	if foreign.status < 400 {
		k.t.Errorf("got %s where another site's page stops, want it refused", foreign)
	}
	nobody := k.newBrowser().once("GET", k.values.App+"/.standin/state", nil, fetched)
	if nobody.status != http.StatusUnauthorized {
		k.t.Errorf("got %s for somebody who is not signed in, want 401", nobody)
	}
	k.elsewhere(b)
}

// elsewhere checks that the access token goes to Standin alone, whatever address a link made somebody ask for.
func (k *kitchen) elsewhere(b *browser) {
	k.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		k.t.Fatal(err)
	}
	defer l.Close()
	stolen := make(chan struct{})
	go func() {
		if c, err := l.Accept(); err == nil {
			_ = c.Close()
			close(stolen)
		}
	}()
	for _, path := range []string{"//" + l.Addr().String() + "/.standin/state", "//user@" + l.Addr().String() + "/.standin/state",
		"/.standin//" + l.Addr().String() + "/state", "/.standin/%2e%2e//" + l.Addr().String() + "/state"} {
		b.once("GET", k.values.App+path, nil, nil)
	}
	select {
	case <-stolen:
		k.t.Error("the banner's requests can be led elsewhere, with the access token")
	default:
	}
	for _, path := range []string{"/.standin/../oauth2/userinfo", "/.standin/%2e%2e/oauth2/userinfo", "/.standin/..%2foauth2/userinfo"} {
		if p := b.once("GET", k.values.App+path, nil, nil); strings.Contains(p.body, `"sub":"clara"`) {
			k.t.Errorf("got %s, want nothing but the banner's own addresses", p)
		}
	}
}

// stop presses Stop in the banner: the request goes through the application.
func (k *kitchen) stop(b *browser) {
	k.t.Helper()
	p := b.once("POST", k.values.App+"/.standin/stop", url.Values{}, http.Header{"Sec-Fetch-Mode": {"cors"}, "Accept": {"*/*"}})
	if p.status >= 300 {
		k.t.Fatalf("got %s, want acting to be over", p)
	}
}

// stopAtStandin stops at Standin's own page, of which the application knows nothing.
func (k *kitchen) stopAtStandin(b *browser) {
	k.t.Helper()
	b.open(k.values.Issuer + "/stop").reads("Clara Hoffmann").submit("Switch back to myself")
}

// revoked lets Clara take the delegation back, at Standin, while Ben acts for her.
func (k *kitchen) revoked() {
	k.t.Helper()
	clara := k.newBrowser()
	clara.open(k.values.Issuer+"/signin").submit("Sign in", "email", "clara@acme.example", "password", "only-for-trials")
	clara.open(k.values.Issuer + "/cover/d-1").submit("End now")
}

// hears opens the banner's stream through the application. What it returns waits until the stream says that acting is over.
func (k *kitchen) hears(b *browser) (over func()) {
	k.t.Helper()
	r, err := http.NewRequestWithContext(k.t.Context(), "GET", k.values.App+"/.standin/events", nil)
	if err != nil {
		k.t.Fatal(err)
	}
	r.Header = http.Header{"Accept": {"text/event-stream"}, "Sec-Fetch-Mode": {"cors"}, "Sec-Fetch-Site": {"same-origin"}}
	stream := *b.client
	stream.Timeout = 0
	resp, err := stream.Do(r)
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { _ = resp.Body.Close() })
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(got, "text/event-stream") {
		k.t.Fatalf("got %d %s for the banner's stream", resp.StatusCode, got)
	}
	events := make(chan string)
	go func() {
		defer close(events)
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			if data, found := strings.CutPrefix(lines.Text(), "data:"); found {
				select {
				case events <- data:
				case <-r.Context().Done():
					return
				}
			}
		}
	}()
	until := func(what string, is func(event string) bool) {
		k.t.Helper()
		late := time.After(patience)
		for {
			select {
			case event, going := <-events:
				if !going {
					k.t.Fatalf("the banner's stream ends and does not say %s", what)
				}
				if is(event) {
					return
				}
			case <-late:
				k.t.Fatalf("the banner's stream does not say %s", what)
			}
		}
	}
	until("who acts", func(event string) bool { return strings.Contains(event, "Clara Hoffmann") })
	return func() {
		k.t.Helper()
		until("that acting is over", func(event string) bool { return strings.Contains(event, `"ended":{`) })
	}
}

// cutOff waits until the application shows Clara's page to this browser no longer, without doing anything that would renew
// what it has.
func (k *kitchen) cutOff(b *browser) {
	k.t.Helper()
	begun := time.Now()
	defer func() { k.t.Logf("cut off %d ms after it was acknowledged", time.Since(begun).Milliseconds()) }()
	eventually(k.t, "the application goes on after Stop", func() bool {
		return b.once("GET", k.values.App+"/", nil, nil).status != http.StatusOK
	})
}

// asThemself checks that the application signs Ben in anew by itself, in his own name, and that no page of Standin's asked.
func (k *kitchen) asThemself(p *page, s shows) *page {
	k.t.Helper()
	p.reads(s.own...).misses(s.not...)
	for _, hop := range p.hops {
		u, err := url.Parse(hop)
		if err != nil {
			k.t.Fatal(err)
		}
		if strings.HasPrefix(hop, k.values.Issuer) && !strings.HasPrefix(u.Path, "/oauth2/") {
			k.t.Errorf("somebody was asked at %s", hop)
		}
	}
	return p
}

// switched lets Ben, who is himself, follow the banner's Switch, and choose to act for Clara. It leads back to the application,
// which shows that at once.
func (k *kitchen) switched(b *browser, s shows) *page {
	k.t.Helper()
	p := b.open(k.values.Issuer + "/choose?client=my-app").submit("Deputy of Clara Hoffmann")
	if !strings.HasPrefix(p.at.String(), k.values.App+"/") {
		k.t.Errorf("choosing does not lead back to the application: %s", p)
	}
	return p.reads(s.acting...)
}

// signedOut checks that signing out of the application signed Ben out of Standin, too, which asked nothing and led back.
func (k *kitchen) signedOut(p *page) {
	k.t.Helper()
	if want := k.values.Issuer + "/signin"; !strings.HasPrefix(p.at.String(), want) || !slices.Contains(p.hops, k.values.App+"/") {
		k.t.Fatalf("signing out does not lead over the application to %s: %s", want, p)
	}
	if home := p.b.open(k.values.Issuer + "/"); home.at.Path != "/signin" {
		k.t.Errorf("Ben is signed in at Standin after he signed out: %s", home)
	}
}

// renews opens the application until it has fetched new tokens several times, and lets a page ask for several things at
// once while it does.
func (k *kitchen) renews(b *browser, s shows) {
	k.t.Helper()
	before := k.renewals()
	eventually(k.t, "the application fetches no new tokens", func() bool {
		b.open(k.values.App + "/").reads(s.acting...)
		return k.renewals() >= before+3
	})
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if p := b.once("GET", k.values.App+"/", nil, http.Header{"Sec-Fetch-Mode": {"cors"}, "Sec-Fetch-Site": {"same-origin"}}); p.status != http.StatusOK {
				k.t.Errorf("got %s for one of several requests at once", p)
			}
		})
	}
	all.Wait()
	b.open(k.values.App + "/").reads(s.acting...)
}

// renewals counts how often tokens were renewed for Ben while he acted for Clara.
func (k *kitchen) renewals() (n int) {
	k.t.Helper()
	for _, r := range k.records("token.refresh") {
		if r.Actor != "person:ben" || r.Principal != "clara" {
			k.t.Errorf("got the record %+v, want both people in it", r)
		}
		if r.Outcome == "done" {
			n++
		}
	}
	return n
}
