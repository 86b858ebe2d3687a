package ledger

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

// thing is a row as a room tells it.
type thing struct {
	ID    string            `json:"id"`
	N     int64             `json:"n"`
	Tags  []string          `json:"tags"`
	Extra map[string]string `json:"extra"`
	Ended *int64            `json:"ended"`
}

// walkOf yields the rows as a room would.
func walkOf(rows map[string]any, kinds ...string) Walk {
	return Walk{Kinds: kinds, Explain: func(_ context.Context, _ *db.Tx, organisation standin.OrganisationID, yield func(string, any) error) error {
		if organisation != "acme" {
			return nil
		}
		for resource, state := range rows {
			if err := yield(resource, state); err != nil {
				return err
			}
		}
		return nil
	}}
}

func TestUnexplained(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l, key := New(d, ticking()), newKey(t)
		ids := map[string]standin.RecordID{}
		change := func(organisation standin.OrganisationID, resource string, outcome Outcome, before, after any) {
			t.Helper()
			r := Record{Organisation: organisation, At: noon, Actor: "system:test", Action: "thing.change", Resource: resource, Outcome: outcome}
			for to, state := range map[*json.RawMessage]any{&r.Before: before, &r.After: after} {
				if text, ok := state.(string); ok {
					*to = json.RawMessage(text)
				} else if state != nil {
					*to = State(state)
				}
			}
			id := add(t, l, r)[0]
			if outcome == Done && (before != nil || after != nil) {
				ids[resource] = id
			}
		}
		one, two := thing{ID: "t", N: 1}, thing{ID: "t", N: 2, Tags: []string{"a", ""}}
		change("acme", "thing:same", Done, nil, one)
		change("acme", "thing:same", Done, one, two)
		change("acme", "thing:differs", Done, nil, one)
		change("acme", "thing:missing", Done, nil, one)
		change("acme", "thing:deleted", Done, nil, one)
		change("acme", "thing:deleted", Done, one, nil)
		change("acme", "thing:remains", Done, nil, one)
		flush(t, l, key) // the others wait
		change("acme", "thing:remains", Done, one, nil)
		change("acme", "thing:again", Done, one, nil)
		change("acme", "thing:again", Done, nil, one)
		change("acme", "thing:refused", Done, nil, one)
		change("acme", "thing:refused", Refused, one, two)
		change("acme", "thing:used", Done, nil, one)
		change("acme", "thing:used", Done, nil, nil) // a record that tells no state
		change("acme", "thing:otherwise-written", Done, nil, `{"n": 2, "tags": ["a", ""], "id": "t"}`)
		change("acme", "thing:older-version", Done, nil, `{"id":"t","n":1}`)
		change("acme", "thing:longer-list", Done, nil, `{"id":"t","n":2,"tags":["a"]}`)
		change("acme", "thing:big", Done, nil, `{"id":"t","n":9007199254740993}`)
		change("acme", "elsewhere:x", Done, nil, one)
		change("other", "thing:others", Done, nil, one)

		rows := map[string]any{"thing:same": two, "thing:differs": two, "thing:remains": one, "thing:again": one, "thing:refused": one,
			"thing:used": one, "thing:unrecorded": one, "thing:otherwise-written": two, "thing:older-version": one, "thing:longer-list": two,
			"thing:big": thing{ID: "t", N: 9007199254740992}}
		var got []Difference
		err := d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			got = nil
			return l.Unexplained(ctx, tx, "acme", []Walk{walkOf(rows, "thing")}, func(x Difference) error { got = append(got, x); return nil })
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got, func(a, b Difference) int { return len(a.What+a.Resource) - len(b.What+b.Resource) })
		want := []Difference{
			{"thing:unrecorded", "", Unrecorded},
			{"thing:big", ids["thing:big"], Differs},
			{"thing:differs", ids["thing:differs"], Differs},
			{"thing:longer-list", ids["thing:longer-list"], Differs},
			{"thing:missing", ids["thing:missing"], Missing},
			{"thing:remains", ids["thing:remains"], Remains},
		}
		slices.SortFunc(want, func(a, b Difference) int { return len(a.What+a.Resource) - len(b.What+b.Resource) })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}

		err = d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			return l.Unexplained(ctx, tx, "acme", []Walk{walkOf(map[string]any{"unit:sales": one}, "thing")}, func(Difference) error { return nil })
		})
		if err == nil {
			t.Error("a walk that yields a kind it does not name was accepted, want an error")
		}
	})
}

