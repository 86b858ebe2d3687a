package world

import (
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/guard"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/world/source"
)

// Load reads a world file and checks everything that can be checked without a database. name is what problems call it.
// A refusal lists up to 20 problems with line and column, and wraps them as Problems. Dates are days in the zone that the
// file's settings name; where they name none, World.Plan reads them in the organisation's, and until then they are UTC's.
func Load(name string, from io.Reader) (*File, error) { return read(name, from, time.Time{}) }

// LoadTrial is Load for a file to try Standin out with, whose dates may count from now: "today-5d", "today", "now+4h".
// Such a file says something else whenever it is read, which is why Load refuses it.
func LoadTrial(name string, from io.Reader, now time.Time) (*File, error) {
	return read(name, from, now)
}

func read(name string, from io.Reader, now time.Time) (*File, error) {
	data, err := io.ReadAll(io.LimitReader(from, source.MaxBytes+1))
	if err != nil {
		return nil, standin.Refuse(standin.Invalid, "world.load", "world.unreadable", "{file} cannot be read.").
			With("file", name).Because(err)
	}
	f, problems := understand(data, now)
	f.Name = name
	if err := refuse(problems, name); err != nil {
		return nil, err
	}
	return f, nil
}

// Problems are what is wrong with a file, each with its line and column.
type Problems = source.Problems

// refuse makes one refusal of all problems, nil if there are none.
func refuse(ps Problems, file string) error {
	if len(ps) == 0 {
		return nil
	}
	return standin.Refuse(standin.Invalid, "world.load", "world.problems", "{file} is not as expected, so nothing of it was applied.").
		With("file", file).Because(ps)
}

// reader reads a world file.
type reader struct {
	*source.Reader
	now time.Time // from which dates may count, zero where they may not
}

// understand reads a file with its large lists cut out, or, where that cannot be trusted, in one piece.
func understand(data []byte, now time.Time) (*File, Problems) {
	var r *reader
	var f *File
	for _, lists := range [][]string{{"people", "delegations"}, nil} {
		r = &reader{source.New(lists...), now}
		f = r.file(r.Document(data))
		if r.Trustworthy() {
			break
		}
	}
	if len(r.Problems) == 0 {
		f.check(r)
	}
	return f, r.Problems
}

func (r *reader) file(n ast.Node) *File {
	f := &File{}
	if n == nil {
		return f
	}
	r.Mapping(n, "a world file", []string{"organisations", "clients", "api_keys"}, func(key string, value ast.Node) {
		r.List(value, key, func(item ast.Node) {
			switch key {
			case "organisations":
				f.Organisations = append(f.Organisations, r.organisation(item))
			case "clients":
				f.Clients = append(f.Clients, r.client(item))
			case "api_keys":
				f.Keys = append(f.Keys, r.key(item))
			}
		})
	})
	return f
}

// require notes the keys that a thing must have.
func (r *reader) require(p source.Place, what string, keys ...string) {
	for _, key := range keys {
		if p.Self != (source.Position{}) && !p.Has(key) {
			r.Problems.Add(p.Self, `%s needs the key "%s"`, what, key)
		}
	}
}

func (r *reader) organisation(n ast.Node) Organisation {
	var o Organisation
	o.zone = r.zone(n)
	keys := []string{"id", "name", "settings", "units", "applications", "roles", "people", "groups", "delegations", "guardrails"}
	o.Place = r.Mapping(n, "an organisation", keys, func(key string, v ast.Node) {
		switch key {
		case "id":
			o.ID = standin.OrganisationID(r.Text(v, "an organisation's id"))
		case "name":
			o.Name = new(r.Text(v, "an organisation's name"))
		case "settings":
			o.Settings = r.settings(v)
		case "units":
			r.List(v, "units", func(item ast.Node) {
				o.Units = append(o.Units, Unit{source.At(item), standin.UnitID(r.Text(item, "a unit"))})
			})
		case "applications":
			r.List(v, "applications", func(item ast.Node) { o.Applications = append(o.Applications, r.application(item)) })
		case "roles":
			r.List(v, "roles", func(item ast.Node) { o.Roles = append(o.Roles, r.role(item)) })
		case "people":
			r.List(v, "people", func(item ast.Node) { o.People = append(o.People, r.person(item)) })
		case "groups":
			r.List(v, "groups", func(item ast.Node) { o.Groups = append(o.Groups, r.group(item)) })
		case "delegations":
			r.List(v, "delegations", func(item ast.Node) { o.Delegations = append(o.Delegations, r.delegation(item, o.zone)) })
		case "guardrails":
			o.Guardrails = new(r.Text(v, "the guardrails"))
			r.guardrails(v, *o.Guardrails)
		}
	})
	r.require(o.Place, "an organisation", "id")
	return o
}

