package world

import (
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/world/source"
)

// keepApplication returns the wanted application with what the file does not say, and without what would loosen a part that
// somebody changed by hand.
func (p *planner) keepApplication(f *facts, place source.Place, is, want application.Application) (application.Application, error) {
	for _, part := range []struct {
		path, shown string // of the record's state, and of the file
		to          func(a, b *application.Application)
	}{
		{path: "catalogue", shown: "types", to: func(a, b *application.Application) { a.Catalogue = b.Catalogue }},
		{path: "guardrails", shown: "guardrails", to: func(a, b *application.Application) { a.Guardrails = b.Guardrails }},
		{path: "policies", shown: "policies", to: func(a, b *application.Application) { a.Policies = b.Policies }},
		{path: "entities", shown: "entities", to: func(a, b *application.Application) { a.Entities = b.Entities }},
	} {
		if !place.Has(part.shown) {
			part.to(&want, &is)
		}
		alone := is
		if part.to(&alone, &want); !is.Loosens(alone) {
			continue
		}
		touched, err := p.touched(f, "application:"+string(is.ID), part.path)
		if err != nil {
			return want, err
		}
		if touched {
			part.to(&want, &is)
			p.kept(f, "application", string(is.ID), part.shown)
		}
	}
	return want, nil
}
