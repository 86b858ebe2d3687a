package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/api"
)

// fitting sends the request as somebody whom the operation is for: cleo, or an administrator's key.
func (o *office) fitting(op *operation, r *http.Request) answer {
	if op.open() || slices.Contains(forPeople, op.OperationID) {
		r.Header.Set("Cookie", o.cleo.cookie)
		r.Header.Set(api.IdentityHeader, o.cleo.identity)
		return o.cleo.send(r)
	}
	r.Header.Set("Authorization", "Bearer "+adminKey)
	return o.house.send(r)
}

// variant returns the good body with one member replaced, added, or named otherwise.
func variant(good map[string]any, change func(m map[string]any)) string {
	m := maps.Clone(good)
	change(m)
	text, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// TestHostileBodies sends every operation what its description does not allow. Each is refused by a problem that says what
// to do, and none does anything.
func TestHostileBodies(t *testing.T) {
	everywhere(t, func(t *testing.T, o *office) {
		size := len(o.records(""))
		for _, op := range o.about.operations() {
			if op.RequestBody == nil {
				o.fitting(op, o.request(op.method, o.path(op), `{"reason": "none is taken"}`)).problem(t, 422, "api.no_body")
				o.fitting(op, o.request(op.method, o.path(op), "\x00\xff")).problem(t, 422, "api.no_body")
				continue
			}
			if op.takesList() {
				continue // TestHostileLists
			}
			good := bodies[op.OperationID].(map[string]any)
			first := slices.Sorted(maps.Keys(good))[0]
			whole := variant(good, func(map[string]any) {})
			for text, want := range map[string]string{
				whole[:len(whole)-1]:        "400 api.malformed",
				whole + "{}":                "400 api.malformed",
				"\ufeff" + whole:            "400 api.malformed",
				strings.Repeat("[", 100000): "400 api.malformed",
				strings.Replace(whole, "{", "{\"\xff\":1,", 1):                                 "400 api.malformed",
				`{"` + first + `": NaN}`:                                                       "400 api.malformed",
				`{"x": "` + strings.Repeat("x", 10<<20) + `"}`:                                 "413 api.too_large",
				strings.Repeat("[", 1000) + strings.Repeat("]", 1000):                          "422 api.invalid",
				strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000):                "422 api.invalid",
				variant(good, func(m map[string]any) { m["admin"] = true }):                    "422 api.invalid",
				variant(good, func(m map[string]any) { m["$schema"] = "x" }):                   "422 api.invalid",
				variant(good, func(m map[string]any) { m[strings.ToUpper(first)] = m[first] }): "422 api.invalid",
				strings.Replace(whole, "{", `{"`+first+`": "x",`, 1):                           "422 api.invalid",
				variant(good, func(m map[string]any) { m[first] = "a\x00b" }):                  "422 api.invalid",
				`[]`: "422 api.invalid", `7`: "422 api.invalid", `"x"`: "422 api.invalid",
				`{"` + first + `": {"a": [1]}, "x": 1e999}`: "422 api.invalid",
			} {
				p := api.Problem{}
				got := o.fitting(op, o.request(op.method, o.path(op), text))
				if err := json.Unmarshal(got.text, &p); err != nil || fmt.Sprint(got.StatusCode, " ", p.Code) != want {
					t.Errorf("%s with %.60q: got %d %s, want %s", op.OperationID, text, got.StatusCode, got.text, want)
				}
				if p.Status == 422 && len(p.Errors) == 0 {
					t.Errorf("%s with %.60q: the problem does not say where: %s", op.OperationID, text, got.text)
				}
				if strings.Contains(string(got.text), "json:") || strings.Contains(string(got.text), "Go ") {
					t.Errorf("%s with %.60q: the words are a decoder's: %s", op.OperationID, text, got.text)
				}
			}
			for _, header := range []http.Header{{"Content-Type": {"text/plain"}}, {"Content-Type": {"application/x-www-form-urlencoded"}}, {"Content-Type": {""}},
				{"Content-Type": {"application/json; charset=latin1"}}, {"Content-Type": {"text/plain, application/json"}}, {"Content-Encoding": {"gzip"}}} {
				r := o.request(op.method, o.path(op), whole)
				maps.Copy(r.Header, header)
				o.fitting(op, r).problem(t, 415, "api.media_type")
			}
		}
		if got := o.records(""); len(got) != size {
			t.Errorf("it did %q", actions(got[:len(got)-size]))
		}
	})
}

