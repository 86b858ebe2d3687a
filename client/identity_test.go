package client_test

import (
	"testing"

	"github.com/standin-id/standin/client"
)

// TestThreat64HalfAnIdentityIsNobody: who stands in for somebody and lost the session by which they do is not taken for the one
// whom they stand in for.
func TestThreat64HalfAnIdentityIsNobody(t *testing.T) {
	ada, ben := client.Person{ID: "p-ada"}, client.Person{ID: "p-ben"}
	for name, c := range map[string]struct {
		who  client.Identity
		want bool
	}{
		"in one's own name":           {client.Identity{Actor: ben, Principal: ben}, true},
		"for somebody":                {client.Identity{Actor: ben, Principal: ada, Session: "s-1"}, true},
		"for somebody, by no session": {client.Identity{Actor: ben, Principal: ada}, false},
		"a session of one":            {client.Identity{Actor: ben, Principal: ben, Session: "s-1"}, false},
		"without an actor":            {client.Identity{Principal: ada}, false},
	} {
		if _, got := client.From(client.With(t.Context(), c.who)); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
