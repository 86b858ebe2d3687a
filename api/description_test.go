package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/standin-id/standin/api"
)

var update = flag.Bool("update", false, "write what is generated")

// description is the OpenAPI document, as far as tests read it.
type description struct {
	OpenAPI    string `json:"openapi"`
	Paths      map[string]map[string]*operation
	Components struct {
		Schemas   map[string]*schema
		Responses map[string]*response
	}
}

type operation struct {
	OperationID string `json:"operationId"`
	Summary     string
	Description string
	Tags        []string
	Security    []map[string][]string
	Parameters  []parameter
	RequestBody *struct {
		Required bool
		Content  map[string]struct{ Schema *schema }
	}
	Responses map[string]*response

	method, path string
}

type parameter struct {
	Name, In, Description string
	Required              bool
	Schema                *schema
}

type response struct {
	Ref     string `json:"$ref"`
	Content map[string]struct{ Schema *schema }
}

type schema struct {
	Ref                  string `json:"$ref"`
	Type                 any
	Properties           map[string]*schema
	Items                *schema
	AdditionalProperties any
	Required             []string
	Description          string
	Enum                 []any
}

func document(t testing.TB, handler http.Handler) []byte {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", api.DescriptionPath, nil))
	if w.Code != 200 {
		t.Fatalf("got %d: %s", w.Code, w.Body)
	}
	return w.Body.Bytes()
}

func describe(t testing.TB, handler http.Handler) *description {
	t.Helper()
	d := &description{}
	if err := json.Unmarshal(document(t, handler), d); err != nil {
		t.Fatal(err)
	}
	for path, methods := range d.Paths {
		for method, o := range methods {
			o.method, o.path = strings.ToUpper(method), path
		}
	}
	return d
}

// operations returns all of them in order of path and method.
func (d *description) operations() []*operation {
	var all []*operation
	for _, methods := range d.Paths {
		for _, o := range methods {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b *operation) int { return strings.Compare(a.path+" "+a.method, b.path+" "+b.method) })
	return all
}

// find returns the operation that a request is for, nil for none.
func (d *description) find(method, path string) *operation {
	parts := strings.Split(path, "/")
	var found *operation
	for _, o := range d.operations() {
		names := strings.Split(o.path, "/")
		fits := len(names) == len(parts) && o.method == method
		for i := 0; fits && i < len(names); i++ {
			fits = names[i] == parts[i] || strings.HasPrefix(names[i], "{") && parts[i] != ""
		}
		if fits && (found == nil || strings.Count(o.path, "{") < strings.Count(found.path, "{")) {
			found = o
		}
	}
	return found
}

// takesList reports whether the body is a list.
func (o *operation) takesList() bool {
	if o.RequestBody == nil {
		return false
	}
	_, ok := o.RequestBody.Content["text/csv"]
	return ok
}

// open reports whether the operation asks for no credentials.
func (o *operation) open() bool {
	return slices.ContainsFunc(o.Security, func(s map[string][]string) bool { return len(s) == 0 })
}

// object says what in an answer is not as described, "" where all is.
func (d *description) object(method, path string, res *http.Response, text []byte) string {
	if res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		return "an answer that browsers may keep, or take for something else"
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if res.StatusCode >= 400 {
		var p api.Problem
		if kind != "application/problem+json" || json.Unmarshal(text, &p) != nil || p.Detail == "" || p.Status != res.StatusCode {
			return "an error that is no problem, but " + kind
		}
		if res.StatusCode == 401 && res.Header.Get("WWW-Authenticate") == "" {
			return "a 401 that does not say how to sign in (RFC 9110 §15.5.2)"
		}
	}
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		return "" // the mux leads to the clean path
	}
	o := d.find(method, path)
	if o == nil {
		if !slices.Contains([]int{404, 405}, res.StatusCode) && path != api.DescriptionPath {
			return fmt.Sprintf("%d from an operation that is not described", res.StatusCode)
		}
		return ""
	}
	r := o.Responses[strconv.Itoa(res.StatusCode)]
	if r == nil {
		return fmt.Sprintf("%s does not say that it may answer %d", o.OperationID, res.StatusCode)
	}
	if r.Ref != "" {
		r = d.Components.Responses[r.Ref[strings.LastIndex(r.Ref, "/")+1:]]
	}
	if len(r.Content) == 0 && len(text) == 0 {
		return ""
	}
	content, ok := r.Content[kind]
	if !ok {
		return fmt.Sprintf("%s does not say that it may answer %d with %s", o.OperationID, res.StatusCode, kind)
	}
	if content.Schema.Ref == "" && content.Schema.Type == "string" {
		return "" // a list, of which others know
	}
	parts := [][]byte{text}
	if kind == "application/jsonl" {
		parts = slices.Collect(bytes.Lines(text))
	}
	for _, part := range parts {
		var v any
		if json.Unmarshal(part, &v) != nil {
			return "an answer that is not JSON"
		}
		if wrong := d.fits(content.Schema, v, o.OperationID); wrong != "" {
			return wrong
		}
	}
	return ""
}