// zone finds the organisation's time zone before anything else is read, for dates are read in it. It is "" where the file
// names none.
func (r *reader) zone(n ast.Node) string {
	zone, ignored := "", source.Problems{}
	ignored, r.Problems = r.Problems, ignored
	r.Entries(n, "", func(key string, _ source.Position, v ast.Node) bool {
		if key == "settings" {
			r.Entries(v, "", func(key string, _ source.Position, v ast.Node) bool {
				if key == "time_zone" {
					if _, err := time.LoadLocation(r.Text(v, "")); err == nil {
						zone = r.Text(v, "")
					}
				}
				return false
			})
		}
		return false
	})
	r.Problems = ignored
	return zone
}

func (r *reader) settings(n ast.Node) Settings {
	var s Settings
	keys := []string{"acting", "delegation", "word", "impersonation", "calls", "privacy_notice", "time_zone", "decisions"}
	groups := map[string]source.Place{}
	s.Place = r.Mapping(n, "settings", keys, func(key string, v ast.Node) {
		switch key {
		case "word":
			s.Word = new(r.Text(v, key))
		case "calls":
			s.Calls = new(r.Text(v, key))
		case "time_zone":
			s.TimeZone = new(r.Text(v, key))
		default:
			groups[key] = r.settingsGroup(&s, key, v)
		}
	})
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		s.Place = s.Place.With(group, groups[group])
	}
	return s
}

func (r *reader) settingsGroup(s *Settings, group string, n ast.Node) source.Place {
	keys := map[string][]string{"acting": {"default", "max"}, "delegation": {"max", "accept"},
		"impersonation": {"super_admins_only", "notify_changes"}, "privacy_notice": {"version", "text"}, "decisions": {"record_own"}}
	return r.Mapping(n, "settings."+group, keys[group], func(key string, v ast.Node) {
		switch group + "." + key {
		case "acting.default":
			s.ActingDefault = r.span(v, false)
		case "acting.max":
			s.ActingMax = r.span(v, false)
		case "delegation.max":
			s.DelegationMax = r.span(v, true)
		case "delegation.accept":
			s.DelegationAccept = new(r.Flag(v, key))
		case "impersonation.super_admins_only":
			s.SuperAdminsOnly = new(r.Flag(v, key))
		case "impersonation.notify_changes":
			s.NotifyChanges = new(r.Flag(v, key))
		case "decisions.record_own":
			s.RecordOwn = new(r.Flag(v, key))
		case "privacy_notice.version":
			s.NoticeVersion = new(r.Text(v, key))
		case "privacy_notice.text":
			s.NoticeText = new(r.Text(v, key))
		}
	})
}

// span reads "90d", "8h" or "30m", and "none" where there may be none.
func (r *reader) span(n ast.Node, none bool) *time.Duration {
	before := len(r.Problems)
	text := r.Text(n, "a span of time")
	d, err := directory.ParseSpan(text)
	if len(r.Problems) == before && (err != nil || d == 0 && !none) {
		expected := "90d, 8h or 30m"
		if none {
			expected = "90d, 8h, 30m or none"
		}
		r.Problems.Add(source.PositionOf(n), `"%s" is no span of time; %s is expected`, source.Excerpt(text), expected)
	}
	return &d
}

func (r *reader) application(n ast.Node) Application {
	var a Application
	a.Catalogue.Types = map[string]rights.Type{}
	a.Place = r.Mapping(n, "an application", []string{"id", "name", "types", "guardrails", "policies", "entities"}, func(key string, v ast.Node) {
		switch key {
		case "id":
			a.ID = standin.ApplicationID(r.Text(v, "an application's id"))
		case "name":
			a.Name = r.Text(v, "an application's name")
		case "types":
			a.Catalogue = r.types(v)
		case "guardrails":
			a.Guardrails = r.Text(v, "the guardrails")
			r.guardrails(v, a.Guardrails)
		case "policies":
			a.Policies = r.Text(v, "the policies")
			r.cedar(v, func() error { return second(guard.CompilePolicies(a.Policies, "")) })
		case "entities":
			a.Entities = r.Text(v, "the entities")
			r.cedar(v, func() error { return second(guard.CompilePolicies("", a.Entities)) })
		}
	})
	r.require(a.Place, "an application", "id")
	if a.Name == "" {
		a.Name = string(a.ID)
	}
	return a
}

