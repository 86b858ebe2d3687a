package world

import (
	"io"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// Load reads a world file and checks everything that can be checked without a database. name is what problems call it.
// A refusal lists up to 20 problems with line and column, and wraps them as Problems. Zones of dates come from the
// file's settings, or are UTC.
func Load(name string, from io.Reader) (*File, error) { return read(name, from, time.Time{}) }

// LoadTrial is Load for a file to try Standin out with, whose dates may count from now: "today-5d", "today", "now+4h".
// Such a file says something else whenever it is read, which is why Load refuses it.
func LoadTrial(name string, from io.Reader, now time.Time) (*File, error) {
	return read(name, from, now)
}

func read(name string, from io.Reader, now time.Time) (*File, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxBytes+1))
	if err != nil {
		return nil, standin.Refuse(standin.Invalid, "world.load", "world.unreadable", "{file} cannot be read.").
			With("file", name).Because(err)
	}
	f, problems := understand(data, now)
	f.Name = name
	if err := problems.refuse(name); err != nil {
		return nil, err
	}
	return f, nil
}

// understand reads a file with its large lists cut out, or, where that cannot be trusted, in one piece.
func understand(data []byte, now time.Time) (*File, Problems) {
	var r *reader
	var f *File
	for _, uncut := range []bool{false, true} {
		r = &reader{now: now, uncut: uncut}
		f = r.file(r.document(data))
		if r.trustworthy() {
			break
		}
	}
	if len(r.problems) == 0 {
		f.check(r)
	}
	return f, r.problems
}

