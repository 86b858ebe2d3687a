package standin_test

import (
	"testing"

	"github.com/standin-id/standin"
)

func TestThreat37IdentityChanged(t *testing.T) {
	own := standin.Caller{Actor: "person:p-1", Principal: "p-1"}
	acting := standin.Caller{Actor: "person:p-1", Principal: "p-2", Session: "s-3"}
	later := standin.Caller{Actor: "person:p-1", Principal: "p-2", Session: "s-4"}
	for _, c := range []struct {
		made, now standin.Caller
		fine      bool
	}{
		{own, own, true}, {acting, acting, true}, {own, acting, false}, {acting, own, false}, {acting, later, false},
	} {
		err := c.now.RequireIdentity(c.made.Identity())
		if (err == nil) != c.fine || !c.fine && standin.KindOf(err) != standin.Conflict {
			t.Errorf("made for %q, now %q: got %v, want fine %v", c.made.Identity(), c.now.Identity(), err, c.fine)
		}
	}
}
