package gallery

import (
	"fmt"

	"github.com/standin-id/standin/web"
	"github.com/standin-id/standin/web/frame"
)

func entranceStates() []State {
	signIn := func(b frame.Base) *frame.SignIn { return &frame.SignIn{Base: nobody(b), Return: "/"} }
	return append(linkStates(), []State{
		{"signin", "plain", 0, func(b frame.Base) frame.Page { return signIn(b) }},
		{"signin", "for-application", 0, func(b frame.Base) frame.Page { v := signIn(b); v.Application = "Workdesk"; return v }},
		{"signin", "demo", 0, func(b frame.Base) frame.Page { v := signIn(b); v.Demo = true; return v }},
		{"signin", "wrong", 401, func(b frame.Base) frame.Page {
			v := signIn(wrong(b, frame.Problem{Field: "password", Text: sample(b, "E-mail or password is not right.", "E-Mail oder Passwort stimmt nicht.")}))
			v.Email = "ada@acme.example"
			return v
		}},
		{"signin", "blocked", 403, func(b frame.Base) frame.Page { v := signIn(b); v.Blocked, v.Email = true, "ada@acme.example"; return v }},
		{"prove", "plain", 0, func(b frame.Base) frame.Page { return &web.Prove{Base: b, Return: "/choose"} }},
		{"prove", "demo", 0, func(b frame.Base) frame.Page {
			return &web.Prove{Base: b, Return: "/choose", Trial: "only-for-trials"}
		}},
		{"prove", "wrong", 401, func(b frame.Base) frame.Page {
			return &web.Prove{Base: wrong(b, frame.Problem{Field: "password", Text: sample(b, "The password is not right.", "Das Passwort stimmt nicht.")}), Return: "/choose"}
		}},
		{"prove", "giving", 403, func(b frame.Base) frame.Page {
			return &web.Prove{Base: b, Return: "/cover/d-bilal", Again: "/cover/d-bilal/enable", Kept: []frame.Kept{{Name: "span", Value: "8h"}}}
		}},
		{"terms", "first", 0, func(b frame.Base) frame.Page { return &web.Terms{Base: b, Version: "2", Text: notice(b)} }},
		{"terms", "changed", 0, func(b frame.Base) frame.Page {
			return &web.Terms{Base: b, Version: "3", Text: notice(b), Changed: true}
		}},
		{"terms", "acting", 403, func(b frame.Base) frame.Page {
			b = actingFor(b, bilal(), 42)
			return &web.Terms{Base: b, Version: "2", Text: notice(b), Why: b.T("terms.acting", "Principal", bilal().Name)}
		}},
		{"continue", "demo", 0, func(b frame.Base) frame.Page { return galleryContinue(nobody(b)) }},
	}...)
}

// sample is a text that a room or an organisation would bring.
func sample(b frame.Base, english, german string) string {
	if b.Lang() == "de" {
		return german
	}
	return english
}

func notice(b frame.Base) []string {
	return []string{
		sample(b, "Standin keeps your name, e-mail address, unit and roles, so that colleagues can name you and you can name them.",
			"Standin kennt Ihren Namen, Ihre E-Mail-Adresse, Ihre Einheit und Ihre Rollen, damit man Sie benennen kann und Sie andere."),
		sample(b, "Everything that is done through it is recorded, with the name of the person who did it and of the person it was done for. Nobody can change that record unseen.",
			"Alles, was damit getan wird, wird festgehalten: mit dem Namen der Person, die es tat, und der Person, für die sie es tat. Niemand kann das unbemerkt ändern."),
		sample(b, "You can read what is recorded about you at any time under Audit.", "Was über Sie festgehalten ist, lesen Sie jederzeit unter Protokoll."),
	}
}

func galleryContinue(b frame.Base) frame.Page {
	return &web.Continue{Base: b, Company: "Acme Ltd", Return: "/",
		Story: []string{sample(b, "Bilal runs Sales and leaves for two weeks. Ada covers for him. Chiara checks the books.",
			"Bilal leitet den Vertrieb und verreist für zwei Wochen. Ada vertritt ihn. Chiara prüft die Bücher.")},
		People: []web.Player{
			{Who: *ada(), Role: sample(b, "Sales representative", "Vertrieb"), Try: sample(b, "Act for Bilal, who is away", "Handeln Sie für Bilal, der verreist ist"), First: true},
			{Who: bilal(), Role: sample(b, "Head of Sales", "Leitung Vertrieb"), Try: sample(b, "See what Ada did for you, and end it", "Sehen Sie, was Ada für Sie tat, und beenden Sie es")},
			{Who: chiara(), Role: sample(b, "Auditor", "Revision"), Try: sample(b, "Read the whole record", "Lesen Sie das ganze Protokoll")},
		},
		Steps: []string{sample(b, "Continue as Ada and choose “Deputy of Bilal Kaya”.", "Weiter als Ada, dann „Vertretung von Bilal Kaya“ wählen."),
			sample(b, "Look at Audit as Bilal: what only he may see.", "Sehen Sie als Bilal ins Protokoll: was nur er sehen darf."),
			sample(b, "Switch back to yourself.", "Zurück zu sich selbst wechseln.")}}
}

