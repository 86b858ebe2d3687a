package authzen

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/decision"
)

// Config is what the adapter works with.
type Config struct {
	Applications *application.Applications
	Decisions    *decision.Decisions
	URL          string // the public address, without a slash at its end
	Now          func() time.Time
	Log          *slog.Logger
}

// The paths below which everything here is.
const (
	Prefix    = "/access/"
	OfOne     = "/pdp/" // followed by an application's id, and Prefix: in its own words, without its id
	WellKnown = "/.well-known/authzen-configuration"
)

type authzen struct {
	Config
	keys    keyring
	buffers sync.Pool

	noStore, noSniff, json []string // values of headers, which nobody changes
}

// New returns the handler of everything below Prefix, OfOne and WellKnown. It is safe for concurrent use.
func New(c Config) http.Handler {
	a := &authzen{Config: c, keys: keyring{applications: c.Applications, now: c.Now, known: map[[32]byte]*holder{}},
		buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }},
		noStore: []string{"no-store"}, noSniff: []string{"nosniff"}, json: []string{"application/json"}}
	mux := http.NewServeMux()
	for path, ask := range map[string]ask{
		"v1/evaluation": a.evaluation, "v1/evaluations": a.evaluations,
		"v1/search/subject": a.subjects, "v1/search/resource": a.resources, "v1/search/action": a.actions,
	} {
		mux.Handle("POST "+Prefix+path, a.answering(ask))
		mux.Handle("POST "+OfOne+"{application}"+Prefix+path, a.answering(ask))
	}
	mux.HandleFunc("GET "+WellKnown, a.metadata)
	mux.HandleFunc("GET "+WellKnown+OfOne+"{application}", a.metadata)
	return mux
}

// ask answers one request: it is given who asks, in which application's words, and what was sent.
type ask func(ctx context.Context, from standin.Caller, in tongue, sent map[string]any) ([]byte, error)

// answering reads a request, has it answered, and writes what came of it.
func (a *authzen) answering(do ask) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		if id := r.Header.Get("X-Request-ID"); id != "" {
			h.Set("X-Request-ID", id) // whatever its form: §10.1.3
		}
		h["Cache-Control"], h["X-Content-Type-Options"] = a.noStore, a.noSniff
		out, err := a.do(r, do)
		if err != nil {
			a.fail(w, r, err)
			return
		}
		h["Content-Type"] = a.json
		_, _ = w.Write(out) // a client that went away reads nothing
	}
}

func (a *authzen) do(r *http.Request, do ask) ([]byte, error) {
	from, err := a.keys.caller(r)
	if err != nil {
		return nil, err
	}
	standin.RequestOf(r.Context()).AskedBy(from)
	buffer := a.buffers.Get().(*bytes.Buffer)
	defer a.buffers.Put(buffer)
	buffer.Reset()
	began := a.Now()
	if err := receive(r, buffer); err != nil {
		return nil, err
	}
	if a.Now().Sub(began) > keyAge { // the key may have ended since (DESIGN.md P5)
		if from, err = a.keys.caller(r); err != nil {
			return nil, err
		}
	}
	sent, err := parse(buffer.Bytes()) // which keeps nothing of the buffer
	if err != nil {
		return nil, err
	}
	return do(r.Context(), from, tongue{standin.ApplicationID(r.PathValue("application"))}, sent)
}

var errTooLarge = errors.New("the body has more than 1 MiB")

// receive reads the body.
func receive(r *http.Request, into *bytes.Buffer) error {
	if kind := r.Header.Get("Content-Type"); kind != "application/json" {
		kind, extra, err := mime.ParseMediaType(kind)
		if charset := extra["charset"]; err != nil || kind != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
			return malformed("the body must be JSON in UTF-8, sent as Content-Type: application/json")
		}
	}
	if r.Header.Get("Content-Encoding") != "" {
		return malformed("the body must not be compressed")
	}
	if r.ContentLength > mostBytes {
		return errTooLarge
	}
	n, err := into.ReadFrom(io.LimitReader(r.Body, mostBytes+1))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok || n > mostBytes {
		return errTooLarge
	}
	if err != nil {
		return malformed("the body broke off")
	}
	return nil
}

// statuses is the one table of what each kind of error is here.
var statuses = map[standin.Kind]int{
	standin.Invalid: http.StatusBadRequest, standin.NotFound: http.StatusNotFound, standin.Conflict: http.StatusConflict,
	standin.Denied: http.StatusForbidden, standin.Unauthenticated: http.StatusUnauthorized,
	standin.Unavailable: http.StatusServiceUnavailable, standin.TooMany: http.StatusTooManyRequests,
}

// fail answers with a sentence (§10.1.2). What is a fault of ours is logged and not told.
func (a *authzen) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, text := http.StatusInternalServerError, "Something went wrong here. It was logged; name the request when you ask for help."
	if refusal, ok := errors.AsType[*standin.Error](err); ok && statuses[refusal.Kind] != 0 {
		status, text = statuses[refusal.Kind], refusal.Text()
	} else if bad, ok := errors.AsType[malformed](err); ok {
		status, text = http.StatusBadRequest, string(bad)
	} else if errors.Is(err, errTooLarge) {
		status, text = http.StatusRequestEntityTooLarge, err.Error()
	}
	switch status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="standin"`)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
		fallthrough
	case http.StatusInternalServerError:
		a.Log.ErrorContext(r.Context(), "a decision failed", "error", err)
	}
	Fail(w, r, status, text)
}

// Fail answers a request that reached no question, or whose handler panicked, with a sentence; "" takes the status's own.
func Fail(w http.ResponseWriter, _ *http.Request, status int, text string) {
	if text == "" {
		text = http.StatusText(status)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // a client that went away reads nothing
}
