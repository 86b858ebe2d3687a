package client

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestWhoeverLeftIsNoWarning: that a browser went away is nothing that whoever runs the application is told.
func TestWhoeverLeftIsNoWarning(t *testing.T) {
	var log bytes.Buffer
	c := &Client{log: slog.New(slog.NewTextHandler(&log, nil))}
	c.Refuse = func(w http.ResponseWriter, _ *http.Request, status int, _ error) { w.WriteHeader(status) }
	left, leave := context.WithCancel(t.Context())
	leave()
	ended, end := context.WithCancelCause(t.Context())
	end(ErrEnded)
	for want, ctx := range map[string]context.Context{"": left, "level=WARN": t.Context(), "level=WARN ": ended} {
		log.Reset()
		c.refuse(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/", nil), http.StatusServiceUnavailable, ErrAway)
		if got := log.String(); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("got the log %q, want %q", got, want)
		}
	}
}
