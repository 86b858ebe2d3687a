package rights_test

import (
	"testing"

	"github.com/standin-id/standin/rights"
)

func TestAdds(t *testing.T) {
	for name, c := range map[string]struct {
		old, new []string
		want     bool
	}{
		"nothing to nothing":        {nil, nil, false},
		"the first line":            {nil, []string{"desk:expense.view"}, true},
		"the same in another order": {[]string{"a:b.c", "a:b.d"}, []string{"a:b.d", "a:b.c"}, false},
		"a line less":               {[]string{"a:b.c", "a:b.d"}, []string{"a:b.c"}, false},
		"one of all":                {[]string{"a:*.*"}, []string{"a:b.c@unit"}, false},
		"all for one":               {[]string{"a:b.c"}, []string{"a:*.c"}, true},
		"a wider scope":             {[]string{"a:b.c@unit"}, []string{"a:b.c"}, true},
		"another scope":             {[]string{"a:b.c@own"}, []string{"a:b.c@unit"}, true},
		"a narrower scope":          {[]string{"a:b.c@org"}, []string{"a:b.c@own"}, false},
		"a sealed field":            {[]string{"a:b.c"}, []string{"a:b.c/f"}, true},
		"one of all fields":         {[]string{"a:b.c/*"}, []string{"a:b.c/f", "a:b.c"}, false},
		"what cannot be read":       {[]string{"a:b.c"}, []string{"a:b"}, true},
		"beside what cannot be":     {[]string{"a:b"}, []string{}, true},
	} {
		if got := rights.Adds(c.old, c.new); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
