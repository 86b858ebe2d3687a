package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory/names"
)

const longestDescription = 1000 // characters

// check brings the group's words into their form.
func (g *Group) check() (err error) {
	if g.ID != "" {
		if err := names.ID(string(g.ID)); err != nil {
			return err
		}
	}
	if g.Name, err = names.Check(g.Name); err != nil {
		return err
	}
	g.Description = norm.NFC.String(strings.TrimSpace(strings.ReplaceAll(g.Description, "\r\n", "\n")))
	if !utf8.ValidString(g.Description) || utf8.RuneCountInString(g.Description) > longestDescription || names.Deceives(strings.ReplaceAll(g.Description, "\n", " ")) {
		return standin.Refuse(standin.Invalid, "directory.group", "directory.group_description",
			"A description has at most {most} characters, and none that hide or change the direction of writing.").
			With("most", longestDescription).On("description")
	}
	return nil
}

// GroupView is a group as a list shows it.
type GroupView struct {
	Group
	Members int64 // who count
	// Rules reports whether the caller may change the group and who is in it.
	Rules bool
}

// ListGroups returns the living groups of the units where the caller may manage people, in order of name; each word of the
// query begins a word of the name. Whoever may for the whole organisation sees all. While acting, the principal's units
// count. Without any, Denied. next continues after the last, "" where there are no more.
func (d *Directory) ListGroups(ctx context.Context, caller standin.Caller, query string, limit int, after string) (groups []GroupView, next string, err error) {
	limit = max(1, min(limit, mostResults))
	err = d.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		groups, next = nil, ""
		all, units, err := d.ScopesOf(ctx, tx, caller, "person", "manage")
		if err != nil {
			return err
		}
		if !all && len(units) == 0 {
			return notEntitled("person", "manage")
		}
		w := where{conditions: []string{"g.organisation = $1", "g.ended_at IS NULL"}, args: []any{string(caller.Organisation)}}
		if !all {
			w.conditions = append(w.conditions, "("+strings.Join(w.below("g.unit", units), " OR ")+")")
		}
		w.words(query)
		if key, id, ok := strings.Cut(after, "."); ok {
			w.args = append(w.args, key, id)
			n := len(w.args)
			w.conditions = append(w.conditions, fmt.Sprintf("(g.sort_key > $%d OR (g.sort_key = $%d AND g.id > $%d))", n-1, n-1, n))
		}
		groups, err = d.groupViews(ctx, tx, w, limit+1, !caller.Acting())
		if len(groups) > limit {
			groups = groups[:limit]
			next = names.SortKey(groups[limit-1].Name) + "." + string(groups[limit-1].ID)
		}
		return err
	})
	return groups, next, err
}

func (d *Directory) groupViews(ctx context.Context, tx *db.Tx, w where, limit int, rules bool) (groups []GroupView, err error) {
	err = each(ctx, tx, func(row scanner) error {
		v := GroupView{Rules: rules}
		g, err := scanGroup(row, &v.Members)
		v.Group = g
		groups = append(groups, v)
		return err
	}, `SELECT `+groupColumns+`, (SELECT count(*) FROM group_members m JOIN people p ON p.organisation = m.organisation AND p.id = m.person
			WHERE m.organisation = g.organisation AND m.group_id = g.id AND p.inactive_at IS NULL)
		FROM named_groups g WHERE `+w.String()+fmt.Sprintf(` ORDER BY g.sort_key, g.id LIMIT %d`, limit), w.args...)
	return groups, err
}

// Group returns the group, living or not, where the caller may manage it or their principal is in it; else NotFound. While
// acting, the principal's powers answer.
func (d *Directory) Group(ctx context.Context, caller standin.Caller, id standin.GroupID) (v GroupView, err error) {
	err = d.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		v, err = d.viewGroup(ctx, tx, caller, id)
		return err
	})
	return v, err
}