func chooserStates() []State {
	one := web.Choice{Delegation: "d-1", Principal: bilal(), Until: on(7, 22), Purpose: "Annual leave"}
	chooser := func(b frame.Base, choices ...web.Choice) *web.Chooser {
		return &web.Chooser{Base: b, Return: "/", Sections: []web.Section{{Choices: choices}}, Shown: len(choices), Total: len(choices)}
	}
	two := one
	two.Delegation, two.Until, two.Purpose = "d-2", on(0, 23), "Quarter's end"
	return []State{
		{"chooser", "one", 0, func(b frame.Base) frame.Page { return chooser(b, one) }},
		{"chooser", "two-from-one-principal", 0, func(b frame.Base) frame.Page {
			two.Can = []string{b.T("limit.read_only"), b.T("limit.units", "What", "Sales")}
			return chooser(b, one, two)
		}},
		{"chooser", "none", 0, func(b frame.Base) frame.Page { return &web.Chooser{Base: b, Return: "/"} }},
		{"chooser", "later", 0, func(b frame.Base) frame.Page {
			v := chooser(b, one)
			v.Later = []web.Choice{
				{Principal: chiara(), Why: b.T("chooser.starts", "Moment", b.Near(on(2, 9)).Text)},
				{Principal: noor(), Why: b.T("chooser.dormant", "Principal", noor().Name)},
				{Principal: lengthy(), Why: b.T("chooser.asked")},
			}
			return v
		}},
		{"chooser", "ended-meanwhile", 409, func(b frame.Base) frame.Page {
			v := chooser(b)
			v.Sections = nil
			v.Gone = b.T("chooser.gone", "Principal", bilal().Name)
			v.Later = []web.Choice{{Principal: bilal(), Why: b.T("chooser.ended", "Moment", b.Near(Now).Text)}}
			return v
		}},
		{"chooser", "acting", 0, func(b frame.Base) frame.Page {
			now := one
			now.Current = true
			return chooser(actingFor(b, bilal(), 42), now, web.Choice{Delegation: "d-3", Principal: chiara(), Until: on(0, 18)})
		}},
		{"chooser", "names", 0, func(b frame.Base) frame.Page {
			alike := web.Choice{Delegation: "d-5", Principal: frame.Who{ID: "p-b1lal", Name: "Вilal Kaya", Email: "b1lal@acme.example"}, Until: on(1, 12)}
			v := chooser(b, one, alike, web.Choice{Delegation: "d-6", Principal: noor(), Until: on(3, 8)}, web.Choice{Delegation: "d-7", Principal: lengthy(),
				Purpose: "Cover during the negotiations on the framework contract for the supply of office furniture"}, web.Choice{Delegation: "d-8", Principal: hostile(), Until: on(1, 1)})
			frame.Tell([]*frame.Who{&v.Sections[0].Choices[0].Principal, &v.Sections[0].Choices[1].Principal})
			return v
		}},
		{"chooser", "five-hundred", 0, func(b frame.Base) frame.Page { return fiveHundred(b) }},
		{"chooser", "filtered", 0, func(b frame.Base) frame.Page {
			v := chooser(b, one)
			v.Filter, v.Find, v.Matching, v.Total = true, "bil", 1, 500
			return v
		}},
		{"chooser", "filtered-none", 0, func(b frame.Base) frame.Page {
			return &web.Chooser{Base: b, Return: "/", Filter: true, Find: "zzz", Total: 500}
		}},
	}
}

func fiveHundred(b frame.Base) frame.Page {
	v := &web.Chooser{Base: b, Return: "/", Filter: true, Shown: 20, Total: 500}
	make20 := func(heading string, from, to int) web.Section {
		s := web.Section{Heading: heading}
		for i := from; i < to; i++ {
			s.Choices = append(s.Choices, web.Choice{Delegation: fmt.Sprintf("d-%d", i), Until: on(i%30, 9+i%9),
				Principal: frame.Who{ID: fmt.Sprintf("p-%d", i), Name: fmt.Sprintf("%s %s", given[i%len(given)], family[i/len(given)%len(family)]), Note: "Sales"}})
		}
		return s
	}
	v.Sections = []web.Section{make20("recent", 0, 3), make20("ending", 3, 6), make20("rest", 6, 20)}
	return v
}

var (
	given  = []string{"Amara", "Björn", "Chloé", "Dmitri", "Elif", "Farid", "Grace", "Hana", "Ilse", "Jonas"}
	family = []string{"Okafor", "Åkesson", "Dubois", "Petrov", "Yılmaz", "Rahimi", "Mbeki", "Sato", "Janssen", "Weber"}
)
