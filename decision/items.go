package decision

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// ItemName names a record of an application.
type ItemName struct {
	Application standin.ApplicationID
	Type        string
	ID          string
}

// Item is a record that an application registered, so that it can be searched, and asked about by its name alone.
type Item struct {
	ItemName
	Resource
	ChangedAt time.Time
	Version   int64
}

func (n ItemName) resource() string {
	return "resource:" + string(n.Application) + ":" + n.Type + "/" + n.ID
}

// itemState is the row as records hold it.
type itemState struct {
	Application  standin.ApplicationID `json:"application"`
	Type         string                `json:"type"`
	ID           string                `json:"id"`
	Owner        standin.PersonID      `json:"owner"`
	EnteredBy    standin.PersonID      `json:"entered_by"`
	Unit         standin.UnitID        `json:"unit"`
	SelfApproval bool                  `json:"self_approval"`
	Properties   json.RawMessage       `json:"properties"`
	CreatedAt    int64                 `json:"created_at"`
	ChangedAt    int64                 `json:"changed_at"`
	Version      int64                 `json:"version"`
}

func (s itemState) name() ItemName { return ItemName{s.Application, s.Type, s.ID} }

// same reports whether both say the same of the record.
func (s itemState) same(o itemState) bool {
	o.CreatedAt, o.ChangedAt, o.Version = s.CreatedAt, s.ChangedAt, s.Version
	return string(ledger.State(s)) == string(ledger.State(o))
}

func (s itemState) item() (Item, error) {
	i := Item{ItemName: s.name(), ChangedAt: standin.Instant(s.ChangedAt), Version: s.Version,
		Resource: Resource{Owner: s.Owner, EnteredBy: s.EnteredBy, Unit: s.Unit, SelfApproval: s.SelfApproval}}
	return i, json.Unmarshal(s.Properties, &i.Properties)
}

// stateOf returns the row that the item wants to be, or why it may not be registered.
func stateOf(i Item, catalogues rights.Catalogues) (itemState, error) {
	c, known := catalogues[i.Application]
	if _, ok := c.Types[i.Type]; !known || !ok {
		return itemState{}, standin.Refuse(standin.Invalid, "decision.register", "decision.type_unknown",
			`No catalogue has records "{type}".`).With("type", cut(string(i.Application)+":"+i.Type)).On("type")
	}
	if i.ID == "" || max(len(i.ID), len(i.Owner), len(i.EnteredBy), len(i.Unit)) > longest {
		return itemState{}, standin.Refuse(standin.Invalid, "decision.register", "decision.item_id",
			"A record has an id, and no text of it is longer than {most} bytes.").With("most", longest).On("id")
	}
	if i.Properties == nil {
		i.Properties = map[string]any{}
	}
	text, err := json.Marshal(i.Properties)
	if err != nil || len(text) > longestState/2 {
		return itemState{}, standin.Refuse(standin.Invalid, "decision.register", "decision.properties",
			"The properties of a record are JSON of at most {most} bytes.").With("most", longestState/2).On("properties").Because(err)
	}
	return itemState{Application: i.Application, Type: i.Type, ID: i.ID, Owner: i.Owner, EnteredBy: i.EnteredBy, Unit: i.Unit,
		SelfApproval: i.SelfApproval, Properties: text}, nil
}

func cut(text string) string { return text[:min(len(text), 100)] }

const selectItems = `SELECT application, type, id, owner, entered_by, unit, self_approval, properties, created_at, changed_at, version
	FROM resources WHERE organisation = $1`

// items reads the rows of a query.
func items(ctx context.Context, tx *db.Tx, query string, args ...any) ([]itemState, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []itemState
	for rows.Next() {
		var s itemState
		var self int64
		var properties string
		if err := rows.Scan((*string)(&s.Application), &s.Type, &s.ID, (*string)(&s.Owner), (*string)(&s.EnteredBy), (*string)(&s.Unit),
			&self, &properties, &s.CreatedAt, &s.ChangedAt, &s.Version); err != nil {
			return nil, err
		}
		s.SelfApproval, s.Properties = self == 1, json.RawMessage(properties)
		all = append(all, s)
	}
	return all, rows.Err()
}

// itemsAfter reads registered records of one type that follow the id in the database's order.
func itemsAfter(ctx context.Context, tx *db.Tx, org standin.OrganisationID, application standin.ApplicationID, typ, after string, limit int) ([]itemState, error) {
	return items(ctx, tx, selectItems+` AND application = $2 AND type = $3 AND id > $4 ORDER BY id LIMIT `+strconv.Itoa(limit),
		string(org), string(application), typ, after)
}

// itemsNamed reads those of the records of one type that are registered.
func itemsNamed(ctx context.Context, tx *db.Tx, org standin.OrganisationID, application standin.ApplicationID, typ string, ids []string) (map[string]itemState, error) {
	found := map[string]itemState{}
	for len(ids) > 0 {
		part := ids[:min(len(ids), mostPlaces)]
		ids = ids[len(part):]
		places, args := inFrom(4, part)
		rows, err := items(ctx, tx, selectItems+` AND application = $2 AND type = $3 AND id IN (`+places+`)`,
			append([]any{string(org), string(application), typ}, args...)...)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			found[row.ID] = row
		}
	}
	return found, nil
}

func putItem(ctx context.Context, tx *db.Tx, org standin.OrganisationID, s itemState) error {
	self := 0
	if s.SelfApproval {
		self = 1
	}
	_, err := tx.Exec(ctx, `INSERT INTO resources (organisation, application, type, id, owner, entered_by, unit, self_approval, properties,
			created_at, changed_at, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (organisation, application, type, id) DO UPDATE SET owner = $5, entered_by = $6, unit = $7, self_approval = $8,
			properties = $9, changed_at = $11, version = $12`,
		string(org), string(s.Application), s.Type, s.ID, string(s.Owner), string(s.EnteredBy), string(s.Unit), self, string(s.Properties),
		s.CreatedAt, s.ChangedAt, s.Version)
	return err
}

// Walk hands over every registered record of the organisation as its last record should tell it.
func (d *Decisions) Walk(ctx context.Context, tx *db.Tx, org standin.OrganisationID, yield func(resource string, state any) error) error {
	all, err := items(ctx, tx, selectItems, string(org))
	if err != nil {
		return err
	}
	for _, s := range all {
		if err := yield(s.name().resource(), s); err != nil {
			return err
		}
	}
	return nil
}
