package front_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/cmd/standin/front"
)

// stand returns a handler behind the front, and its log.
func stand(t *testing.T, c front.Config, next http.HandlerFunc) (http.Handler, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	c.Log = slog.New(front.Named(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	c.Metrics = front.NewMetrics("test", "none")
	c.Fail = func(w http.ResponseWriter, r *http.Request, status int) {
		http.Error(w, "refused "+standin.RequestOf(r.Context()).ID, status)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/things/{id}", next)
	return front.New(c, mux), &log
}

func address(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func ask(h http.Handler, method, target, from string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.RemoteAddr = from
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestThreat68ForwardedHeaders shows whose word about the browser is taken.
func TestThreat68ForwardedHeaders(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		name    string
		proxies []netip.Prefix
		from    string
		header  []string
		status  int
		address string // as the room sees it
		host    string
	}{
		{name: "nobody is believed without a named proxy", from: "192.0.2.7:1",
			header: []string{"X-Forwarded-For", "1.2.3.4", "X-Forwarded-Host", "evil.example", "Forwarded", "for=1.2.3.4"},
			status: 200, address: "192.0.2.7:1", host: "standin.example"},
		{name: "the proxy is believed", proxies: proxies, from: "10.0.0.1:1",
			header: []string{"X-Forwarded-For", "192.0.2.9", "X-Forwarded-Proto", "https"},
			status: 200, address: "192.0.2.9:0", host: "standin.example"},
		{name: "what the browser put before is not", proxies: proxies, from: "10.0.0.1:1",
			header: []string{"X-Forwarded-For", "1.2.3.4, 192.0.2.9", "X-Forwarded-For", "10.0.0.2"},
			status: 200, address: "192.0.2.9:0", host: "standin.example"},
		{name: "a forged list of trusted addresses ends at the first stranger", proxies: proxies, from: "10.0.0.1:1",
			header: []string{"X-Forwarded-For", "10.6.6.6, 192.0.2.9, 10.0.0.3"},
			status: 200, address: "192.0.2.9:0", host: "standin.example"},
		{name: "rubbish ends it, too", proxies: proxies, from: "10.0.0.1:1",
			header: []string{"X-Forwarded-For", "1.2.3.4, <script>"},
			status: 200, address: "10.0.0.1:1", host: "standin.example"},
		{name: "IPv6", proxies: proxies, from: "[fd00::1]:1", header: []string{"X-Forwarded-For", "2001:db8::9"},
			status: 200, address: "[2001:db8::9]:0", host: "standin.example"},
		{name: "who goes around the proxy gets nothing", proxies: proxies, from: "192.0.2.7:1",
			header: []string{"X-Forwarded-For", "10.0.0.1", "X-Forwarded-Proto", "https"}, status: 403},
		{name: "a browser in clear is sent to https", proxies: proxies, from: "10.0.0.1:1",
			header: []string{"X-Forwarded-Proto", "http"}, status: 308},
		{name: "only the proxy's own word about the scheme counts", proxies: proxies, from: "10.0.0.1:1",
			header: []string{"X-Forwarded-Proto", "https, http"}, status: 308},
		{name: "another host is not served", proxies: proxies, from: "10.0.0.1:1",
			header: []string{"X-Forwarded-Host", "evil.example"}, status: 421},
	} {
		t.Run(c.name, func(t *testing.T) {
			var seen *http.Request
			h, _ := stand(t, front.Config{URL: address(t, "https://standin.example"), Proxies: c.proxies},
				func(_ http.ResponseWriter, r *http.Request) { seen = r })
			w := ask(h, "GET", "https://standin.example/things/1", c.from, c.header...)
			if w.Code != c.status {
				t.Fatalf("got status %d, want %d", w.Code, c.status)
			}
			if c.status != http.StatusOK {
				if seen != nil {
					t.Error("a room saw the request")
				}
				return
			}
			if seen.RemoteAddr != c.address || seen.Host != c.host {
				t.Errorf("got address %s and host %s, want %s and %s", seen.RemoteAddr, seen.Host, c.address, c.host)
			}
			for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"} {
				if got := seen.Header.Get(name); got != "" {
					t.Errorf("a room sees %s: %s", name, got)
				}
			}
		})
	}
}

func TestHostsThatAreServed(t *testing.T) {
	for _, c := range []struct {
		url, target string
		loopback    bool
		status      int
	}{
		{"http://127.0.0.1:8080", "http://127.0.0.1:8080/things/1", true, 200},
		{"https://standin.example", "https://standin.example:443/things/1", false, 200},
		{"https://standin.example", "https://standin.example:80/things/1", false, 421},
		{"http://127.0.0.1:8080", "http://localhost:8080/things/1", true, 200},
		{"http://127.0.0.1:8080", "http://rebound.example:8080/things/1", true, 421},
		{"http://127.0.0.1:8080", "http://localhost:9090/things/1", true, 421},
		{"https://standin.example", "https://STANDIN.example/things/1", false, 200},
		{"https://standin.example", "https://localhost:8443/things/1", false, 421},
		{"https://standin.example", "https://10.1.2.3/things/1", false, 421},
	} {
		h, _ := stand(t, front.Config{URL: address(t, c.url), Loopback: c.loopback, Port: "8080"},
			func(http.ResponseWriter, *http.Request) {})
		if w := ask(h, "GET", c.target, "192.0.2.1:1"); w.Code != c.status {
			t.Errorf("%s at %s: got %d, want %d", c.target, c.url, w.Code, c.status)
		}
	}
}

func TestThreat33OtherSitesMayNotPost(t *testing.T) {
	h, _ := stand(t, front.Config{URL: address(t, "https://standin.example")}, func(http.ResponseWriter, *http.Request) {})
	for _, c := range []struct {
		header []string
		status int
	}{
		{[]string{"Sec-Fetch-Site", "same-origin"}, 200},
		{[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{[]string{"Sec-Fetch-Site", "same-site"}, 403},
		{[]string{"Origin", "https://evil.example"}, 403},
		{[]string{"Origin", "https://standin.example"}, 200},
		{nil, 200}, // no browser
	} {
		if w := ask(h, "POST", "https://standin.example/things/1", "192.0.2.1:1", c.header...); w.Code != c.status {
			t.Errorf("%v: got %d, want %d", c.header, w.Code, c.status)
		}
	}
}

func TestRequestIDs(t *testing.T) {
	h, _ := stand(t, front.Config{URL: address(t, "https://standin.example")}, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, standin.RequestOf(r.Context()).ID)
	})
	for _, c := range []struct {
		sent string
		kept bool
	}{
		{"abcdefgh-0123_Z", true},
		{"short", false},
		{strings.Repeat("a", 65), false},
		{"12345678\" onload=", false},
		{"12345678\x1b[31m", false},
		{"", false},
	} {
		w := ask(h, "GET", "https://standin.example/things/1", "192.0.2.1:1", "X-Request-ID", c.sent)
		got := w.Header().Get("X-Request-ID")
		if (got == c.sent) != c.kept || got == "" || w.Body.String() != got {
			t.Errorf("sent %q: the answer has %q, the room saw %q, want kept %v", c.sent, got, w.Body, c.kept)
		}
	}
}

func TestLogNamesActorAndPrincipalAndNoSecret(t *testing.T) {
	h, log := stand(t, front.Config{URL: address(t, "https://standin.example")}, func(w http.ResponseWriter, r *http.Request) {
		standin.RequestOf(r.Context()).AskedBy(standin.Caller{Actor: "person:p-1", Principal: "p-2", Session: "s-9"})
		w.WriteHeader(http.StatusTeapot)
	})
	ask(h, "POST", "https://standin.example/things/7?token=hunter2", "192.0.2.1:1", "Cookie", "c=hunter3",
		"Authorization", "Bearer hunter4", "X-Request-ID", "abcdefgh")
	for _, want := range []string{"request=abcdefgh", "actor=person:p-1", "principal=p-2", "session=s-9", "status=418",
		"route=/things/{id}", "path=/things/7", "method=POST", "address=192.0.2.1"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s: %s", want, log)
		}
	}
	if strings.Contains(log.String(), "hunter") {
		t.Errorf("the log holds a secret: %s", log)
	}
}

func TestPanicsAreAnswered(t *testing.T) {
	h, log := stand(t, front.Config{URL: address(t, "https://standin.example")}, func(http.ResponseWriter, *http.Request) {
		panic("the database's password is hunter2")
	})
	w := ask(h, "GET", "https://standin.example/things/1", "192.0.2.1:1", "X-Request-ID", "abcdefgh")
	if w.Code != 500 || !strings.Contains(w.Body.String(), "abcdefgh") || strings.Contains(w.Body.String(), "hunter2") {
		t.Errorf("got %d %q, want 500 with the request's id and nothing of the panic", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "front_test.go") {
		t.Errorf("the log lacks the stack: %s", log)
	}
}

func TestLimitsOfSize(t *testing.T) {
	h, _ := stand(t, front.Config{URL: address(t, "https://standin.example")}, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			http.Error(w, "too much", http.StatusRequestEntityTooLarge)
		}
	})
	for _, known := range []bool{true, false} {
		r := httptest.NewRequest("POST", "https://standin.example/things/1", strings.NewReader(strings.Repeat("a", 1<<20+1)))
		if !known {
			r.ContentLength = -1
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("length known %v: got %d, want 413", known, w.Code)
		}
	}
}

func TestThreat73AnswersAreNotKept(t *testing.T) {
	h, _ := stand(t, front.Config{URL: address(t, "https://standin.example")}, func(http.ResponseWriter, *http.Request) {})
	w := ask(h, "GET", "https://standin.example/things/1", "192.0.2.1:1")
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("got Cache-Control %q, want no-store", got)
	}
}

// TestWhoeverLeftIsNoFailure: that nothing was answered in time to somebody who has gone is for debugging; to whoever waits it is
// a failure.
func TestWhoeverLeftIsNoFailure(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	gone := false
	h, log := stand(t, front.Config{URL: address(t, "http://127.0.0.1:8080"), Loopback: true, Port: "8080"}, func(w http.ResponseWriter, r *http.Request) {
		if gone {
			leave()
			<-r.Context().Done()
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	for _, c := range []struct {
		gone bool
		want string
	}{{false, "level=ERROR"}, {true, "level=DEBUG"}} {
		gone = c.gone
		log.Reset()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "POST", "http://127.0.0.1:8080/things/1", nil))
		if !strings.Contains(log.String(), c.want) || strings.Contains(log.String(), "status=499") != c.gone {
			t.Errorf("gone %v: got %s, want %s", c.gone, log, c.want)
		}
	}
}
