// Package front owns what every HTTP request passes before a room sees it: its id, the address it really came from, limits
// of size and time, the host it was meant for, its line in the log, its place in the metrics, and what happens when a
// handler panics. It refuses requests for other hosts, from other origins, and, where Standin stands behind a proxy, from
// anybody but that proxy. It knows nothing of pages or operations.
package front

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Config says how requests reach the program.
type Config struct {
	URL     *url.URL // the public address
	Proxies []netip.Prefix
	// Loopback says that only programs on this machine can connect, so that its loopback names are good hosts, too.
	Loopback bool
	Port     string // of the listener, for the loopback names
	Log      *slog.Logger
	Metrics  *Metrics
	// Streams reports whether the answer to a request goes on for as long as it needs; nil: none does.
	Streams func(*http.Request) bool
	// Uploads returns how large a request may be that brings a file, which may also take long; 0 or nil: none does.
	Uploads func(*http.Request) int64
	// Fail answers instead of a handler, where a request is refused or its handler panicked; status says why.
	Fail func(w http.ResponseWriter, r *http.Request, status int)
}

const (
	bodyLimit = 1 << 20
	// A change is answered within two seconds, or with "unavailable" (THREATS 74); reading may take longer.
	changeLimit = 1900 * time.Millisecond
	readLimit   = 20 * time.Second
	uploadLimit = 5 * time.Minute
	agentLimit  = 300
)

// New returns the handler that stands in front of next.
func New(c Config, next http.Handler) http.Handler {
	f := &front{Config: c, armour: armour(c.URL.Scheme)}
	origins := http.NewCrossOriginProtection()
	origins.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.Fail(w, r, http.StatusForbidden)
	}))
	// What applications ask, and where they lead browsers, comes from elsewhere by its nature. None of it goes by a cookie alone.
	origins.AddInsecureBypassPattern("/oauth2/")
	origins.AddInsecureBypassPattern("/.standin/")
	return f.identified(f.logged(f.recovered(f.expected(f.limited(origins.Handler(next))))))
}

type front struct {
	Config
	armour []header
}

// header is one that every answer has; nobody changes its value.
type header struct {
	name  string
	value []string
}

// armour returns the headers that keep browsers from doing with an answer what it is not for.
func armour(scheme string) []header {
	all := []header{
		{"Cache-Control", []string{"no-store"}},
		{"X-Content-Type-Options", []string{"nosniff"}},
		{"X-Frame-Options", []string{"DENY"}},
		{"Content-Security-Policy", []string{"default-src 'none'; frame-ancestors 'none'"}}, // pages say which of theirs they load
		{"Referrer-Policy", []string{"no-referrer"}},
		{"Cross-Origin-Resource-Policy", []string{"same-origin"}},
	}
	if scheme == "https" {
		all = append(all, header{"Strict-Transport-Security", []string{"max-age=31536000"}})
	}
	return all
}

// limited bounds how much is read and how long an answer may take.
func (f *front) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		most, brings := f.most(r)
		if r.ContentLength > most {
			f.Fail(w, r, http.StatusRequestEntityTooLarge)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		if agent := r.Header.Get("User-Agent"); len(agent) > agentLimit {
			r.Header.Set("User-Agent", agent[:agentLimit])
		}
		if f.Streams != nil && f.Streams(r) {
			_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // refused by recorders in tests alone
			next.ServeHTTP(w, r)
			return
		}
		limit := changeLimit
		if brings {
			limit = uploadLimit
			c, until := http.NewResponseController(w), time.Now().Add(2*uploadLimit)
			_, _ = c.SetReadDeadline(until), c.SetWriteDeadline(until) // refused by recorders in tests alone
		} else if r.Method == http.MethodGet || r.Method == http.MethodHead {
			limit = readLimit
		}
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		*r = *r.WithContext(ctx) // the same request, so that the route that a mux notes in it is seen outside
		next.ServeHTTP(w, r)
	})
}

// most returns how large the request may be, and whether it may bring a file.
func (f *front) most(r *http.Request) (bytes int64, brings bool) {
	if f.Uploads != nil {
		if bytes := f.Uploads(r); bytes > 0 {
			return bytes, true
		}
	}
	return bodyLimit, false
}

// expected refuses requests that were meant for another host, or that went around the proxy.
func (f *front) expected(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for _, a := range f.armour {
			h[a.name] = a.value
		}
		if r.URL.Path == "/livez" || r.URL.Path == "/readyz" {
			next.ServeHTTP(w, r) // asked by whoever keeps the program running, by whatever name
			return
		}
		switch seen := f.believe(r); {
		case seen == fromElsewhere:
			f.Fail(w, r, http.StatusForbidden)
		case seen == inClear && (r.Method == http.MethodGet || r.Method == http.MethodHead):
			http.Redirect(w, r, f.URL.Scheme+"://"+f.URL.Host+r.URL.RequestURI(), http.StatusPermanentRedirect)
		case seen == inClear:
			f.Fail(w, r, http.StatusForbidden)
		case !f.ours(r.Host):
			f.Fail(w, r, http.StatusMisdirectedRequest)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// ours reports whether the host is the public one, or, where only this machine can connect, a loopback name: so that a
// name that somebody else points at this machine opens nothing.
func (f *front) ours(host string) bool {
	if strings.EqualFold(Bare(f.URL.Scheme, host), f.URL.Host) {
		return true
	}
	if !f.Loopback || len(f.Proxies) > 0 {
		return false
	}
	for _, name := range []string{"127.0.0.1", "localhost", "[::1]"} {
		if strings.EqualFold(host, name+":"+f.Port) {
			return true
		}
	}
	return false
}

// Bare returns the host without the port that its scheme has anyway: browsers leave it out, some programs do not.
func Bare(scheme, host string) string {
	switch scheme {
	case "https":
		return strings.TrimSuffix(host, ":443")
	case "http":
		return strings.TrimSuffix(host, ":80")
	}
	return host
}
