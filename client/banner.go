package client

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// passed are the addresses below /.standin/ that are handed on to Standin; nothing else is.
var passed = map[string]string{"/.standin/banner.js": http.MethodGet, "/.standin/state": http.MethodGet, "/.standin/events": http.MethodGet,
	"/.standin/extend": http.MethodPost, "/.standin/stop": http.MethodPost}

var (
	// asked are the headers that Standin is told, answered those that the browser is.
	asked    = []string{"Accept", "Accept-Language", "If-None-Match", "Last-Event-Id", "Origin", "Sec-Fetch-Site", "User-Agent", "Content-Type"}
	answered = []string{"Content-Type", "Content-Language", "Cache-Control", "Etag", "Retry-After", "Vary", "X-Content-Type-Options"}
)

const mostSent = 16 << 10 // bytes of a body that is handed on

// banner serves the banner on the application's own origin: it hands what the element asks on to Standin, with the access token
// in place of the cookie. So no page needs a cookie of another site, and none sees a token.
//
// One whose session ended is still told how: the element says it. Such a token opens nothing else.
func (c *Client) banner(w http.ResponseWriter, r *http.Request) {
	method, ok := passed[r.URL.Path]
	switch {
	case !ok:
		http.NotFound(w, r)
		return
	case r.Method != method:
		w.Header().Set("Allow", method)
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	token := ""
	if r.URL.Path != "/.standin/banner.js" {
		w.Header().Set("Cache-Control", "no-store")
		if c.foreign(r) {
			problem(w, http.StatusForbidden, "other_origin")
			return
		}
		var err error
		if token, err = c.tokenOf(r); err != nil {
			problem(w, http.StatusUnauthorized, "invalid_token")
			return
		}
	}
	if err := c.handOn(w, r, token); err != nil {
		c.log.Debug("the banner was not answered", "path", r.URL.Path, "error", err)
		problem(w, http.StatusBadGateway, "temporarily_unavailable")
	}
}

// foreign reports whether not a page of the application's own asks, by what browsers say of themselves; what changes something
// has to say it.
func (c *Client) foreign(r *http.Request) bool {
	from, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	if from != "" && from != c.origin || site != "" && site != "same-origin" && site != "none" {
		return true
	}
	return r.Method == http.MethodPost && from == "" && site != "same-origin"
}

// tokenOf returns the access token of the browser's session.
func (c *Client) tokenOf(r *http.Request) (string, error) {
	key, s, err := c.load(r)
	if err != nil {
		return "", err
	}
	if s.Ended.IsZero() {
		switch now, err := c.current(r.Context(), key, confirmed); {
		case err == nil:
			return now.AccessToken, nil
		case !errors.Is(err, ErrEnded) && !errors.Is(err, ErrAway):
			return "", err
		}
	}
	if !c.now().Before(s.Expires) {
		return "", ErrEnded
	}
	return s.AccessToken, nil
}

// handOn asks Standin, and hands its answer on as it comes. An error says that nothing was answered yet.
func (c *Client) handOn(w http.ResponseWriter, r *http.Request, token string) error {
	to := c.Issuer + r.URL.Path
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.Query().Encode()
	}
	var body io.Reader
	if r.Method == http.MethodPost && r.ContentLength != 0 {
		body = http.MaxBytesReader(w, r.Body, mostSent)
	}
	ask, err := http.NewRequestWithContext(r.Context(), r.Method, to, body)
	if err != nil {
		return err
	}
	if body != nil {
		ask.ContentLength = r.ContentLength
	}
	for _, name := range asked {
		if v := r.Header.Get(name); v != "" {
			ask.Header.Set(name, v)
		}
	}
	if token != "" {
		ask.Header.Set("Authorization", "Bearer "+token)
	}
	speaker := c.http
	if r.URL.Path == "/.standin/events" {
		speaker = c.stream
	}
	got, err := speaker.Do(ask)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	if got.StatusCode >= 300 && got.StatusCode != http.StatusNotModified && got.StatusCode < 400 {
		return fmt.Errorf("standin: the banner was answered with %d", got.StatusCode)
	}
	for _, name := range answered {
		for _, v := range got.Header.Values(name) {
			w.Header().Set(name, v)
		}
	}
	w.WriteHeader(got.StatusCode)
	return stream(w, got.Body, strings.HasPrefix(got.Header.Get("Content-Type"), "text/event-stream"))
}

// stream copies the body; events go out as they come, for as long as they do. What breaks off then breaks off for the browser.
func stream(w http.ResponseWriter, body io.Reader, events bool) error {
	if !events {
		_, _ = io.Copy(w, io.LimitReader(body, mostBytes))
		return nil
	}
	out := http.NewResponseController(w)
	_ = out.SetWriteDeadline(time.Time{}) // where the server knows deadlines at all
	part := make([]byte, 4096)
	for {
		n, err := body.Read(part)
		if n > 0 {
			if _, err := w.Write(part[:n]); err != nil {
				return nil
			}
			if out.Flush() != nil {
				return nil
			}
		}
		if err != nil {
			return nil
		}
	}
}
