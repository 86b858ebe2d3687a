package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/oauth2"
)

const (
	// confirmed is how long Standin's last yes holds while somebody acts; fresh for what RequireFresh guards.
	confirmed = 10 * time.Second
	fresh     = time.Second
)

// Middleware lets pass who is signed in, with their Identity in the request's context (From), and sends browsers to sign in
// and programs away with 401. It serves the addresses of Handler itself.
//
// Tokens are refreshed ahead of time. Where Standin says that the session is over, or tells so by back-channel logout, what is in
// flight has its context cancelled with ErrEnded and the next request signs in anew. Where Standin does not answer, requests
// of people who act are refused with 503 within ten seconds, and others once their access token is over.
//
// Answers are marked no-store, for what was shown to a stand-in is not to be seen again after the end; next may say otherwise.
func (c *Client) Middleware(next http.Handler) http.Handler {
	own := c.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.owns(r.URL.Path) {
			own.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Add("Vary", "Cookie")
		key, _, err := c.load(r)
		if err != nil {
			c.unknown(w, r, err)
			return
		}
		ctx, done := c.watched.hold(r.Context(), key) // before looking, so that no end falls between
		defer done()
		s, err := c.current(ctx, key, confirmed)
		if err != nil {
			c.unknown(w, r, err)
			return
		}
		ctx = context.WithValue(With(ctx, s.Identity), sessionKey{}, key)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

type sessionKey struct{}

// RequireFresh lets requests that may change something pass only where Standin said, at most a second ago, that the session
// stands. It goes inside Middleware.
func (c *Client) RequireFresh(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions:
		default:
			if err := c.Fresh(r.Context()); err != nil {
				c.refuse(w, r, statusOf(err), err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// Fresh returns nil where Standin said at most a second ago that the session of the request stands, and else why not. ctx is
// that of a request that passed Middleware.
func (c *Client) Fresh(ctx context.Context) error {
	key, ok := ctx.Value(sessionKey{}).(string)
	if !ok {
		return ErrNobody
	}
	who, _ := From(ctx)
	s, err := c.current(ctx, key, fresh)
	if err == nil && !s.Identity.same(who) {
		err = ErrEnded
	}
	return err
}

// current returns the session once it is certain that it stands: by Standin's word, no older than within while acting (or
// where within is fresh), and by an access token that is not over. One that is over is forgotten.
func (c *Client) current(ctx context.Context, key string, within time.Duration) (Session, error) {
	s, err := c.Sessions.Load(ctx, key)
	if err != nil {
		return Session{}, err
	}
	if !s.Ended.IsZero() {
		return Session{}, ErrEnded
	}
	if !c.due(s, within) {
		return s, nil
	}
	s, err = c.renew(ctx, key, within)
	if errors.Is(err, ErrEnded) {
		c.fall(ctx, key, s)
	}
	return s, err
}

// due reports whether Standin is to be asked: early enough that no token ends while a request is answered.
func (c *Client) due(s Session, within time.Duration) bool {
	now := c.now()
	if !now.Before(s.refreshAt()) {
		return true
	}
	return (s.Identity.Acting() || within == fresh) && (now.Sub(s.Checked) > within || s.lapsed(now))
}

// lapsed reports whether the acting session is over by what is known here; it may have been extended.
func (s Session) lapsed(now time.Time) bool {
	return s.Identity.Acting() && !now.Before(s.Identity.Limits.ExpiresAt)
}

// refreshAt is when the tokens are renewed: after two thirds of their time.
func (s Session) refreshAt() time.Time { return s.Renewed.Add(s.Expires.Sub(s.Renewed) * 2 / 3) }

// renew asks Standin, one request at a time for each session: for new tokens where they are due, else whether it stands.
func (c *Client) renew(ctx context.Context, key string, within time.Duration) (Session, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	unlock, err := c.Sessions.Lock(ctx, key)
	if err != nil {
		return Session{}, c.cause(ctx, err)
	}
	defer unlock()
	s, err := c.Sessions.Load(ctx, key)
	switch {
	case err != nil:
		return Session{}, err
	case !s.Ended.IsZero():
		return s, ErrEnded
	case !c.due(s, within): // another request has asked meanwhile
		return s, nil
	}
	next, asked := s, c.now()
	if !asked.Before(s.refreshAt()) {
		// A refresh that was begun is finished, or the new token would be lost with the request.
		next, err = c.refresh(context.WithoutCancel(ctx), s)
	} else {
		next.Identity, next.SID, err = c.stands(ctx, s.AccessToken)
	}
	if errors.Is(err, ErrAway) && !s.Identity.Acting() && within != fresh && asked.Before(s.Expires) {
		c.keep(ctx, key, s, next)
		level := slog.LevelWarn
		if errors.Is(ctx.Err(), context.Canceled) {
			level = slog.LevelDebug // whoever asked has gone; that says nothing of Standin
		}
		c.log.Log(ctx, level, "Standin does not answer; people in their own name go on until their tokens end", "error", err)
		return s, nil
	}
	if err != nil {
		c.keep(ctx, key, s, next)
		return s, c.cause(ctx, err)
	}
	if !next.Identity.same(s.Identity) || next.SID != s.SID || next.lapsed(c.now()) {
		return s, ErrEnded
	}
	next.Checked = asked
	stands, err := c.Sessions.Renew(context.WithoutCancel(ctx), key, next)
	if err == nil && !stands {
		err = ErrEnded
	}
	return next, err
}

// keep keeps tokens that were given though what they say could not be checked: the former refresh token is spent, and sent once
// more it would end everything. They are renewed again before anybody passes.
func (c *Client) keep(ctx context.Context, key string, s, next Session) {
	if next.RefreshToken == s.RefreshToken {
		return
	}
	s.AccessToken, s.RefreshToken = next.AccessToken, next.RefreshToken
	if _, err := c.Sessions.Renew(context.WithoutCancel(ctx), key, s); err != nil {
		c.log.Error("new tokens could not be kept", "error", err)
	}
}

// cause is why ctx ended where that is why err came.
func (c *Client) cause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, ErrEnded) {
		return cause
	}
	if ctx.Err() != nil && !errors.Is(err, ErrAway) {
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	return err
}

// refresh gets new tokens (RFC 6749 §6): Standin asks everything anew. It is done within its own bound.
func (c *Client) refresh(ctx context.Context, s Session) (Session, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	e, err := c.endpoints(ctx)
	if err != nil {
		return s, err
	}
	if s.RefreshToken == "" {
		return s, fmt.Errorf("%w: there is no refresh token", ErrEnded)
	}
	t, err := e.oauth.TokenSource(c.context(ctx), &oauth2.Token{RefreshToken: s.RefreshToken}).Token()
	if err != nil {
		return s, trade(err)
	}
	s.AccessToken, s.Renewed = t.AccessToken, c.now()
	s.Expires = ends(t, s.Renewed)
	if t.RefreshToken != "" {
		s.RefreshToken = t.RefreshToken
	}
	if raw, _ := t.Extra("id_token").(string); raw == "" {
		s.Identity, s.SID, err = c.stands(ctx, s.AccessToken)
		return s, err
	}
	switch s.Identity, s.SID, s.IDToken, err = c.verified(ctx, e, t, ""); {
	case errors.Is(err, errClaims):
		err = fmt.Errorf("%w: %w", ErrEnded, err)
	case err != nil:
		err = fmt.Errorf("%w: %w", ErrAway, err)
	}
	return s, err
}

// fall ends a session that Standin says is over.
func (c *Client) fall(ctx context.Context, key string, s Session) {
	ctx = context.WithoutCancel(ctx)
	if stored, err := c.Sessions.Load(ctx, key); err == nil {
		s = stored
	}
	if s.SID == "" {
		return
	}
	if _, _, err := c.end(ctx, Ending{SID: s.SID, Sub: s.Identity.Principal.ID, At: c.now()}); err != nil {
		c.log.Error("an ended session could not be noted", "error", err)
	}
}

// end ends sessions, wherever their requests are.
func (c *Client) end(ctx context.Context, e Ending) (n int, again bool, err error) {
	keys, again, err := c.Sessions.End(ctx, e)
	if err != nil || again {
		return 0, again, err
	}
	sids := map[string]bool{e.SID: true}
	for _, key := range keys {
		c.watched.end(key)
		if s, err := c.Sessions.Load(ctx, key); err == nil {
			sids[s.SID] = true
		}
	}
	for sid := range sids {
		c.watched.ended(sid)
	}
	return len(keys), false, nil
}
