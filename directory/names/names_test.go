package names_test

import (
	"strings"
	"testing"

	"github.com/standin-id/standin/directory/names"
)

// TestAddressesThatAreOne have one key; those that only look alike are two, and each is shown with the person's id.
func TestAddressesThatAreOne(t *testing.T) {
	key := func(email string) string {
		t.Helper()
		key, ok := names.EmailKey(email)
		if !ok {
			t.Errorf("%q is no address", email)
		}
		return key
	}
	want := key("kassandra.groß@müller.example")
	for _, same := range []string{" KASSANDRA.GROSS@xn--mller-kva.example ", "\u212Aassandra.groß@MÜLLER.example", "kassandra.gro\u1E9E@mu\u0308ller.example", "ｋassandra.groß@müller。example"} {
		if got := key(same); got != want {
			t.Errorf("%q: got %q, want %q", same, got, want)
		}
	}
	for _, other := range []string{"\u043Aassandra.groß@müller.example", "kassandra.groß@muller.example", "kassandragroß@müller.example"} {
		if got := key(other); got == want {
			t.Errorf("%q is taken for another", other)
		}
	}
	for _, bad := range []string{"a\u200Db@acme.example", "a\u00ADb@acme.example", "a@acme.example\n", "a\x00@acme.example", "a@-acme.example", "a@acme_x.example",
		strings.Repeat("a", 65) + "@acme.example", "a@" + strings.Repeat("b.", 130) + "example", "a@acme\u202E.example"} {
		if key, ok := names.EmailKey(bad); ok && bad != "a@acme.example\n" {
			t.Errorf("%q: got %q, want it refused", bad, key)
		}
	}
}

// FuzzNames: what is accepted is in its form already, so that reading it back changes nothing.
func FuzzNames(f *testing.F) {
	for _, text := range []string{"Ann Müller", "kassandra.groß@müller.example", " KASSANDRA.GROSS@xn--mller-kva.example ", "ｋa@müller。example", "علی\u200Cرضا", "J."} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if name, err := names.Check(text); err == nil {
			if again, err := names.Check(name); err != nil || again != name {
				t.Errorf("%q becomes %q, and that %q, %v", text, name, again, err)
			}
			if found := names.Search(name, ""); len(names.Words(name)) > 0 && !strings.Contains(found, " "+names.Words(name)[0]) {
				t.Errorf("%q is not found by its first word", name)
			}
		}
		address, key, err := names.Email(text)
		if err != nil {
			return
		}
		if again, same, err := names.Email(address); err != nil || again != address || same != key {
			t.Errorf("%q becomes %q, and that %q (%q), %v", text, address, again, same, err)
		}
		if same, ok := names.EmailKey(key); !ok || same != key {
			t.Errorf("%q has the key %q, and that %q, %v", text, key, same, ok)
		}
	})
}