func (r *reader) file(n ast.Node) *File {
	f := &File{}
	if n == nil {
		return f
	}
	r.mapping(n, "a world file", []string{"organisations", "clients", "api_keys"}, func(key string, value ast.Node) {
		r.list(value, key, func(item ast.Node) {
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
func (r *reader) require(p place, what string, keys ...string) {
	for _, key := range keys {
		if p.self != (Position{}) && p.of(key) == p.self {
			r.problems.add(p.self, `%s needs the key "%s"`, what, key)
		}
	}
}

func (r *reader) organisation(n ast.Node) Organisation {
	var o Organisation
	zone := r.zone(n)
	keys := []string{"id", "name", "settings", "units", "applications", "roles", "people", "delegations", "guardrails"}
	o.place = r.mapping(n, "an organisation", keys, func(key string, v ast.Node) {
		switch key {
		case "id":
			o.ID = standin.OrganisationID(r.text(v, "an organisation's id"))
		case "name":
			o.Name = new(r.text(v, "an organisation's name"))
		case "settings":
			o.Settings = r.settings(v)
		case "units":
			r.list(v, "units", func(item ast.Node) {
				o.Units = append(o.Units, Unit{place{self: position(item)}, standin.UnitID(r.text(item, "a unit"))})
			})
		case "applications":
			r.list(v, "applications", func(item ast.Node) { o.Applications = append(o.Applications, r.application(item)) })
		case "roles":
			r.list(v, "roles", func(item ast.Node) { o.Roles = append(o.Roles, r.role(item)) })
		case "people":
			r.list(v, "people", func(item ast.Node) { o.People = append(o.People, r.person(item)) })
		case "delegations":
			r.list(v, "delegations", func(item ast.Node) { o.Delegations = append(o.Delegations, r.delegation(item, zone)) })
		case "guardrails":
			o.Guardrails = new(r.text(v, "the guardrails"))
			r.guardrails(v, *o.Guardrails)
		}
	})
	r.require(o.place, "an organisation", "id")
	return o
}

// zone finds the organisation's time zone before anything else is read, for dates are read in it.
func (r *reader) zone(n ast.Node) string {
	zone, ignored := "UTC", Problems{}
	ignored, r.problems = r.problems, ignored
	r.entries(n, "", func(key string, _ Position, v ast.Node) bool {
		if key == "settings" {
			r.entries(v, "", func(key string, _ Position, v ast.Node) bool {
				if key == "time_zone" {
					if _, err := time.LoadLocation(r.text(v, "")); err == nil {
						zone = r.text(v, "")
					}
				}
				return false
			})
		}
		return false
	})
	r.problems = ignored
	return zone
}

func (r *reader) settings(n ast.Node) Settings {
	var s Settings
	keys := []string{"acting", "delegation", "word", "impersonation", "calls", "privacy_notice", "time_zone"}
	p := r.mapping(n, "settings", keys, func(key string, v ast.Node) {
		switch key {
		case "word":
			s.Word = new(r.text(v, key))
		case "calls":
			s.Calls = new(r.text(v, key))
		case "time_zone":
			s.TimeZone = new(r.text(v, key))
		default:
			r.settingsGroup(&s, key, v)
		}
	})
	s.self, s.keys = p.self, append(s.keys, p.keys...)
	return s
}

func (r *reader) settingsGroup(s *Settings, group string, n ast.Node) {
	keys := map[string][]string{"acting": {"default", "max"}, "delegation": {"max", "accept"},
		"impersonation": {"super_admins_only", "notify_changes"}, "privacy_notice": {"version", "text"}}
	r.mapping(n, "settings."+group, keys[group], func(key string, v ast.Node) {
		s.keys = append(s.keys, keyPlace{group + "." + key, position(v)})
		switch group + "." + key {
		case "acting.default":
			s.ActingDefault = r.span(v, false)
		case "acting.max":
			s.ActingMax = r.span(v, false)
		case "delegation.max":
			s.DelegationMax = r.span(v, true)
		case "delegation.accept":
			s.DelegationAccept = new(r.flag(v, key))
		case "impersonation.super_admins_only":
			s.SuperAdminsOnly = new(r.flag(v, key))
		case "impersonation.notify_changes":
			s.NotifyChanges = new(r.flag(v, key))
		case "privacy_notice.version":
			s.NoticeVersion = new(r.text(v, key))
		case "privacy_notice.text":
			s.NoticeText = new(r.text(v, key))
		}
	})
}

// span reads "90d", "8h" or "30m", and "none" where there may be none.
func (r *reader) span(n ast.Node, none bool) *time.Duration {
	before := len(r.problems)
	text := r.text(n, "a span of time")
	d, err := directory.ParseSpan(text)
	if len(r.problems) == before && (err != nil || d == 0 && !none) {
		expected := "90d, 8h or 30m"
		if none {
			expected = "90d, 8h, 30m or none"
		}
		r.problems.add(position(n), `"%s" is no span of time; %s is expected`, excerpt(text), expected)
	}
	return &d
}

func (r *reader) application(n ast.Node) Application {
	var a Application
	a.Catalogue.Types = map[string]rights.Type{}
	a.place = r.mapping(n, "an application", []string{"id", "name", "types", "guardrails"}, func(key string, v ast.Node) {
		switch key {
		case "id":
			a.ID = standin.ApplicationID(r.text(v, "an application's id"))
		case "name":
			a.Name = r.text(v, "an application's name")
		case "types":
			r.entries(v, "types", func(name string, at Position, v ast.Node) bool {
				a.Catalogue.Types[name] = r.resourceType(v)
				if r.name(name, at, "a type") {
					r.problems.addError(at, rights.Catalogue{Types: map[string]rights.Type{name: a.Catalogue.Types[name]}}.Check())
				}
				return false
			})
		case "guardrails":
			a.Guardrails = r.text(v, "the guardrails")
			r.guardrails(v, a.Guardrails)
		}
	})
	r.require(a.place, "an application", "id")
	if a.Name == "" {
		a.Name = string(a.ID)
	}
	return a
}

func (r *reader) resourceType(n ast.Node) rights.Type {
	t := rights.Type{Actions: map[string]rights.Action{}, Fields: map[string]rights.Field{}}
	r.mapping(n, "a type", []string{"actions", "fields"}, func(key string, v ast.Node) {
		r.entries(v, key, func(name string, at Position, v ast.Node) bool {
			if !r.name(name, at, "a name in "+key) {
				return false
			}
			if key == "actions" {
				t.Actions[name] = r.action(name, v)
				return false
			}
			var f rights.Field
			r.mapping(v, "a field", []string{"sealed"}, func(key string, v ast.Node) { f.Sealed = r.flag(v, key) })
			t.Fields[name] = f
			return false
		})
	})
	return t
}

// name notes a key that cannot be a name, and reports whether it can.
func (r *reader) name(name string, at Position, what string) bool {
	if !rights.ValidName(name) {
		r.problems.add(at, `"%s" is not %s; up to 64 letters, digits, _ and - are expected`, excerpt(name), what)
		return false
	}
	return true
}

func (r *reader) action(name string, n ast.Node) rights.Action {
	a := rights.DefaultAction(name)
	keys := []string{"category", "personal", "reads", "approves", "entry"}
	r.mapping(n, "an action", keys, func(key string, v ast.Node) {
		switch key {
		case "category":
			a.Category = r.text(v, key)
		case "personal":
			a.Personal = r.flag(v, key)
		case "reads":
			a.Reads = r.flag(v, key)
		case "approves":
			a.Approves = r.flag(v, key)
		case "entry":
			a.Entry = r.flag(v, key)
		}
	})
	return a
}

func (r *reader) role(n ast.Node) Role {
	var o Role
	o.Allow = []string{}
	o.place = r.mapping(n, "a role", []string{"id", "rank", "allow"}, func(key string, v ast.Node) {
		switch key {
		case "id":
			o.ID = standin.RoleID(r.text(v, "a role's id"))
		case "rank":
			o.Rank = r.number(v, key)
		case "allow":
			o.Allow, o.allowAt = r.texts(v, "permissions")
		}
	})
	r.require(o.place, "a role", "id")
	return o
}

func (r *reader) person(n ast.Node) Person {
	var p Person
	keys := []string{"id", "name", "email", "password", "unit", "roles", "time_zone", "language", "accepted_terms", "manager"}
	p.place = r.mapping(n, "a person", keys, func(key string, v ast.Node) {
		switch key {
		case "id":
			p.ID = standin.PersonID(r.text(v, "a person's id"))
		case "name":
			p.Name = r.text(v, "a person's name")
		case "email":
			p.Email = r.text(v, "an e-mail address")
		case "password":
			p.Password = r.text(v, "a password")
		case "unit":
			p.Unit = new(standin.UnitID(r.text(v, "a unit")))
		case "roles":
			r.list(v, "roles", func(item ast.Node) { p.Roles = append(p.Roles, r.heldRole(item)) })
		case "time_zone":
			p.TimeZone = new(r.text(v, key))
		case "language":
			p.Language = new(r.text(v, key))
		case "accepted_terms":
			p.AcceptedTerms = r.flag(v, key)
		case "manager":
			p.Manager = new(standin.PersonID(r.text(v, "a manager's id")))
		}
	})
	r.require(p.place, "a person", "id", "name", "email")
	return p
}

// heldRole reads "manager@sales", or "manager" at the person's own unit.
func (r *reader) heldRole(n ast.Node) HeldRole {
	before := len(r.problems)
	role, unit, at := strings.Cut(r.text(n, "a role"), "@")
	if len(r.problems) == before && (role == "" || at && unit == "") {
		r.problems.add(position(n), "a role is expected, such as manager or manager@sales")
	}
	return HeldRole{position(n), standin.RoleID(role), standin.UnitID(unit)}
}
