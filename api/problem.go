package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/standin-id/standin"
)

const problemJSON = "application/problem+json"

// Problem is every error that the API answers with (RFC 9457).
type Problem struct {
	Type    string  `json:"type" format:"uri" doc:"The kind of error, a URN of Standin's." example:"urn:standin:problem:conflict"`
	Title   string  `json:"title" doc:"The kind of error, in words." example:"Changed meanwhile"`
	Status  int     `json:"status" doc:"The HTTP status." example:"409"`
	Code    string  `json:"code" doc:"What exactly is wrong. Codes are only ever added." example:"directory.changed"`
	Detail  string  `json:"detail" doc:"What exactly is wrong, in words for people."`
	Errors  []Wrong `json:"errors,omitempty" doc:"What in the request is to be changed."`
	Request string  `json:"request" doc:"The id of the request, to be named when asking for help."`
	wait    string  // seconds after which to try again
}

// Wrong is one thing in a request that is to be changed.
type Wrong struct {
	Pointer   string `json:"pointer,omitempty" doc:"Where in the body: a JSON pointer (RFC 6901)." example:"/people/0"`
	Parameter string `json:"parameter,omitempty" doc:"Which parameter of the path, the query or the header." example:"limit"`
	Detail    string `json:"detail" doc:"What is wrong with it."`
}

var problemType = reflect.TypeFor[Problem]()

// Error is for logs.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemJSON }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="standin"`)
	}
	if p.wait != "" {
		h.Set("Retry-After", p.wait)
	}
	return h
}

// kinds is the one table of what each kind of error is in HTTP.
var kinds = map[standin.Kind]struct {
	status int
	title  string
}{
	standin.Invalid:         {http.StatusUnprocessableEntity, "Not as it should be"},
	standin.NotFound:        {http.StatusNotFound, "Not known"},
	standin.Conflict:        {http.StatusConflict, "Changed meanwhile, or exists already"},
	standin.Denied:          {http.StatusForbidden, "Not allowed"},
	standin.Unauthenticated: {http.StatusUnauthorized, "Not signed in"},
	standin.Unavailable:     {http.StatusServiceUnavailable, "Not possible now"},
	standin.TooMany:         {http.StatusTooManyRequests, "Too many requests"},
	standin.Internal:        {http.StatusInternalServerError, "A fault of ours"},
}

const (
	hidden      = "Something went wrong here. It was logged; name the request when you ask for help."
	undescribed = "The request is not as its description says."
)

// told returns a problem with the request itself, before anything was made of it.
func told(status int, code, detail string, wrongs ...Wrong) *Problem {
	kind := standin.Invalid
	for k, known := range kinds {
		if known.status == status {
			kind = k
		}
	}
	slices.SortStableFunc(wrongs, func(a, b Wrong) int {
		return cmp.Or(strings.Compare(a.Parameter, b.Parameter), strings.Compare(a.Pointer, b.Pointer))
	})
	return &Problem{Type: urn(kind), Title: kinds[kind].title, Status: status, Code: code, Detail: detail, Errors: wrongs}
}

// problem returns the problem that tells err, which an operation or the way to it refused with. What is a fault of ours is
// logged and not told.
func (a *api) problem(ctx context.Context, op *huma.Operation, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		p.Request = standin.RequestOf(ctx).ID
		return p
	}
	kind := standin.KindOf(err)
	known, ok := kinds[kind]
	if !ok {
		kind, known = standin.Internal, kinds[standin.Internal]
	}
	p := told(known.status, "internal", hidden)
	p.Request = standin.RequestOf(ctx).ID
	e, refused := errors.AsType[*standin.Error](err)
	if kind == standin.Internal || kind == standin.Unavailable {
		a.log.ErrorContext(ctx, "an operation failed", "error", err)
	}
	if !refused || kind == standin.Internal {
		return p
	}
	p.Code, p.Detail, p.wait = e.Code, e.Text(), e.Args["seconds"]
	if kind == standin.Unavailable {
		p.wait = "1"
	}
	switch {
	case e.Field == "":
	case described(op, e.Field):
		p.Errors = []Wrong{{Parameter: e.Field, Detail: p.Detail}}
	default:
		p.Errors = []Wrong{{Pointer: pointer(e.Field), Detail: p.Detail}}
	}
	return p
}

func urn(kind standin.Kind) string { return "urn:standin:problem:" + string(kind) }

// pointer writes a field's path, "limits.allow" or "people[2].name", as a JSON pointer.
func pointer(field string) string {
	field = strings.NewReplacer("~", "~0", "/", "~1", "[", ".", "]", "").Replace(field)
	return "/" + strings.ReplaceAll(field, ".", "/")
}

// ours turns what huma itself says about a request into a problem like all others. What was sent is not repeated.
func ours(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := told(m.Status, "api.invalid", undescribed, wrong(m.Errors)...)
	if m.Status >= http.StatusInternalServerError {
		p = told(http.StatusInternalServerError, "internal", hidden)
	}
	p.Request = standin.RequestOf(ctx.Context()).ID
	return p, nil
}

func wrong(details []*huma.ErrorDetail) []Wrong {
	var all []Wrong
	for _, e := range details {
		where, rest, _ := strings.Cut(e.Location, ".")
		w := Wrong{Detail: e.Message}
		switch {
		case where != "body":
			w.Parameter = rest
		case rest != "":
			w.Pointer = pointer(rest)
		default:
			w.Detail = "A value does not fit where it is." // the words of a decoder are not for people
		}
		all = append(all, w)
	}
	return all
}

// Fail answers a request below /api/ that reached no operation, or whose handler panicked.
func Fail(w http.ResponseWriter, r *http.Request, status int) {
	var p *Problem
	switch status {
	case http.StatusNotFound:
		p = told(status, "api.no_operation", "There is no such operation. /api/openapi.json lists them.")
	case http.StatusMethodNotAllowed:
		p = told(status, "api.no_method", "This address has no operation by that method. /api/openapi.json lists them.")
	case http.StatusForbidden:
		p = told(status, "api.other_origin", "Requests that other web sites make in somebody's browser are not answered.")
	case http.StatusUnauthorized:
		p = told(status, "api.nobody", "Send an API key as Authorization: Bearer, or sign in.")
	case http.StatusRequestEntityTooLarge:
		p = told(status, "api.too_large", "The request's body is too large.")
	case http.StatusInternalServerError:
		p = told(status, "internal", hidden)
	default:
		p = told(status, "api.refused", http.StatusText(status)+".")
	}
	p.Request = standin.RequestOf(r.Context()).ID
	write(w, p)
}

func write(w http.ResponseWriter, p *Problem) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", problemJSON)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a client that went away reads nothing
}
