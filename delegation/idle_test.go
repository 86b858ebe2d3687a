package delegation_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/rights"
)

// TestB3LinesThatOpenNothingAreTold: what the principal may not do, nobody does for them, and whoever names learns of it.
func TestB3LinesThatOpenNothingAreTold(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		must(h.Directory.PutRole(t.Context(), operator(acme), rights.Role{ID: "clerk", Allow: []string{"desk:expense.view@unit", "desk:expense.enter@own"}}, 0))(t)
		must(h.Directory.Hold(t.Context(), operator(acme), "ann", "clerk", ""))(t)
		for _, c := range []struct {
			who  standin.PersonID
			kind delegation.Kind
			l    rights.Limits
			want []string
			code string
		}{
			{"ann", delegation.Cover, rights.Limits{}, nil, ""},
			{"ann", delegation.Cover, rights.Limits{Allow: []string{"desk:expense.view", "desk:expense.approve", "*:*.view"}}, []string{"desk:expense.approve"}, ""},
			{"hr", delegation.Cover, rights.Limits{Allow: []string{"desk:expense.enter", "standin:audit.view"}}, []string{"desk:expense.enter", "standin:audit.view"}, ""},
			{"ann", delegation.Entry, rights.Limits{Allow: []string{"desk:expense.enter"}}, nil, ""},
			{"ann", delegation.Entry, rights.Limits{Allow: []string{"desk:expense.view"}}, nil, "delegation.entry_line"},
			{"ann", "odd", rights.Limits{Allow: []string{"desk:expense.view"}}, nil, "delegation.kind"},
			{"ann", delegation.Cover, rights.Limits{Allow: []string{"desk:expense.fly"}}, nil, "rights.unknown_action"},
			{"bob", delegation.Cover, rights.Limits{Allow: []string{"desk:expense.view"}}, nil, "delegation.not_for_others"},
			{"fin", delegation.Cover, rights.Limits{Allow: []string{"desk:expense.view"}}, nil, "delegation.not_for_others"},
		} {
			got, e := h.Idle(t.Context(), as(acme, c.who), "ann", c.kind, c.l)
			if diff := cmp.Diff(c.want, got); diff != "" || standin.CodeOf(e) != c.code {
				t.Errorf("%s, %s, %v: %v; want %q; -want +got:\n%s", c.who, c.kind, c.l, e, c.code, diff)
			}
		}
		_, e := h.Idle(t.Context(), acting("bob", "ann"), "ann", delegation.Cover, rights.Limits{})
		refused(t, e, standin.Denied, "delegation.not_while_acting")
	})
}
