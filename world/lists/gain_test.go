package lists

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A list gives nobody more for whom the one who sends it stands in; what is so already is no change.
func TestThreat16AListGivesNoMoreToWhomOneStandsInFor(t *testing.T) {
	in(t, func(h *house) {
		h.apply(operator, Delegations, "actor,principal,purpose\nlead,plain,leave\n")
		for _, c := range []struct {
			text string
			want []string
		}{
			{"id,roles\nplain,staff\n", []string{"skip"}},
			{"id,roles\nplain,staff staff@sales/emea\n", []string{"refuse directory.stands_in"}},
			{"id,unit\nplain,sales/emea\n", []string{"refuse directory.stands_in"}},
			{"id,name\nplain,Plain Other\n", []string{"change name"}},
		} {
			if diff := cmp.Diff(c.want, outcomes(h.apply(lead, People, c.text))); diff != "" {
				h.t.Errorf("%q (-want +got):\n%s", c.text, diff)
			}
		}
	})
}
