package front

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/standin-id/standin"
)

// RequestID is the header that carries a request's id in and out.
const RequestID = "X-Request-ID"

// identified gives the request its id: the one that came in where it has a plain form, else a new one.
func (f *front) identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(RequestID)
		if !plain(id) {
			id = standin.NewID("q")
		}
		w.Header().Set(RequestID, id)
		*r = *r.WithContext(standin.WithRequest(r.Context(), &standin.Request{ID: id}))
		next.ServeHTTP(w, r)
	})
}

// plain reports whether an id from outside may stand in logs and pages: 8 to 64 letters, digits, hyphens, underscores.
func plain(id string) bool {
	if len(id) < 8 || len(id) > 64 {
		return false
	}
	return strings.IndexFunc(id, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	}) < 0
}

// left is the status, in log and metrics, of an answer that nobody waited for any more.
const left = 499

// logged writes one line for each request, without query and body: these may hold secrets.
func (f *front) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		method, path := r.Method, cut(r.URL.Path)
		seen, asker := &response{ResponseWriter: w}, r.Context()
		f.Metrics.inFlight.Inc()
		defer f.Metrics.inFlight.Dec()
		next.ServeHTTP(seen, r)
		took := time.Since(begun)
		route := r.Pattern
		if route == "" {
			route = "none"
		}
		status, level := seen.status(), slog.LevelInfo
		switch {
		case status == http.StatusServiceUnavailable && errors.Is(asker.Err(), context.Canceled):
			status, level = left, slog.LevelDebug // what was begun for it was given up, and nothing is wrong
		case status >= 500:
			level = slog.LevelError
		case quiet(path) || decides(path) && status < 400:
			level = slog.LevelDebug
		}
		f.Metrics.count(route, method, status, took)
		f.Log.LogAttrs(r.Context(), level, "request", slog.String("method", method), slog.String("path", path),
			slog.String("route", route), slog.Int("status", status), slog.Int64("bytes", seen.bytes),
			slog.Duration("took", took), slog.String("address", r.RemoteAddr))
	})
}

// quiet reports whether the path is asked for so often, and says so little, that its line is for debugging.
func quiet(path string) bool {
	return path == "/livez" || path == "/readyz" || strings.HasPrefix(path, "/assets/")
}

// decides reports whether the path is one where applications ask for decisions, thousands of times a second: what is asked
// on behalf of somebody is in the record, and the metrics count all of it.
func decides(path string) bool {
	return strings.HasPrefix(path, "/access/") || strings.HasPrefix(path, "/pdp/")
}

func cut(path string) string {
	const most = 200
	if len(path) > most {
		return strings.ToValidUTF8(path[:most], "") + "…"
	}
	return path
}

// recovered turns a panic into an answer and a line in the log. http.ErrAbortHandler keeps its meaning.
func (f *front) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			f.Log.ErrorContext(r.Context(), "a handler panicked", "panic", p, "stack", string(debug.Stack()))
			if seen, ok := w.(*response); ok && seen.code != 0 {
				panic(http.ErrAbortHandler) // half an answer is out: the connection is all that can still say no
			}
			f.Fail(w, r, http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}

// response notes what was answered.
type response struct {
	http.ResponseWriter
	code  int
	bytes int64
}

func (r *response) WriteHeader(code int) {
	if r.code == 0 && code >= 200 {
		r.code = code
	}
	r.ResponseWriter.WriteHeader(code)
}

func (r *response) Write(b []byte) (int, error) {
	if r.code == 0 {
		r.code = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *response) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *response) status() int {
	if r.code == 0 {
		return http.StatusOK
	}
	return r.code
}

// Named returns a handler of log lines that adds the request's id, the actor and the principal to each line of a request.
func Named(h slog.Handler) slog.Handler { return named{h} }

type named struct{ slog.Handler }

func (n named) Handle(ctx context.Context, line slog.Record) error {
	request := standin.RequestOf(ctx)
	if request.ID != "" {
		line.AddAttrs(slog.String("request", request.ID))
		caller, _ := request.Caller()
		line.AddAttrs(slog.String("actor", string(caller.Actor)), slog.String("principal", string(caller.Principal)))
		if caller.Acting() {
			line.AddAttrs(slog.String("session", string(caller.Session)))
		}
	}
	return n.Handler.Handle(ctx, line)
}

func (n named) WithAttrs(attrs []slog.Attr) slog.Handler { return named{n.Handler.WithAttrs(attrs)} }
func (n named) WithGroup(name string) slog.Handler       { return named{n.Handler.WithGroup(name)} }
