package rights

import (
	"maps"
	"slices"

	"github.com/standin-id/standin"
)

// Standin is the application whose catalogue holds Standin's own powers.
const Standin standin.ApplicationID = "standin"

// General is the category of an action that names none.
const General = "general"

// Catalogue is what an application declares: the types of its records. As JSON it is canonical, for it holds every
// default in full and JSON writes the keys of maps in order.
type Catalogue struct {
	Types map[string]Type `json:"types"`
}

// Type is one type of record: what can be done with it, and which fields it has beyond the record itself.
type Type struct {
	Label   string            `json:"label,omitempty"` // what people read, "" where the name says it
	Actions map[string]Action `json:"actions"`
	Fields  map[string]Field  `json:"fields,omitempty"`
}

// Action is something that can be done with a record.
type Action struct {
	// Label is what people read for the action, "" where its name says it.
	Label string `json:"label,omitempty"`
	// Category groups actions for those who write limits: general, global, cost_centre, notification, project, report,
	// analytics, or the application's own.
	Category string `json:"category"`
	// Personal actions can be done for nobody (FEATURES.md B6).
	Personal bool `json:"personal"`
	// Reads says that the action changes nothing.
	Reads bool `json:"reads"`
	// Approves says that the action judges somebody's item.
	Approves bool `json:"approves"`
	// Entry says that an entry delegation may open the action, where it is personal.
	Entry bool `json:"entry"`
}

// Field is a field of a record. A sealed one stays hidden from every stand-in unless the delegation opens it.
type Field struct {
	Label  string `json:"label,omitempty"` // what people read, "" where the name says it
	Sealed bool   `json:"sealed"`
}

// DefaultAction returns what an action of that name is where its catalogue says nothing more.
func DefaultAction(name string) Action {
	reads := name == "view" || name == "list" || name == "search"
	return Action{Category: General, Reads: reads, Entry: true}
}

// StandinCatalogue returns the catalogue of Standin's own powers. All but looking at the record are personal and never
// opened by an entry delegation: whoever acts for an administrator does not administrate (DESIGN.md P4).
func StandinCatalogue() Catalogue {
	own := Action{Category: General, Personal: true}
	return Catalogue{Types: map[string]Type{
		"delegation": {Actions: map[string]Action{"manage": own}},
		"person":     {Actions: map[string]Action{"manage": own, "impersonate": own}},
		"audit":      {Actions: map[string]Action{"view": DefaultAction("view")}},
		"review":     {Actions: map[string]Action{"run": own}},
		"settings":   {Actions: map[string]Action{"manage": own}},
		"guardrail":  {Actions: map[string]Action{"edit": own}},
	}}
}

// MaxSize bounds what one catalogue speaks of, counted as its actions, and each of them with each field of its type: so
// much must be looked at whenever rights are compiled.
const MaxSize = 10_000

// Check refuses a catalogue that is larger than MaxSize, and one with a malformed name, a type without actions, or an
// action that says "entry: false" without being personal, where it would close nothing.
func (c Catalogue) Check() error {
	size := 0
	for _, t := range c.Types {
		size += len(t.Actions) * (1 + len(t.Fields))
	}
	if size > MaxSize {
		return standin.Refuse(standin.Invalid, "rights.catalogue", "rights.too_large",
			"with each action of a type counted once by itself and once for each field, this is {size}; at most {most} are kept").
			With("size", size).With("most", MaxSize)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Types)) {
		t := c.Types[name]
		if !ValidName(name) {
			return badName(name)
		}
		if len(t.Actions) == 0 {
			return standin.Refuse(standin.Invalid, "rights.catalogue", "rights.no_actions",
				`type "{type}" has no actions`).With("type", name)
		}
		if err := checkLabel(t.Label); err != nil {
			return err
		}
		for _, field := range slices.Sorted(maps.Keys(t.Fields)) {
			if !ValidName(field) {
				return badName(field)
			}
			if err := checkLabel(t.Fields[field].Label); err != nil {
				return err
			}
		}
		for _, action := range slices.Sorted(maps.Keys(t.Actions)) {
			if err := checkAction(name, action, t.Actions[action]); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkAction(typ, name string, a Action) error {
	switch {
	case !ValidName(name):
		return badName(name)
	case !ValidName(a.Category):
		return badName(a.Category)
	case !a.Entry && !a.Personal:
		return standin.Refuse(standin.Invalid, "rights.catalogue", "rights.entry_not_personal",
			`"entry: false" closes an action only where it is personal, which "{type}.{action}" is not`).
			With("type", typ).With("action", name)
	}
	return checkLabel(a.Label)
}

func badName(name string) error {
	return standin.Refuse(standin.Invalid, "rights.catalogue", "rights.bad_name",
		`"{name}" is no name: up to 64 letters, digits, _ and - are expected`).With("name", excerpt(name))
}

// Catalogues are those of one organisation's applications. Standin's own need not be among them: it always counts.
type Catalogues map[standin.ApplicationID]Catalogue

// Check refuses a permission that is malformed, or that speaks of something no catalogue has. Where a segment is Any, one
// application, type or action that fits is enough.
func (cs Catalogues) Check(permission string) error {
	p, err := Parse(permission)
	if err != nil {
		return err
	}
	f := found{field: p.Field == "" || p.Field == Any}
	if segmentCovers(string(p.Application), string(Standin)) {
		f.in(StandinCatalogue(), p)
	}
	for id, c := range cs {
		if segmentCovers(string(p.Application), string(id)) {
			f.in(c, p)
		}
	}
	return f.refuse(p)
}

// found tells how far a permission was understood.
type found struct{ application, typ, action, field bool }

func (f *found) in(c Catalogue, p Permission) {
	f.application = true
	for name, t := range c.Types {
		if !segmentCovers(p.Type, name) {
			continue
		}
		f.typ = true
		if _, known := t.Actions[p.Action]; !known && (p.Action != Any || len(t.Actions) == 0) {
			continue
		}
		f.action = true
		if _, known := t.Fields[p.Field]; known {
			f.field = true
		}
	}
}

func (f found) refuse(p Permission) error {
	if e := f.missing(p); e != nil {
		return e
	}
	return nil
}

// missing refuses what was not found of the permission; nil where all was.
func (f found) missing(p Permission) *standin.Error {
	switch {
	case !f.application:
		return standin.Refuse(standin.Invalid, "rights.check", "rights.unknown_application",
			`"{permission}": there is no application "{application}"`).
			With("permission", p).With("application", p.Application)
	case !f.typ:
		return standin.Refuse(standin.Invalid, "rights.check", "rights.unknown_type",
			`"{permission}": application "{application}" has no type "{type}"`).
			With("permission", p).With("application", p.Application).With("type", p.Type)
	case !f.action:
		return standin.Refuse(standin.Invalid, "rights.check", "rights.unknown_action",
			`"{permission}": type "{type}" of application "{application}" has no action "{action}"`).
			With("permission", p).With("application", p.Application).With("type", p.Type).With("action", p.Action)
	case !f.field:
		return standin.Refuse(standin.Invalid, "rights.check", "rights.unknown_field",
			`"{permission}": type "{type}" of application "{application}" has no field "{field}"`).
			With("permission", p).With("application", p.Application).With("type", p.Type).With("field", p.Field)
	}
	return nil
}
