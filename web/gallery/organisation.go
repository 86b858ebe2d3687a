package gallery

import (
	"net/url"

	"github.com/standin-id/standin/web/admin"
	"github.com/standin-id/standin/web/frame"
)

func organisationStates() []State {
	settings := func(b frame.Base) *admin.OrganisationForm {
		return admin.Settings(administrator(b), url.Values{"version": {"3"}, "name": {"Acme Ltd"}, "word": {"deputy"}, "time_zone": {"Europe/Berlin"},
			"acting_default": {"1h"}, "acting_max": {"8h"}, "delegation_max": {"90d"}, "calls": {"both"}, "notify": {"yes"},
			"notice_version": {"2"}, "notice_text": {"What we keep about you, and why."}})
	}
	return []State{
		{"organisation-form", "settings", 0, func(b frame.Base) frame.Page {
			v := settings(b)
			v.History = []admin.NoticeVersion{{Since: on(-3, 9), Version: "2", Text: "What we keep about you, and why.", By: ada().Name},
				{Since: on(-300, 9), Version: "1", Text: "What we keep about you.", By: hostile().Name}}
			return v
		}},
		{"organisation-form", "settings-told", 0, func(b frame.Base) frame.Page {
			v := settings(b)
			v.Told = "0123456789abcdef"
			v.Effects = []admin.Effect{{Text: sample(b, "2 delegations last longer than that; they keep their end", "2 Vertretungen dauern länger; sie behalten ihr Ende"), Worse: true,
				Things: []string{"Chiara Moretti (for Ada Lindqvist)", lengthy().Name}, More: 12}}
			return v
		}},
		{"organisation-form", "settings-problem", 422, func(b frame.Base) frame.Page {
			return settings(wrong(b, frame.Problem{Field: "acting_max", Text: sample(b, "An acting session may last 1 to 24 hours.", "Eine Sitzung darf 1 bis 24 Stunden dauern.")}))
		}},
		{"organisation-form", "settings-conflict", 409, func(b frame.Base) frame.Page {
			v := settings(wrong(b, frame.Problem{Text: sample(b, "Somebody else changed this meanwhile.", "Das hat inzwischen jemand anderes geändert.")}))
			v.Meanwhile = []admin.Meanwhile{{Label: b.T("organisation.delegation_max"), Theirs: "30d", Yours: "90d"}}
			return v
		}},
	}
}

// administrator is who sees every entry of the menu.
func administrator(b frame.Base) frame.Base {
	b.Menu = frame.Menu{People: true, Organisation: true, Reports: true}
	return b
}
