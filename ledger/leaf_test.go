package ledger

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/standin-id/standin"
)

// TestLeafBytesAreFixed holds the bytes of version 1, which everyone who verifies the record depends on.
func TestLeafBytesAreFixed(t *testing.T) {
	r := Record{Organisation: "acme", ID: "r-1", At: standin.Instant(1793707200123456), Actor: "person:p-1", Principal: "p-2",
		Session: "s-1", Delegation: "d-1", Action: "delegation.create", Resource: "delegation:d-1", Outcome: Done,
		Reasons: []string{"a", "b"}, Origin: standin.Origin{Address: "192.0.2.1", Agent: "Ω \"x\" \\ <b> \u2028 \t\n\b\f\r\x01\x7f"},
		After: json.RawMessage(`{"purpose":"leave"}`)}
	committed := commitment(&r, "salt")
	if got, want := committed, "gaUQjTZoJIEScJZmNB1ZLBTZVxZryEfqsAR59LYctJw="; got != want {
		t.Errorf("commitment: got %s, want %s", got, want)
	}
	got := string(leaf(&r, committed))
	want := `{"action":"delegation.create","actor":"person:p-1","at":1793707200123456,"commitment":"` + committed +
		`","delegation":"d-1","id":"r-1","organisation":"acme","outcome":"done","principal":"p-2","reasons":["a","b"],` +
		`"resource":"delegation:d-1","session":"s-1","v":1}`
	if got != want {
		t.Errorf("leaf:\ngot  %s\nwant %s", got, want)
	}
	if got, want := tlog.RecordHash([]byte(got)).String(), "fRk+mUi9Om/GQ1GT4W5OJxPo6AVQOq1Y5FqQbsWIkQk="; got != want {
		t.Errorf("hash: got %s, want %s", got, want)
	}
	got = string(orderLeaf("acme", 7, tlog.RecordHash([]byte("x"))))
	want = `{"hash":"PH6byTDck/AfppmF7yQtn56GHzxTVaokzl70tLinDMs=","organisation":"acme","sequence":7,"v":1}`
	if got != want {
		t.Errorf("leaf of the order:\ngot  %s\nwant %s", got, want)
	}
}

// FuzzAppendString compares our canonical strings with what a JSON parser reads back, and with the escapes that RFC 8785
// §3.2.2.2 allows.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "a", "\x00\x1f\"\\/\u2028<>&\x7f", "\xff", "😀", strings.Repeat("é", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "\uFFFD")
		b := appendString(nil, s)
		var back string
		if err := json.Unmarshal(b, &back); err != nil || back != s {
			t.Fatalf("%q is written as %s, which is read as %q, %v", s, b, back, err)
		}
		for i, c := range b {
			if c < 0x20 {
				t.Fatalf("%s holds a control character at %d", b, i)
			}
		}
		if len(b) > 2+6*len(s) {
			t.Fatalf("%s escapes more than it must", b)
		}
	})
}

func TestEdgeIsTheTreeOfRFC6962(t *testing.T) {
	e := &edge{}
	var leaves [][]byte
	for n := range 200 {
		root, err := e.root()
		if err != nil {
			t.Fatal(err)
		}
		if want := naive(leaves); root != want {
			t.Fatalf("%d leaves: got root %s, want %s", n, root, want)
		}
		leaf := []byte{byte(n), 'x'}
		nodes, err := e.add(tlog.RecordHash(leaf))
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leaf)
		for _, node := range nodes {
			level, at := tlog.SplitStoredHashIndex(node.place)
			if want := naive(leaves[at<<level : (at+1)<<level]); node.hash != want {
				t.Fatalf("subtree %d of level %d: got %s, want %s", at, level, node.hash, want)
			}
		}
	}
}

func TestKeysSurviveBeingWritten(t *testing.T) {
	for range 50 { // their text is base64, in which any character may come up
		key := newKey(t)
		again, err := ParseKey(key.Secret() + "\n")
		if err != nil || again.Secret() != key.Secret() || again.Verifier().String() != key.Verifier().String() {
			t.Fatalf("got %v, %v, want the key that was written", again, err)
		}
		verifier, err := ParseVerifier(key.Verifier().String())
		if err != nil || verifier.String() != key.Verifier().String() {
			t.Fatalf("got %v, %v, want the verifier that was written", verifier, err)
		}
		c := Checkpoint{Origin: origin("test.example", "a b+c"), Size: 7, At: noon, Previous: 3}
		if err := c.sign(key); err != nil {
			t.Fatal(err)
		}
		if got, err := openCheckpoint(c.Note, verifier); err != nil || got != c {
			t.Fatalf("got %v, %v, want %v", got, err, c)
		}
	}
	if _, err := NewKey("two words"); err == nil {
		t.Error("a key with a space in its name was made, want an error")
	}
	for _, text := range []string{"", "PRIVATE+KEY", "PRIVATE+KEY+a+00000000+AQ==", newKey(t).Secret()[1:]} {
		if _, err := ParseKey(text); standin.CodeOf(err) != "ledger.bad_key" {
			t.Errorf("%q: got %v, want ledger.bad_key", text, err)
		}
		if _, err := ParseVerifier(text); standin.CodeOf(err) != "ledger.bad_verifier" {
			t.Errorf("%q: got %v, want ledger.bad_verifier", text, err)
		}
	}
	if key := newKey(t); strings.Contains(key.String(), key.Secret()[30:]) {
		t.Error("a key that is printed shows its secret")
	}
}

func TestIDsGrow(t *testing.T) {
	l := New(nil, time.Now)
	var ids []standin.RecordID
	for range 1000 {
		ids = append(ids, l.idAt(standin.Micros(noon)))
	}
	if !slices.IsSorted(ids) || len(slices.Compact(ids)) != 1000 {
		t.Error("got ids that do not grow")
	}
	if got, ok := instantOf(ids[0]); !ok || got != standin.Micros(noon) {
		t.Errorf("got %d, %v, want the instant that the id was made for", got, ok)
	}
	for _, id := range []standin.RecordID{"", "r-", "r-1", "r-zzzzzzzzzzzz0000000000000000", "x-0123456789ab0123456789abcdef"} {
		if _, ok := instantOf(id); ok {
			t.Errorf("%q: got an instant, want none", id)
		}
	}
}