func (d *Directory) viewGroup(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.GroupID) (GroupView, error) {
	g, err := d.loadGroup(ctx, tx, caller.Organisation, id)
	if err != nil {
		return GroupView{}, err
	}
	mayRead := d.MayRead(ctx, tx, caller, "person", "manage", g.Unit)
	if standin.KindOf(mayRead) == standin.Denied {
		mine, err := d.GroupsOfIn(ctx, tx, caller.Organisation, caller.Principal)
		if err != nil {
			return GroupView{}, err
		}
		own, err := d.SeesOwn(ctx, tx, caller, "person", "manage")
		if err != nil {
			return GroupView{}, err
		}
		if !own || !slices.ContainsFunc(mine, func(m Group) bool { return m.ID == id }) {
			return GroupView{}, unknownGroup(id)
		}
	} else if mayRead != nil {
		return GroupView{}, mayRead
	}
	w := where{conditions: []string{"g.organisation = $1", "g.id = $2"}, args: []any{string(caller.Organisation), string(id)}}
	views, err := d.groupViews(ctx, tx, w, 1, mayRead == nil && !caller.Acting())
	if err != nil || len(views) == 0 {
		return GroupView{}, err
	}
	return views[0], nil
}

// GroupMembers returns who is in the group, inactive people too, in order of name, to whom Group shows it. next continues
// after the last.
func (d *Directory) GroupMembers(ctx context.Context, caller standin.Caller, id standin.GroupID, limit int, after string) (members []Member, next string, err error) {
	err = d.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		members, next = nil, ""
		if _, err := d.viewGroup(ctx, tx, caller, id); err != nil {
			return err
		}
		w := where{conditions: []string{"organisation = $1"}, args: []any{string(caller.Organisation)}}
		w.add("EXISTS (SELECT 1 FROM group_members m WHERE m.organisation = people.organisation AND m.person = people.id AND m.group_id = $%d)", string(id))
		people, more, err := d.page(ctx, tx, w, limit, after)
		if err != nil {
			return err
		}
		since, err := d.since(ctx, tx, caller.Organisation, id)
		if err != nil {
			return err
		}
		next = more
		for _, p := range people {
			members = append(members, Member{p, since[p.ID]})
		}
		return nil
	})
	return members, next, err
}

// since returns when each of the group's members was added.
func (d *Directory) since(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.GroupID) (map[standin.PersonID]time.Time, error) {
	added := map[standin.PersonID]time.Time{}
	err := each(ctx, tx, func(row scanner) error {
		var person standin.PersonID
		var at db.Time
		err := row.Scan((*string)(&person), &at)
		added[person] = at.Time
		return err
	}, `SELECT person, created_at FROM group_members WHERE organisation = $1 AND group_id = $2`, string(org), string(id))
	return added, err
}

// GroupsOf returns the living groups that the person is in, in order of name: one's own (while acting, the principal's),
// and of those whom the caller may manage; of others there is no such person.
func (d *Directory) GroupsOf(ctx context.Context, caller standin.Caller, person standin.PersonID) (groups []Group, err error) {
	err = d.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		groups = nil
		p, err := d.Person(ctx, tx, caller.Organisation, person)
		if err != nil {
			return err
		}
		own := false
		if person == caller.Principal {
			if own, err = d.SeesOwn(ctx, tx, caller, "person", "manage"); err != nil {
				return err
			}
		}
		if !own {
			err := d.MayRead(ctx, tx, caller, "person", "manage", p.Unit)
			if standin.KindOf(err) == standin.Denied {
				return unknownPerson(person)
			}
			if err != nil {
				return err
			}
		}
		groups, err = d.GroupsOfIn(ctx, tx, caller.Organisation, person)
		return err
	})
	return groups, err
}