// TestHostileValues puts what does not belong there into every member of every body. Nothing of it is a fault of ours.
func TestHostileValues(t *testing.T) {
	everywhere(t, func(t *testing.T, o *office) {
		for _, op := range o.about.operations() {
			good, ok := bodies[op.OperationID].(map[string]any)
			if !ok {
				continue
			}
			for name := range good {
				for _, value := range []any{nil, true, -1, 9007199254740993, 0.5, []any{}, []any{nil}, []any{""}, map[string]any{}, "", " ", "x", "\ufffd", "\u202e\u2066",
					"<script>alert(1)</script>", "'; DROP TABLE people; --", "../../etc", strings.Repeat("ü", 10000), []any{strings.Repeat("x", 10000)},
					"9999-12-31T23:59:59-12:00", "0000-01-01T00:00:00+12:00", "99999999d", "106752d", "999999h999999h999999h"} {
					got := o.fitting(op, o.request(op.method, o.path(op), variant(good, func(m map[string]any) { m[name] = value })))
					if got.StatusCode >= 500 {
						t.Errorf("%s with %s = %.60q: got %d %s", op.OperationID, name, value, got.StatusCode, got.text)
					}
				}
			}
		}
		for _, wish := range []map[string]any{
			{"start": "0000-01-01T00:00:00+12:00"}, {"start": "9999-12-31T23:59:59-12:00"}, {"end": "9999-12-31T23:59:59-12:00"},
			{"end": "0000-01-01T00:00:00+12:00"}, {"start": "2026-11-21T09:00:00.123456789Z", "end": "2026-11-21T09:00:00.123456999Z"},
			{"actors": []string{"p-ben"}, "principal": "p-ben"}, {"actors": []string{"p-zoe"}}, {"actors": slices.Repeat([]string{"p-ben"}, 101)},
			{"limits": map[string]any{"allow": slices.Repeat([]string{"desk:expense.view"}, 1000)}}, {"limits": map[string]any{"units": []string{"\u0000"}}},
			{"kind": "Cover"}, {"purpose": strings.Repeat("x", 5001)}, {"actors": nil},
		} {
			good := maps.Clone(bodies["nameStandIns"].(map[string]any))
			maps.Copy(good, wish)
			if got := o.ask(adminKey, "POST", "/api/v1/delegations", good); got.StatusCode/100 != 4 {
				t.Errorf("%v: got %d %s, want that it is refused", wish, got.StatusCode, got.text)
			}
		}
	})
}