// FuzzDigest: neither the order of fields, nor blanks, nor fields of zero value count; everything else does.
func FuzzDigest(f *testing.F) {
	for _, s := range []string{`{}`, `null`, `{"a":1,"b":[0,"",false,null,{}],"c":{"d":"x"}}`, `[1,2,[3]]`, `{"a":1e3}`, `"x"`, `{"a":`, "{}{}"} {
		f.Add([]byte(s), []byte(`{"a":1}`))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		first, err := digest(a)
		if err != nil {
			return
		}
		var v any
		if json.Unmarshal(a, &v) != nil {
			return // more than one value; only records that Append accepted come here
		}
		var indented any = map[string]any{"state": json.RawMessage(a)}
		text, err := json.MarshalIndent(indented, " ", "\t")
		if err != nil {
			return
		}
		var back struct{ State json.RawMessage }
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if again, err := digest(back.State); err != nil || again != first {
			t.Errorf("%s: blanks make a difference", a)
		}
		if m, ok := v.(map[string]any); ok && json.Valid(b) && len(m) > 0 {
			m["added by the test"] = "x"
			more, err := json.Marshal(m)
			if err != nil {
				return
			}
			if other, err := digest(more); err != nil || other == first {
				t.Errorf("%s: one field more makes no difference", a)
			}
		}
	})
}

func FuzzOpenCheckpoint(f *testing.F) {
	key, err := ParseKey(exampleKey)
	if err != nil {
		f.Fatal(err)
	}
	signed := map[string]bool{}
	for n := range int64(3) {
		c := Checkpoint{Origin: origin("test.example", "acme"), Size: 5 * n, At: noon, Previous: n}
		if err := c.sign(key); err != nil {
			f.Fatal(err)
		}
		signed[c.Note] = true
		f.Add(c.Note)
	}
	f.Add("")
	f.Add("test.example\n1\n\n— test.example AAAA\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := openCheckpoint(text, key.Verifier())
		if err == nil && !signed[c.Note] {
			t.Errorf("accepted a checkpoint that was never signed: %q", text)
		}
	})
}

func FuzzParseKeys(f *testing.F) {
	key, err := ParseKey(exampleKey)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(exampleKey)
	f.Add(key.Verifier().String())
	f.Add("a+b+c")
	f.Fuzz(func(t *testing.T, text string) {
		if k, err := ParseKey(text); err == nil {
			c := Checkpoint{Origin: origin(k.name, "acme"), Size: 1, At: noon}
			if err := c.sign(k); err != nil {
				t.Fatalf("%q signs nothing: %v", text, err)
			}
			if _, err := openCheckpoint(c.Note, k.Verifier()); err != nil {
				t.Errorf("%q signs what its public half refuses: %v", text, err)
			}
		}
		if v, err := ParseVerifier(text); err == nil {
			if again, err := ParseVerifier(v.String()); err != nil || again.String() != v.String() {
				t.Errorf("%q is not read back: %v", text, err)
			}
		}
	})
}

func FuzzInstantOf(f *testing.F) {
	f.Add("r-01j0pujnng4gt2hshi6sxv55ehag")
	f.Add("r-")
	f.Fuzz(func(t *testing.T, text string) {
		micros, ok := instantOf(standin.RecordID(text))
		if ok && (micros < 0 || micros >= 1<<60) {
			t.Errorf("%q: got %d, want 60 bits", text, micros)
		}
	})
}