// GroupsOfIn returns the living groups that the person is in, in order of name, for rooms that address groups.
func (d *Directory) GroupsOfIn(ctx context.Context, tx *db.Tx, org standin.OrganisationID, person standin.PersonID) (groups []Group, err error) {
	err = each(ctx, tx, func(row scanner) error {
		g, err := scanGroup(row)
		groups = append(groups, g)
		return err
	}, `SELECT `+groupColumns+` FROM named_groups g JOIN group_members m ON m.organisation = g.organisation AND m.group_id = g.id
		WHERE g.organisation = $1 AND m.person = $2 AND g.ended_at IS NULL ORDER BY g.sort_key, g.id`, string(org), string(person))
	return groups, err
}

const groupColumns = `g.organisation, g.id, g.name, g.description, COALESCE(g.unit, ''), g.ended_at, g.created_at, g.version`

// scanGroup reads groupColumns, and then what else the query selects.
func scanGroup(row scanner, more ...any) (g Group, err error) {
	var ended, created db.Time
	err = row.Scan(append([]any{(*string)(&g.Organisation), (*string)(&g.ID), &g.Name, &g.Description, (*string)(&g.Unit), &ended, &created, &g.Version}, more...)...)
	g.EndedAt, g.CreatedAt = ended.Time, created.Time
	return g, err
}

func (d *Directory) loadGroup(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.GroupID) (Group, error) {
	g, err := scanGroup(tx.QueryRow(ctx, `SELECT `+groupColumns+` FROM named_groups g WHERE g.organisation = $1 AND g.id = $2`, string(org), string(id)))
	if db.IsNotFound(err) {
		return Group{}, unknownGroup(id)
	}
	return g, err
}

// explainGroups is Explain for groups and who is in them.
func (d *Directory) explainGroups(ctx context.Context, tx *db.Tx, org standin.OrganisationID, yield func(resource string, state any) error) error {
	if err := each(ctx, tx, func(row scanner) error {
		g, err := scanGroup(row)
		if err != nil {
			return err
		}
		return yield(g.resource(), g.state())
	}, `SELECT `+groupColumns+` FROM named_groups g WHERE g.organisation = $1`, string(org)); err != nil {
		return err
	}
	return each(ctx, tx, func(row scanner) error {
		var m memberState
		if err := row.Scan((*string)(&m.Organisation), (*string)(&m.Group), (*string)(&m.Person), &m.CreatedAt); err != nil {
			return err
		}
		return yield(memberResource(m.Group, m.Person), m)
	}, `SELECT organisation, group_id, person, created_at FROM group_members WHERE organisation = $1`, string(org))
}

type groupState struct {
	Organisation standin.OrganisationID `json:"organisation"`
	ID           standin.GroupID        `json:"id"`
	Name         string                 `json:"name"`
	Description  string                 `json:"description"`
	Unit         standin.UnitID         `json:"unit"`
	EndedAt      *int64                 `json:"ended_at"`
	CreatedAt    int64                  `json:"created_at"`
	Version      int64                  `json:"version"`
}

type memberState struct {
	Organisation standin.OrganisationID `json:"organisation"`
	Group        standin.GroupID        `json:"group"`
	Person       standin.PersonID       `json:"person"`
	CreatedAt    int64                  `json:"created_at"`
}

func (g Group) state() groupState {
	return groupState{g.Organisation, g.ID, g.Name, g.Description, g.Unit, micros(g.EndedAt), standin.Micros(g.CreatedAt), g.Version}
}

func (g Group) resource() string { return groupResource(g.ID) }

func groupResource(id standin.GroupID) string { return "group:" + names.Excerpt(string(id)) }

func memberResource(group standin.GroupID, person standin.PersonID) string {
	return "member:" + names.Excerpt(string(group)) + "/" + names.Excerpt(string(person))
}

func unknownGroup(id standin.GroupID) error {
	return standin.Refuse(standin.NotFound, "directory.group", "directory.group_unknown", "There is no such group.").With("group", names.Excerpt(string(id))).On("group")
}

func groupEnded() error {
	return standin.Refuse(standin.Conflict, "directory.group", "directory.group_ended", "This group was ended and cannot be changed any more.")
}
