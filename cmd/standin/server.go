package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting/impact"
	"github.com/standin-id/standin/api"
	"github.com/standin-id/standin/api/authzen"
	"github.com/standin-id/standin/cmd/standin/front"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/provider"
	"github.com/standin-id/standin/provider/session"
	"github.com/standin-id/standin/web"
	"github.com/standin-id/standin/world/table"
)

// stuck is how long a record may wait for its place before the server says that it is not ready.
const stuck = 15 * time.Second

// server is the program while it serves.
type server struct {
	reach    *reach
	house    *house
	url      *url.URL
	listener net.Listener
	apart    net.Listener // for /metrics alone; nil where there is none
	metrics  *front.Metrics
	demo     *web.Demo // nil but for the command demo
	provider *provider.Provider
	banners  *session.Session
	log      *slog.Logger
}

// newServer listens, so that the address is certain, and answers nothing before run.
func newServer(h *house, r *reach, log *slog.Logger) (*server, error) {
	s := &server{reach: r, house: h, log: log, metrics: front.NewMetrics(version().Version, h.db.Dialect())}
	var encrypted *tls.Config
	if r.secure() {
		c, err := front.LoadCertificate(r.cert, r.key, log)
		if err != nil {
			return nil, err
		}
		encrypted = c.Config()
	}
	l, err := listen("--listen", r.listen)
	if err != nil {
		return nil, err
	}
	if s.listener = l; encrypted != nil {
		s.listener = tls.NewListener(l, encrypted)
	}
	s.url = r.public(l)
	if r.metrics != "" {
		if s.apart, err = listen("--metrics-listen", r.metrics); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	h.tokens = h.tokens.At(s.url.String())
	h.logout = h.telling(r.told...)
	if s.provider, err = s.newProvider(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	s.banners = s.newBanners()
	s.measure()
	return s, nil
}

// listen listens on the address that the flag gave.
func listen(flag, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err == nil {
		return l, nil
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, standin.Refuse(standin.Unavailable, "standin.serve", "serve.address_taken",
			"Another program, perhaps another Standin, listens on {address} already: stop that one, or give this one another address with {flag}, such as {other}.").
			With("address", address).With("flag", flag).With("other", beside(address)).Because(err)
	}
	return nil, standin.Refuse(standin.Unavailable, "standin.serve", "serve.cannot_listen",
		"Standin cannot listen on {address}: {why}. Give another address with {flag}.").
		With("address", address).With("flag", flag).With("why", plainly(err)).Because(err)
}

// beside returns the same address at the next port.
func beside(address string) string {
	host, text, _ := net.SplitHostPort(address)
	port, err := strconv.Atoi(text)
	if err != nil || port >= 65535 {
		port = 8079
	}
	return net.JoinHostPort(host, strconv.Itoa(port+1))
}

// plainly says why an address cannot be listened on.
func plainly(err error) string {
	switch {
	case errors.Is(err, syscall.EACCES):
		return "this account may not use that port"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "this machine does not have that address"
	}
	return "the address cannot be used"
}

// weight is memory that is never touched, and so never taken from the machine, but counts where the collector decides when to
// work again: what requests leave is collected by so much at once, where a small heap would be gone through many times a
// second.
const weight = 64 << 20

// run serves until ctx ends or something that the server cannot be without fails.
func (s *server) run(ctx context.Context) error {
	heap := make([]byte, weight)
	defer runtime.KeepAlive(heap)
	servers := map[net.Listener]*http.Server{s.listener: front.Server(s.handler(), s.log)}
	servers[s.listener].RegisterOnShutdown(s.banners.Close)
	if s.apart != nil {
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", s.metrics.Handler())
		servers[s.apart] = front.Server(mux, s.log)
	}
	return front.ServeUntil(ctx, s.log, servers, []front.Work{
		{Name: "sequencer", Run: s.house.sequencer.Run}, {Name: "ends", Run: s.house.recordEnds},
		{Name: "signing keys", Run: s.house.signing.Run}, {Name: "logout", Run: s.house.logout.Run}, {Name: "banners", Run: s.banners.Run},
		{Name: "clocks", Run: s.house.decisions.Run},
		{Name: "schema", Run: func(ctx context.Context) error { return s.house.db.Watch(ctx, s.log) }},
		{Name: "checks", Run: s.house.checks.Run}, {Name: "exports", Run: s.house.exports.Run}})
}

// handler joins everything that answers requests.
func (s *server) handler() http.Handler {
	h, secure := s.house, s.url.Scheme == "https"
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", front.Live)
	mux.Handle("GET /readyz", front.Ready(s.checks(), func(ctx context.Context, name string, err error) {
		s.log.ErrorContext(ctx, "not ready", "check", name, "error", err)
	}))
	if s.reach.onLoopback() && len(s.reach.proxies) == 0 {
		mux.Handle("GET /metrics", s.metrics.Handler())
	}
	previews, lists := impact.New(h.db, h.ledger, h.directory, h.delegations, h.acting, time.Now), h.lists()
	mux.Handle("/api/", api.New(api.Rooms{DB: h.db, Ledger: h.ledger, Applications: h.applications, Directory: h.directory,
		Delegations: h.delegations, Acting: h.acting, Decisions: h.decisions, Signin: h.signin, Previews: previews, Lists: lists, Checks: h.checks, Exports: h.exports,
		Rules: h.rules, Trials: h.trials, Tokens: h.tokens, Signing: h.signing, Logout: h.logout},
		api.Config{Secure: secure, Now: time.Now, Log: s.log}))
	points := authzen.New(authzen.Config{Applications: h.applications, Decisions: h.decisions, URL: s.url.String(), Now: time.Now, Log: s.log})
	for _, path := range []string{authzen.Prefix, authzen.OfOne, authzen.WellKnown, authzen.WellKnown + "/"} {
		mux.Handle(path, points)
	}
	for _, path := range []string{"/oauth2/", provider.OpenID, provider.OAuth} {
		mux.Handle(path, s.provider.Handler())
	}
	mux.Handle(session.Prefix, s.banners.Handler())
	if s.demo != nil {
		mux.Handle(session.GalleryAt, session.Gallery(speaking))
		mux.Handle(session.GalleryAt+"/", session.Gallery(speaking))
	}
	mux.Handle("/", web.New(web.Config{Rooms: web.Rooms{DB: h.db, Applications: h.applications, Directory: h.directory,
		Delegations: h.delegations, Acting: h.acting, Decisions: h.decisions, Signin: h.signin, Previews: previews, Lists: lists, Checks: h.checks, Exports: h.exports,
		Rules: h.rules, Trials: h.trials, Tokens: h.tokens, Signing: h.signing, Logout: h.logout}, Secure: secure, Now: time.Now, Log: s.log, Demo: s.demo}))
	return s.fronted(mux)
}

// fronted puts before next what every request passes.
func (s *server) fronted(next http.Handler) http.Handler {
	page := web.Fail(s.log, time.Now)
	return front.New(front.Config{
		URL: s.url, Proxies: s.reach.proxies, Loopback: s.reach.onLoopback(), Port: port(s.listener),
		Log: s.log, Metrics: s.metrics, Streams: streams, Uploads: uploads,
		Fail: func(w http.ResponseWriter, r *http.Request, status int) {
			switch {
			case strings.HasPrefix(r.URL.Path, "/api/"):
				api.Fail(w, r, status)
			case strings.HasPrefix(r.URL.Path, authzen.Prefix), strings.HasPrefix(r.URL.Path, authzen.OfOne):
				authzen.Fail(w, r, status, "")
			case provider.Asked(r.URL.Path):
				provider.Fail(w, r, status)
			default:
				page(w, r, status)
			}
		},
	}, next)
}

// streams reports whether the answer takes as long as it is long: an export, or what an application's page listens to.
func streams(r *http.Request) bool {
	return session.Streams(r) || r.Method == http.MethodGet && (strings.HasSuffix(r.URL.Path, "/export") || strings.HasSuffix(r.URL.Path, "/file"))
}

// uploads returns how large a list may be that is sent to be imported; 0 for every other request.
func uploads(r *http.Request) int64 {
	if r.Method != http.MethodPost {
		return 0
	}
	switch r.URL.Path {
	case "/import":
		return table.MostBytes + 1<<16 // for the rest of the form
	case api.Prefix + "/lists/people", api.Prefix + "/lists/delegations":
		return table.MostBytes
	}
	return 0
}

func (s *server) checks() []front.Check {
	return []front.Check{
		{Name: "database", Run: s.house.db.Ping},
		{Name: "schema", Run: func(context.Context) error { return s.house.db.Superseded() }},
		{Name: "sequencer", Run: func(ctx context.Context) error {
			_, oldest, err := s.waiting(ctx)
			if err == nil && !oldest.IsZero() && time.Since(oldest) > stuck {
				err = errors.New("a record waits for its place since " + oldest.Format(time.RFC3339))
			}
			return err
		}},
		{Name: "signing keys", Run: s.house.signing.Check},
	}
}

func (s *server) waiting(ctx context.Context) (count int64, oldest time.Time, err error) {
	err = s.house.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		count, oldest, err = s.house.ledger.Waiting(ctx, tx)
		return err
	})
	return count, oldest, err
}

// measure adds what the rooms know to the metrics.
func (s *server) measure() {
	s.metrics.Gauge(s.log, "standin_ledger_waiting", "Records that have no place in a tree yet.",
		func(ctx context.Context) (float64, error) {
			n, _, err := s.waiting(ctx)
			return float64(n), err
		})
	s.metrics.Gauge(s.log, "standin_logout_waiting", "Ends of which applications were not told yet.",
		func(ctx context.Context) (float64, error) {
			n, _, err := s.house.logout.Waiting(ctx)
			return float64(n), err
		})
	s.metrics.Gauge(s.log, "standin_database_up", "Whether the database answers.", func(ctx context.Context) (float64, error) {
		if s.house.db.Ping(ctx) != nil {
			return 0, nil
		}
		return 1, nil
	})
}

func port(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
