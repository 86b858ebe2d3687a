package authzen

import (
	"bytes"
	"encoding/json"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseReadsWhatHasOneReading(t *testing.T) {
	got, err := parse([]byte(` {"a":"\u00e9\ud83d\ude00\n\"","b":[1,-0,2.5,-1e3,9223372036854775807,true,null,{}],"c":null,` +
		"\"d\":{\"é\":\"\U0001F600\",\"\":false}}\r\n\t"))
	want := map[string]any{"a": "é😀\n\"", "b": []any{int64(1), int64(0), 2.5, -1000.0, int64(math.MaxInt64), true, nil, map[string]any{}}, "c": nil,
		"d": map[string]any{"é": "😀", "": false}}
	if diff := cmp.Diff(map[string]any(got), want); err != nil || diff != "" {
		t.Errorf("got %v, difference: %s", err, diff)
	}
}

func TestParseRefusesEverythingElse(t *testing.T) {
	deep := strings.Repeat(`{"a":`, mostDepth) + `{}` + strings.Repeat("}", mostDepth)
	for text, want := range map[string]string{
		"":                               "byte 0: a JSON object is expected",
		"[]":                             "byte 0: a JSON object is expected",
		`"a"`:                            "byte 0: a JSON object is expected",
		"{}{}":                           "byte 2: something follows the end of the object",
		"{":                              "byte 1: the text breaks off",
		`{"a`:                            "byte 3: the text breaks off",
		`{"a\`:                           "byte 4: the text breaks off",
		`{"é`:                            "byte 4: the text breaks off",
		`{"a"`:                           "byte 4: a colon is expected",
		`{"a":`:                          "byte 5: the text breaks off",
		`{"a":1`:                         "byte 6: the text breaks off",
		`{"a":1,`:                        "byte 7: the name of a member is expected",
		`{"a":[1,`:                       "byte 8: the text breaks off",
		`{"a":[1,]}`:                     "byte 8: something is expected after the comma",
		`{"a":1,}`:                       "byte 7: something is expected after the comma",
		`{"a":1 "b":2}`:                  "byte 7: a comma is expected",
		`{a:1}`:                          "byte 1: the name of a member is expected",
		`{"a":truth}`:                    "byte 5: a JSON value is expected",
		`{"a":nul}`:                      "byte 5: a JSON value is expected",
		`{"a":1,"a":2}`:                  "byte 7: this member is there twice",
		`{"a":1,"\u0061":2}`:             "byte 7: this member is there twice",
		`{"a":null,"a":2}`:               "byte 10: this member is there twice",
		`{"a":{"b":[{"c":1,"c":1}]}}`:    "byte 18: this member is there twice",
		`{"a":01}`:                       "byte 5: this is no number",
		`{"a":-}`:                        "byte 5: this is no number",
		`{"a":1.}`:                       "byte 5: this is no number",
		`{"a":1e+}`:                      "byte 5: this is no number",
		`{"a":1e400}`:                    "byte 5: this number is out of range",
		`{"a":9223372036854775808}`:      "byte 5: this number is out of range",
		`{"a":"` + "\x01" + `"}`:         "byte 6: a control character stands in a string without being escaped",
		`{"a":"` + "\xff" + `"}`:         "byte 6: this is not UTF-8",
		`{"a":"` + "\xed\xa0\x80" + `"}`: "byte 6: this is not UTF-8",
		`{"` + "\xc3" + `":1}`:           "byte 2: this is not UTF-8",
		`{"a":"\ud800"}`:                 "byte 6: this escapes no character",
		`{"a":"\ud800\ud800"}`:           "byte 6: this escapes no character",
		`{"a":"\udc00\ud800"}`:           "byte 6: this escapes no character",
		`{"a":"\u00g0"}`:                 "byte 6: this escapes no character",
		`{"a":"\u12`:                     "byte 6: this escapes no character",
		`{"a":"\u0000"}`:                 "byte 6: a NUL character is in no name and no id",
		`{"a":"\x"}`:                     "byte 6: there is no such escape",
		deep:                             "byte 80: more than 16 objects and lists within each other are too many",
	} {
		if got, err := parse([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%.60s: got %v, %v, want %q", text, got, err, want)
		}
	}
	if _, err := parse([]byte(deep[5 : len(deep)-1])); err != nil {
		t.Errorf("got %v for as deep as is allowed, want none", err)
	}
}

// TestParseHoldsLittle sends the texts that would take the most memory.
func TestParseHoldsLittle(t *testing.T) {
	for name, text := range map[string]string{
		"brackets":        `{"a":` + strings.Repeat("[", mostBytes),
		"empty objects":   `{"a":[` + strings.Repeat("{},", mostBytes/3),
		"empty lists":     `{"a":[` + strings.Repeat("[],", mostBytes/3),
		"numbers":         `{"a":[` + strings.Repeat("1,", mostBytes/2),
		"one string":      `{"a":"` + strings.Repeat("é", mostBytes/2),
		"digits":          `{"a":` + strings.Repeat("9", mostBytes),
		"escapes":         `{"a":"` + strings.Repeat(`\n`, mostBytes/2),
		"deepest objects": `{"a":[` + strings.Repeat(strings.Repeat(`{"":`, mostDepth-3)+"1"+strings.Repeat("}", mostDepth-3)+",", mostBytes/64),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := parse([]byte(text)); err == nil {
			t.Errorf("%s: got no error", name)
		}
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 32*mostBytes {
			t.Errorf("%s: took %d MiB, want at most 32 times the text", name, took>>20)
		}
	}
}

// FuzzParse compares with the library's decoder: what is read here is read there, and alike; what is refused here has
// more than one reading, or more than is bounded, or is refused there.
func FuzzParse(f *testing.F) {
	for _, text := range []string{`{}`, `{"a":[1,2.5,"é\u00e9",{"b":null}],"c":true}`, `{"a":1,"a":2}`, `{"a":"\ud83d\ude00"}`, `{"a":-0.0e-7}`,
		`{"a":"\ud800"}`, ` {"a" : [ ] } `, `{"a":1e999}`, `{"a":"` + "\xff" + `"}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := parse(text)
		if err != nil {
			return
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		var want map[string]any
		if err := d.Decode(&want); err != nil {
			t.Fatalf("got %v, want %v", got, err)
		}
		if diff := cmp.Diff(got, numbered(want)); diff != "" {
			t.Errorf("read otherwise than elsewhere: %s", diff)
		}
	})
}

// numbered returns what the library read, in the form in which parse gives it.
func numbered(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for name, inner := range v {
			m[name] = numbered(inner)
		}
		return m
	case []any:
		all := []any{}
		for _, inner := range v {
			all = append(all, numbered(inner))
		}
		return all
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		n, _ := v.Float64()
		return n
	}
	return v
}
