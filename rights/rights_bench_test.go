package rights

import (
	"fmt"
	"testing"

	"github.com/standin-id/standin"
)

// company is an organisation of the size that the benchmarks of decisions speak of: 200 permissions over ten types, ten
// roles, of which a person holds three.
func company() (*Authority, *Bounds, []Question) {
	c := Catalogue{Types: map[string]Type{}}
	var permissions []string
	for typ := range 10 {
		t := Type{Actions: map[string]Action{}, Fields: map[string]Field{"amount": {}, "note": {}, "iban": {Sealed: true}}}
		for what := range 20 {
			name := fmt.Sprintf("action_%d", what)
			t.Actions[name] = Action{Category: General, Reads: what%4 == 0, Approves: what%5 == 0, Entry: true}
			permissions = append(permissions, fmt.Sprintf("desk:type_%d.%s", typ, name))
		}
		c.Types[fmt.Sprintf("type_%d", typ)] = t
	}
	var roles []Role
	for i := range 10 {
		var allow []string
		for j, p := range permissions {
			if (i+j)%4 == 0 {
				allow = append(allow, p+[]string{"@own", "@unit", "", "@unit"}[j%4])
			}
		}
		roles = append(roles, Role{ID: standin.RoleID(fmt.Sprint("role-", i)), Allow: allow})
	}
	v := NewVocabulary(Catalogues{"desk": c})
	a := v.Authority("p-1", []Holding{{roles[0], "sales/emea"}, {roles[3], "sales"}, {roles[7], "finance/tax"}})
	b := v.Bounds(Limits{Deny: []string{"desk:type_3.*", "desk:*.action_7@own"}, Units: []standin.UnitID{"sales", "finance"}}, false)
	var questions []Question
	for i := range 1024 {
		q := Question{Application: "desk", Type: fmt.Sprintf("type_%d", i*7%11), Action: fmt.Sprintf("action_%d", i*13%20), Owner: standin.PersonID(fmt.Sprint("p-", i%3)),
			Unit: []standin.UnitID{"sales/emea/uk", "finance/tax", "legal"}[i%3]}
		if i%4 == 0 {
			q.Field = []string{"amount", "iban"}[i/4%2]
		}
		questions = append(questions, q)
	}
	return a, b, questions
}

func TestPermitsAllocatesNothing(t *testing.T) {
	a, b, questions := company()
	permitted := 0
	if got := testing.AllocsPerRun(100, func() {
		for i := range questions {
			if a.Permits(nil, &questions[i]) && a.Permits(b, &questions[i]) && a.Within(b, &questions[i]) {
				permitted++
			}
		}
	}); got != 0 {
		t.Errorf("%v allocations in %d questions", got, len(questions))
	}
	if permitted == 0 {
		t.Error("nothing was permitted")
	}
}

func BenchmarkPermits(b *testing.B) {
	a, bounds, questions := company()
	for name, within := range map[string]*Bounds{"own name": nil, "within limits": bounds} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			permitted, i := 0, 0
			for b.Loop() {
				if a.Permits(within, &questions[i%len(questions)]) {
					permitted++
				}
				i++
			}
			b.ReportMetric(float64(permitted)/float64(b.N), "permitted/op")
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	a, bounds, _ := company()
	b.Run("authority", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			a.v.Authority("p-1", a.held)
		}
	})
	b.Run("bounds", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			a.v.Bounds(bounds.limits, false)
		}
	})
	b.Run("vocabulary", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			NewVocabulary(a.v.catalogues)
		}
	})
}