// types reads the types of a catalogue.
func (r *reader) types(n ast.Node) rights.Catalogue {
	c := rights.Catalogue{Types: map[string]rights.Type{}}
	r.Entries(n, "types", func(name string, at source.Position, v ast.Node) bool {
		c.Types[name] = r.resourceType(v)
		if r.name(name, at, "a type") {
			r.Problems.AddError(at, rights.Catalogue{Types: map[string]rights.Type{name: c.Types[name]}}.Check())
		}
		return false
	})
	return c
}

func second[T any](_ T, err error) error { return err }

func (r *reader) resourceType(n ast.Node) rights.Type {
	t := rights.Type{Actions: map[string]rights.Action{}, Fields: map[string]rights.Field{}}
	r.Mapping(n, "a type", []string{"label", "actions", "fields"}, func(key string, v ast.Node) {
		if key == "label" {
			t.Label = r.Text(v, key)
			return
		}
		r.Entries(v, key, func(name string, at source.Position, v ast.Node) bool {
			if !r.name(name, at, "a name in "+key) {
				return false
			}
			if key == "actions" {
				t.Actions[name] = r.action(name, v)
				return false
			}
			var f rights.Field
			r.Mapping(v, "a field", []string{"label", "sealed"}, func(key string, v ast.Node) {
				if key == "label" {
					f.Label = r.Text(v, key)
				} else {
					f.Sealed = r.Flag(v, key)
				}
			})
			t.Fields[name] = f
			return false
		})
	})
	return t
}

// name notes a key that cannot be a name, and reports whether it can.
func (r *reader) name(name string, at source.Position, what string) bool {
	if !rights.ValidName(name) {
		r.Problems.Add(at, `"%s" is not %s; up to 64 letters, digits, _ and - are expected`, source.Excerpt(name), what)
		return false
	}
	return true
}

func (r *reader) action(name string, n ast.Node) rights.Action {
	a := rights.DefaultAction(name)
	keys := []string{"label", "category", "personal", "reads", "approves", "entry"}
	r.Mapping(n, "an action", keys, func(key string, v ast.Node) {
		switch key {
		case "label":
			a.Label = r.Text(v, key)
		case "category":
			a.Category = r.Text(v, key)
		case "personal":
			a.Personal = r.Flag(v, key)
		case "reads":
			a.Reads = r.Flag(v, key)
		case "approves":
			a.Approves = r.Flag(v, key)
		case "entry":
			a.Entry = r.Flag(v, key)
		}
	})
	return a
}

func (r *reader) role(n ast.Node) Role {
	var o Role
	o.Allow = []string{}
	o.Place = r.Mapping(n, "a role", []string{"id", "name", "rank", "allow"}, func(key string, v ast.Node) {
		switch key {
		case "id":
			o.ID = standin.RoleID(r.Text(v, "a role's id"))
		case "name":
			o.name = new(r.Text(v, "a role's name"))
		case "rank":
			o.Rank = r.Number(v, key)
		case "allow":
			o.Allow, o.allowAt = r.Texts(v, "permissions")
		}
	})
	r.require(o.Place, "a role", "id")
	return o
}

func (r *reader) person(n ast.Node) Person {
	var p Person
	keys := []string{"id", "name", "email", "password", "unit", "roles", "time_zone", "language", "accepted_terms", "manager"}
	p.Place = r.Mapping(n, "a person", keys, func(key string, v ast.Node) {
		switch key {
		case "id":
			p.ID = standin.PersonID(r.Text(v, "a person's id"))
		case "name":
			p.Name = r.Text(v, "a person's name")
		case "email":
			p.Email = r.Text(v, "an e-mail address")
		case "password":
			p.Password = r.Text(v, "a password")
		case "unit":
			p.Unit = new(standin.UnitID(r.Text(v, "a unit")))
		case "roles":
			r.List(v, "roles", func(item ast.Node) { p.Roles = append(p.Roles, r.heldRole(item)) })
		case "time_zone":
			p.TimeZone = new(r.Text(v, key))
		case "language":
			p.Language = new(r.Text(v, key))
		case "accepted_terms":
			p.AcceptedTerms = r.Flag(v, key)
		case "manager":
			p.Manager = new(standin.PersonID(r.Text(v, "a manager's id")))
		}
	})
	r.require(p.Place, "a person", "id", "name", "email")
	return p
}

// heldRole reads "manager@sales", or "manager" at the person's own unit.
func (r *reader) heldRole(n ast.Node) HeldRole {
	before := len(r.Problems)
	role, unit, at := strings.Cut(r.Text(n, "a role"), "@")
	if len(r.Problems) == before && (role == "" || at && unit == "") {
		r.Problems.Add(source.PositionOf(n), "a role is expected, such as manager or manager@sales")
	}
	return HeldRole{source.PositionOf(n), standin.RoleID(role), standin.UnitID(unit)}
}
