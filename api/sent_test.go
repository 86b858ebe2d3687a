package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/ledger"
)

// FuzzBody shows that a body which is let through is read alike by who takes the first of two members of one name, and by
// who takes the last.
func FuzzBody(f *testing.F) {
	for _, text := range []string{`{"a": 1}`, `{"a": 1, "a": 2}`, `{"a": {"b": [{"c": null}, {"c": 2, "c": 3}]}}`, `{"A": 1}`, `[1, [2, "x"]]`, `"\u0000"`,
		"{\"\\u0061\": 1, \"a\": 2}", `{"a": 1e999}`, `{"": 1}`, " 7 ", "{} {}", strings.Repeat("[", 20) + strings.Repeat("]", 20), `"\ud800"`, "\xff"} {
		f.Add([]byte(text))
	}
	header := http.Header{"Content-Type": {"application/json"}}
	f.Fuzz(func(t *testing.T, text []byte) {
		if readable(header, text) != nil {
			return
		}
		var last any
		if err := json.Unmarshal(text, &last); err != nil {
			t.Fatalf("%q is let through: %v", text, err)
		}
		d := json.NewDecoder(strings.NewReader(string(text)))
		if first := firstOf(t, d, 0); !reflect.DeepEqual(first, last) {
			t.Errorf("%q is read as %v and as %v", text, first, last)
		}
		if strings.Contains(toText(last), "\x00") {
			t.Errorf("%q holds a NUL character", text)
		}
	})
}

// firstOf reads one value, of whose members of one name the first counts.
func firstOf(t *testing.T, d *json.Decoder, depth int) any {
	t.Helper()
	token, err := d.Token()
	if err != nil {
		t.Fatal(err)
	}
	if depth > deepest {
		t.Fatal("deeper than what is let through")
	}
	switch token {
	case json.Delim('{'):
		m := map[string]any{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				t.Fatal(err)
			}
			v := firstOf(t, d, depth+1)
			if _, there := m[name.(string)]; !there {
				m[name.(string)] = v
			}
		}
		_, _ = d.Token()
		return m
	case json.Delim('['):
		list := []any{}
		for d.More() {
			list = append(list, firstOf(t, d, depth+1))
		}
		_, _ = d.Token()
		return list
	}
	return token
}

// toText joins all text in the value.
func toText(v any) string {
	var b strings.Builder
	switch v := v.(type) {
	case string:
		return v
	case []any:
		for _, one := range v {
			b.WriteString(toText(one))
		}
	case map[string]any:
		for name, one := range v {
			b.WriteString(name + toText(one))
		}
	}
	return b.String()
}

// FuzzPlace shows that a place in a list survives being written, that no text breaks reading, and that none is read as a
// place in another list.
func FuzzPlace(f *testing.F) {
	for _, text := range []string{"", "!", "MTc5NSByLTE", mark(ofRecords, "1795 "), mark(ofRecords, "x r-1"), mark(ofPeople, "a\x00b"), mark(ofRecords, "1 r\xff"),
		mark(ofPeople, "6164.p-1"), markRecord(ledger.Cursor{At: standin.Instant(1), ID: "r-1"})} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := Paging{After: text}
		read := 0
		for _, list := range []string{ofPeople, ofCandidates, ofDelegations, ofRecords} {
			place, err := p.place(list)
			if err != nil && standin.CodeOf(err) != "api.after" || !plain(place) {
				t.Errorf("%q in %s: got %q (%v), want a place or what is wrong", text, list, place, err)
			}
			if place != "" {
				again, err := Paging{After: mark(list, place)}.place(list)
				if read++; err != nil || again != place {
					t.Errorf("%q in %s is %q, and %q (%v) when written and read again", text, list, place, again, err)
				}
			}
		}
		if read > 1 {
			t.Errorf("%q is a place in %d lists", text, read)
		}
		c, err := p.record()
		if err != nil || text == "" {
			return
		}
		if again, err := (Paging{After: markRecord(c)}).record(); err != nil || again != c || c.ID == "" {
			t.Errorf("%q is %v, and %v (%v) when written and read again", text, c, again, err)
		}
	})
}

// FuzzSpan shows that a span survives being written, in the form that the description gives.
func FuzzSpan(f *testing.F) {
	for _, text := range []string{"8h", "1h30m", "90d", "none", "0s", "-1h", "1.5h", "1µs", "999999h999999h999999h", "106752d", "24h", "48h1s"} {
		f.Add(text)
	}
	form := regexp.MustCompile(Span(0).Schema(nil).Pattern)
	f.Fuzz(func(t *testing.T, text string) {
		var s, again Span
		if !form.MatchString(text) || s.UnmarshalText([]byte(text)) != nil || time.Duration(s) > 3650*24*time.Hour {
			return // longer than any setting may be
		}
		written, err := s.MarshalText()
		if err != nil || !form.Match(written) {
			t.Errorf("%q is written as %q (%v), which is not in the form of the description", text, written, err)
		}
		if err := again.UnmarshalText(written); err != nil || again != s {
			t.Errorf("%q is written as %q, and read again as %v (%v)", text, written, time.Duration(again), err)
		}
	})
}

func TestPlaceOfWhatIsNoJSON(t *testing.T) {
	for text, want := range map[string]string{
		"{":                        "line 1, column 1",
		"{\n  \"a\": 1,\n  b\n}":   "line 3, column 3",
		"nul":                      "line 1, column 3",
		"{\"a\": 1}\n\n{\"a\": 2}": "line 3, column 1",
	} {
		err := readable(http.Header{"Content-Type": {"application/json"}}, []byte(text))
		if p, ok := err.(*Problem); !ok || !strings.Contains(p.Detail, want) {
			t.Errorf("%q: got %+v, want %s", text, err, want)
		}
	}
}

func TestPointers(t *testing.T) {
	for text, want := range map[string]string{
		`{"a": {"b": [1, {"c": "\u0000"}]}}`: "/a/b/1/c",
		`{"a": [], "b": {"x/y~z": 1}}`:       "/b/x~1y~0z",
		`[[0, {"a": 1, "a": 2}]]`:            "/0/1/a",
		`{"a": {}, "b": [[], "\u0000"]}`:     "/b/1",
	} {
		wrong := survey([]byte(text))
		if wrong == nil || wrong.Pointer != want {
			t.Errorf("%s: got %+v, want %s", text, wrong, want)
		}
	}
	for field, want := range map[string]string{"limits.allow": "/limits/allow", "people[2].name": "/people/2/name", "a/b": "/a~1b"} {
		if got := pointer(field); got != want {
			t.Errorf("%s: got %s, want %s", field, got, want)
		}
	}
}
