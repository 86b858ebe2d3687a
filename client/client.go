// Package client is Standin's SDK for applications written in Go: it signs people in, says who is really there and for whom,
// asks whether they may, records what was done, and keeps what a stand-in changes of somebody's preferences to the session in
// which they do.
//
// It speaks to Standin by its public interfaces alone: OpenID Connect, AuthZEN, and /api/v1. It refuses whatever it is not
// sure of: without Standin nobody acts for anybody, and no answer is a yes but Standin's own.
package client

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"
)

// Config says where Standin is and as which application to speak to it.
type Config struct {
	Issuer       string // Standin's public address: https, or http on this machine
	ClientID     string
	ClientSecret string // "" for a public client
	// RedirectURL is the application's own address to which Standin sends people back, as registered:
	// "https://app.example/auth/callback". The handler's other addresses stand beside it: login (initiate_login_uri), logout,
	// and backchannel (backchannel_logout_uri).
	RedirectURL string
	AfterLogout string   // where people go after they signed out, as registered (post_logout_redirect_uris); "" for Standin's own page
	Scopes      []string // beside openid; profile and email where none are named
	// Key is an API key made for decide and record, "" where neither Decide nor Record is used.
	Key string
	// Spool is a directory of this program's own in which records wait for Standin. Without one Record waits itself.
	Spool string
	// Sessions keeps who is signed in; in memory where none is given.
	Sessions Store
	// HTTP speaks to Standin; nil takes one of its own. Its redirects are not followed.
	HTTP *http.Client
	Log  *slog.Logger // nil logs nothing
	// Refuse answers a request that goes no further: 401, 403 or 503 with why. nil shows a plain page, or a problem (RFC 9457) to programs.
	Refuse func(w http.ResponseWriter, r *http.Request, status int, why error)
}

// Client speaks to Standin for one application. It is safe for concurrent use.
type Client struct {
	Config
	http    *http.Client
	stream  *http.Client // without a bound for the whole answer
	log     *slog.Logger
	now     func() time.Time
	seal    []byte // seals what a browser keeps between leaving for Standin and coming back
	secure  bool
	base    string // of the handler's own addresses
	origin  string // the application's own
	csrf    *http.CrossOriginProtection
	spool   *spool
	watched watch

	mu    sync.Mutex
	found *endpoints
}

// Errors that callers may test for.
var (
	// ErrNobody says that nobody is signed in.
	ErrNobody = errors.New("standin: nobody is signed in")
	// ErrEnded says that the sign-in or the acting session is over. Contexts of requests that it ended carry it as their cause.
	ErrEnded = errors.New("standin: the session is over")
	// ErrAway says that Standin does not answer, so that nothing is certain.
	ErrAway = errors.New("standin: Standin does not answer")
	// ErrFull says that the spool holds as much as it may: nothing more is recorded until some of it is sent.
	ErrFull = errors.New("standin: the spool is full")
)

const (
	patience  = 5 * time.Second // for one answer of Standin's
	mostBytes = 4 << 20         // of one answer
)

// New returns a client. It does not wait for Standin, which is found when it is first needed; what cannot be right is
// refused at once. Where there is a spool, sending what it holds begins.
func New(ctx context.Context, c Config) (*Client, error) {
	k := &Client{Config: c, log: c.Log, now: time.Now, csrf: http.NewCrossOriginProtection()}
	k.watched.held = map[string]map[*held]bool{}
	if k.log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
	if err := k.check(); err != nil {
		return nil, err
	}
	if k.Sessions == nil {
		k.Sessions = NewMemory()
	}
	if len(k.Scopes) == 0 {
		k.Scopes = []string{"profile", "email"}
	}
	k.speak()
	var err error
	if k.seal, err = sealingKey(c); err != nil {
		return nil, err
	}
	if c.Spool != "" {
		if k.spool, err = openSpool(c.Spool, k.now); err != nil {
			return nil, err
		}
		k.spool.start(context.WithoutCancel(ctx), k)
	}
	return k, nil
}

// Close stops sending. What was not sent stays in the spool, for the next start.
func (c *Client) Close() error {
	if c.spool == nil {
		return nil
	}
	return c.spool.close()
}

// check refuses a configuration that cannot be meant.
func (c *Client) check() error {
	issuer, err := address(c.Issuer)
	if err != nil || strings.HasSuffix(c.Issuer, "/") || issuer.RawQuery != "" {
		return fmt.Errorf("standin: the issuer %q is not an https address without a slash at its end", c.Issuer)
	}
	if c.ClientID == "" && c.RedirectURL == "" {
		return nil // for Decide and Record alone
	}
	redirect, err := address(c.RedirectURL)
	if err != nil || redirect.RawQuery != "" || redirect.Path == "" || redirect.Path == "/" || c.ClientID == "" {
		return fmt.Errorf("standin: the redirect URL %q is not an https address with a path, or the client's id is missing", c.RedirectURL)
	}
	if c.AfterLogout != "" {
		if _, err := address(c.AfterLogout); err != nil {
			return fmt.Errorf("standin: %q is not an https address", c.AfterLogout)
		}
	}
	c.secure = redirect.Scheme == "https"
	c.base, c.origin = path.Dir(redirect.Path), redirect.Scheme+"://"+redirect.Host
	return c.csrf.AddTrustedOrigin(c.origin) // a proxy in front may call the host otherwise
}

// address parses an absolute address that is https, or http on this machine.
func address(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return nil, errors.New("not an https address")
	}
	return u, nil
}

// speak makes the clients by which Standin is spoken to. They follow no redirects: what is Standin's comes from its own address.
func (c *Client) speak() {
	own := http.Client{Timeout: patience}
	if c.HTTP != nil {
		own = *c.HTTP
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	own.Jar = nil
	stream := own
	stream.Timeout = 0
	c.http, c.stream = &own, &stream
}

// sealingKey derives what attempts to sign in are sealed with from the client's secret, so that every replica of the application
// has the same; a public client's is random.
func sealingKey(c Config) ([]byte, error) {
	if c.ClientSecret == "" {
		key := make([]byte, 32)
		_, err := rand.Read(key)
		return key, err
	}
	return hkdf.Key(sha256.New, []byte(c.ClientSecret), []byte(c.ClientID), "standin sign-in attempt", 32)
}

// ask sends a request with a JSON body by the API key, and returns the answer's status and body.
func (c *Client) ask(ctx context.Context, to string, body io.Reader) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Issuer+to, body)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+c.Key)
	r.Header.Set("Content-Type", "application/json")
	return c.do(r)
}

// do sends a request and reads the whole answer; that none came is ErrAway.
func (c *Client) do(r *http.Request) (int, []byte, error) {
	answer, err := c.http.Do(r)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, mostBytes+1))
	if err != nil || len(text) > mostBytes {
		return 0, nil, fmt.Errorf("%w: its answer broke off or is too long: %w", ErrAway, errors.Join(err))
	}
	return answer.StatusCode, text, nil
}