// fits says where v is not as the schema says: members that are missing, not described, or of another type.
func (d *description) fits(s *schema, v any, at string) string {
	if s == nil || v == nil && s.Ref == "" && strings.Contains(fmt.Sprint(s.Type), "null") {
		return ""
	}
	if s.Ref != "" {
		s = d.Components.Schemas[s.Ref[strings.LastIndex(s.Ref, "/")+1:]]
	}
	types := fmt.Sprint(s.Type)
	switch v := v.(type) {
	case map[string]any:
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				return at + " lacks " + name
			}
		}
		for name, inner := range v {
			p := s.Properties[name]
			if p == nil && s.Properties != nil && s.AdditionalProperties == false {
				return at + " has an undescribed " + name
			}
			if wrong := d.fits(p, inner, at+"/"+name); wrong != "" {
				return wrong
			}
		}
	case []any:
		for _, inner := range v {
			if wrong := d.fits(s.Items, inner, at+"/*"); wrong != "" {
				return wrong
			}
		}
	}
	if s.Enum != nil && !slices.Contains(s.Enum, v) {
		return fmt.Sprintf("%s is %v, none of %v", at, v, s.Enum)
	}
	want := map[bool]string{true: "x"}
	switch v.(type) {
	case map[string]any:
		want[true] = "object"
	case []any:
		want[true] = "array"
	case string:
		want[true] = "string"
	case float64:
		want[true] = "integer number"
	case bool:
		want[true] = "boolean"
	}
	fit := s.Type == nil || slices.ContainsFunc(strings.Fields(want[true]), func(t string) bool { return strings.Contains(types, t) })
	if !fit {
		return fmt.Sprintf("%s is %T, want %s", at, v, types)
	}
	return ""
}

// TestTheDescriptionIsCommitted shows that openapi.json is what is served, and that it comes out the same each time.
func TestTheDescriptionIsCommitted(t *testing.T) {
	var served, again bytes.Buffer
	for _, b := range []*bytes.Buffer{&served, &again} {
		if err := json.Indent(b, document(t, api.New(api.Rooms{}, api.Config{Secure: true})), "", "  "); err != nil {
			t.Fatal(err)
		}
		b.WriteByte('\n')
	}
	if served.String() != again.String() {
		t.Error("the description comes out differently each time")
	}
	if *update {
		if err := os.WriteFile("openapi.json", served.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, served.Bytes()) {
		t.Error("openapi.json is not what is served: run go generate ./api and look at what changes")
	}
}

func TestEveryOperationIsDescribed(t *testing.T) {
	handler := api.New(api.Rooms{}, api.Config{Secure: true})
	d := describe(t, handler)
	text, used := string(document(t, handler)), map[string]bool{}
	for _, ref := range regexp.MustCompile(`"#/components/([a-z]+)/([A-Za-z]+)"`).FindAllStringSubmatch(text, -1) {
		used[ref[2]] = true
		if d.Components.Schemas[ref[2]] == nil && d.Components.Responses[ref[2]] == nil {
			t.Errorf("%s leads nowhere", ref[0])
		}
	}
	for name := range d.Components.Schemas {
		if !used[name] {
			t.Errorf("nothing leads to %s", name)
		}
	}
	if d.OpenAPI != "3.1.0" || len(d.operations()) < 50 {
		t.Errorf("got OpenAPI %s with %d operations, want 3.1.0 with all", d.OpenAPI, len(d.operations()))
	}
	for _, o := range d.operations() {
		if o.OperationID == "" || len(o.Summary) < 5 || len(o.Description) < 5 || len(o.Tags) != 1 {
			t.Errorf("%s %s lacks an id, a summary, a description or its tag", o.method, o.path)
		}
		for _, status := range []int{400, 403, 422, 500, 503} {
			if o.Responses[strconv.Itoa(status)] == nil {
				t.Errorf("%s does not say what %d means", o.OperationID, status)
			}
		}
		for _, p := range o.Parameters {
			if p.Description == "" {
				t.Errorf("%s does not say what %s is", o.OperationID, p.Name)
			}
		}
		for _, part := range strings.Split(o.path, "/") {
			declared := slices.ContainsFunc(o.Parameters, func(p parameter) bool { return p.In == "path" && p.Required && "{"+p.Name+"}" == part })
			if strings.HasPrefix(part, "{") && !declared {
				t.Errorf("%s does not describe %s", o.OperationID, part)
			}
		}
		if o.takesList() {
			if o.RequestBody.Content["text/csv"].Schema.Type != "string" || len(o.RequestBody.Content) != 2 {
				t.Errorf("%s does not say how a list is sent", o.OperationID)
			}
		} else if o.RequestBody != nil {
			d.check(t, o.RequestBody.Content["application/json"].Schema, o.OperationID)
		}
	}
}

// check finds bodies with members that the strict reading of bodies would refuse, or that take anything.
func (d *description) check(t *testing.T, s *schema, at string) {
	t.Helper()
	if s == nil {
		t.Errorf("%s is not described", at)
		return
	}
	if s.Ref != "" {
		s = d.Components.Schemas[s.Ref[strings.LastIndex(s.Ref, "/")+1:]]
	}
	if s.Properties != nil && s.AdditionalProperties != false {
		t.Errorf("%s takes members that are not described", at)
	}
	for name, inner := range s.Properties {
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
			t.Errorf("%s has a member %s that reading would refuse", at, name)
		}
		d.check(t, inner, at+"/"+name)
	}
	if s.Items != nil {
		d.check(t, s.Items, at+"/*")
	}
}

// fill returns the operation's path with the values for its parameters.
func (o *operation) fill(values map[string]string) string {
	path := o.path
	for name, value := range values {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	return path
}
