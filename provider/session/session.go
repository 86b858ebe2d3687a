// Package session owns what an application's pages learn of the identity that the application was given, below /.standin/:
// who acts for whom and how long yet, live; more time, and the end of it; and the script that shows all this.
//
// Whoever asks presents the access token that Standin gave the application: no cookie is read. It refuses a token that does
// not stand at that instant (events are cut within a second), a change that a page of another origin than the
// application's own asks for, and to begin acting or to choose somebody: that is Standin's own page. What it shows decides
// nothing.
package session

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token"
)

// Prefix is where everything of this package is.
const Prefix = "/.standin/"

// Words speak one language, and keep the direction of a name in a sentence to itself (THREATS 71). They belong to another
// adapter, web, so the program hands them over.
type Words interface {
	Language() string
	Text(key string, args map[string]any) string
	Error(err *standin.Error) string
	Clock(t time.Time) string
	Until(t, now time.Time) string
	Span(d time.Duration) string
}

// Config says what a Session stands on.
type Config struct {
	DB           *db.DB
	Ledger       *ledger.Ledger
	Applications *application.Applications
	Directory    *directory.Directory
	Acting       *acting.Acting
	Signin       *signin.Signin
	Tokens       *token.Tokens
	// Words returns the words of the first language that is spoken among the preferences.
	Words func(preferences ...string) Words
	URL   *url.URL // the issuer
	Now   func() time.Time
	Log   *slog.Logger
	// Most bounds the streams of this process, 2,000 where 0; MostOfOne those of one person, 64 where 0; MostEach those of one
	// sign-in or acting session, 16 where 0.
	Most, MostOfOne, MostEach int
}

// Session answers for the pages of applications. It is safe for concurrent use.
type Session struct {
	Config
	streams streams
}

// New returns what answers below Prefix.
func New(c Config) *Session {
	if c.Most == 0 {
		c.Most = 2000
	}
	if c.MostOfOne == 0 {
		c.MostOfOne = 64
	}
	if c.MostEach == 0 {
		c.MostEach = 16
	}
	return &Session{Config: c, streams: streams{each: map[string]int{}, people: map[string][]*stream{}, offices: map[string]int{}, woken: map[string]map[*stream]bool{}}}
}

// Handler answers everything below Prefix.
func (s *Session) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix+"banner.js", serveScript)
	mux.HandleFunc("GET "+Prefix+"state", s.presented(s.state))
	mux.HandleFunc("GET "+Prefix+"events", s.presented(s.events))
	mux.HandleFunc("POST "+Prefix+"extend", s.presented(s.extend))
	mux.HandleFunc("POST "+Prefix+"stop", s.presented(s.stop))
	mux.HandleFunc("OPTIONS "+Prefix+"{point}", preflight)
	return mux
}

// Streams reports whether the answer to the request goes on for as long as somebody listens.
func Streams(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.Path == Prefix+"events"
}

// Run follows the record and wakes the streams that something happened to, until ctx ends.
func (s *Session) Run(ctx context.Context) error {
	var from int64
	if err := s.DB.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		from, err = s.Ledger.End(ctx, tx)
		return err
	}); err != nil {
		return err
	}
	return s.Ledger.TailSome(ctx, from, telling, func(_ context.Context, records []ledger.Record) error {
		for _, r := range records {
			s.streams.wake(r)
		}
		return nil
	})
}

// Close ends all streams, and refuses new ones: the program stops. A browser whose stream ends opens another.
func (s *Session) Close() { s.streams.close() }