// TestHostileParameters puts what does not belong there into every part of every path and query.
func TestHostileParameters(t *testing.T) {
	everywhere(t, func(t *testing.T, o *office) {
		for _, op := range o.about.operations() {
			path := o.path(op)
			for _, p := range op.Parameters {
				for _, value := range []string{"\x00", "a\x00b", "\xff\xfe", strings.Repeat("x", 10000), "../../etc/passwd", "'; DROP TABLE people; --", "\u202eevil",
					" ", "-1", "0", "99999999999999999999", "1e3", "2026-13-45T99:99:99Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "\n\r\n", "true,false"} {
					var r *http.Request
					switch p.In {
					case "path":
						r = o.request(op.method, strings.ReplaceAll(op.path, "{"+p.Name+"}", url.PathEscape(value)), o.body(op))
						if strings.Contains(r.URL.Path, "{") {
							r = o.request(op.method, o.fillRest(op, p.Name, value), o.body(op))
						}
					case "query":
						r = o.request(op.method, path+"?"+url.Values{p.Name: {value}}.Encode(), o.body(op))
					default:
						continue
					}
					got := o.fitting(op, r)
					refused := got.StatusCode/100 == 4
					if got.StatusCode >= 500 || (strings.Contains(value, "\x00") || !utf8.ValidString(value)) && !refused {
						t.Errorf("%s with %s = %.60q: got %d %s", op.OperationID, p.Name, value, got.StatusCode, got.text)
					}
				}
				if p.In == "query" {
					twice := o.fitting(op, o.request(op.method, path+"?"+p.Name+"=1&"+p.Name+"=2", o.body(op))).problem(t, 422, "api.invalid")
					if len(twice.Errors) != 1 || twice.Errors[0].Parameter != p.Name {
						t.Errorf("%s: got %+v, want that %s is there twice", op.OperationID, twice, p.Name)
					}
				}
			}
			unknown := o.fitting(op, o.request(op.method, path+"?no%00thing=1", o.body(op))).problem(t, 422, "api.invalid")
			if len(unknown.Errors) != 1 {
				t.Errorf("%s: got %+v, want the unknown parameter", op.OperationID, unknown)
			}
			for _, query := range []string{"?%zz=1", "?a=%", "?a;b", "?%"} {
				o.fitting(op, o.request(op.method, path+query, o.body(op))).problem(t, 400, "api.malformed")
			}
		}
		o.ask(adminKey, "GET", "/api/v1/people?inactive&limit=2", nil).problem(t, 422, "api.invalid")
		var people api.Page[api.Person]
		o.ask(adminKey, "GET", "/api/v1/people?limit=1", nil).into(t, 200, &people)
		for _, path := range []string{"/people", "/colleagues", "/candidates", "/delegations", "/delegations/" + o.acting.Delegation + "/history", "/audit"} {
			for _, after := range []string{"!", "bm9uc2Vuc2U", "p-ada", people.Next} {
				if after == people.Next && path == "/people" {
					continue
				}
				p := o.cleoOrKey(path, after).problem(t, 422, "api.after")
				if len(p.Errors) != 1 || p.Errors[0].Parameter != "after" {
					t.Errorf("%s: got %+v, want the parameter", path, p.Errors)
				}
			}
		}
	})
}

// cleoOrKey reads a list from a place: of candidates cleo's, for a key is nobody.
func (o *office) cleoOrKey(path, after string) answer {
	if path == "/candidates" {
		return o.cleo.ask("GET", api.Prefix+path+"?after="+after, nil)
	}
	return o.ask(adminKey, "GET", api.Prefix+path+"?after="+after, nil)
}

// fillRest fills the path with value for name, and with what is there for all others.
func (o *office) fillRest(op *operation, name, value string) string {
	rest := *op
	rest.path = strings.ReplaceAll(op.path, "{"+name+"}", url.PathEscape(value))
	return rest.fill(o.paths["/people"])
}

// TestABodyThatBreaksOff sends less than was promised, more than was promised, and nothing for too long.
func TestABodyThatBreaksOff(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		for _, c := range []struct {
			body   io.Reader
			status int
			code   string
		}{
			{io.MultiReader(strings.NewReader(`{"name": "`), failing{io.ErrUnexpectedEOF}), 400, "api.malformed"},
			{io.MultiReader(strings.NewReader(`{"name": "`), failing{late{}}), 408, "api.too_slow"},
			{http.MaxBytesReader(nil, io.NopCloser(strings.NewReader(`{"name": "more than ten bytes"}`)), 10), 413, "api.too_large"},
			{endless{}, 413, "api.too_large"},
		} {
			r := httptest.NewRequest("POST", "/api/v1/people", c.body)
			r = r.WithContext(standin.WithRequest(r.Context(), &standin.Request{ID: "request-1"}))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+hrKey)
			h.send(r).problem(t, c.status, c.code)
		}
	})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

type late struct{}

func (late) Error() string   { return "too late" }
func (late) Timeout() bool   { return true }
func (late) Temporary() bool { return true }

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
