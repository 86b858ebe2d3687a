package peers

import (
	"context"
	"fmt"
	"strings"

	openfgav1 "github.com/openfga/api/proto/openfga/v1"
	parser "github.com/openfga/language/pkg/go/transformer"
	"github.com/openfga/openfga/pkg/server"
	"github.com/openfga/openfga/pkg/storage"
	"google.golang.org/protobuf/types/known/structpb"
)

// openfgaModel lets a delegation hold the roles of its principal, so that one check answers one question. Window, mask and
// guardrail are its condition. Object ids there hold no ":", so that a permission is written "desk.type-1.approve".
const openfgaModel = `model
  schema 1.1

type delegation

type role
  relations
    define holder: [delegation with standing]

type permission
  relations
    define granted: [role#holder]

condition standing(now: int, start: int, end: int, actor: string, of_actor: string, principal: string, of_principal: string, action: string, masked: list<string>, approves: bool, owner: string) {
  actor == of_actor && principal == of_principal && start <= now && now < end && !(action in masked) && !(approves && (owner == actor || owner == principal))
}
`

func openfgaObject(a action) string { return strings.ReplaceAll(a.String(), ":", ".") }

// openfgaWritten writes the model and the tuples into the datastore, and returns the store's and the model's ids.
func openfgaWritten(ctx context.Context, c *company, data storage.OpenFGADatastore) (store, modelID string, err error) {
	const id, modelIDText = "01HZZZZZZZZZZZZZZZZZZZZZZZ", "01HZZZZZZZZZZZZZZZZZZZZZZ0"
	if _, err := data.CreateStore(ctx, &openfgav1.Store{Id: id, Name: "peers"}); err != nil {
		return "", "", err
	}
	model, err := parser.TransformDSLToProto(openfgaModel)
	if err != nil {
		return "", "", err
	}
	model.Id = modelIDText
	if err := data.WriteAuthorizationModel(ctx, id, model); err != nil {
		return "", "", err
	}
	var tuples []*openfgav1.TupleKey
	flush := func(least int) error {
		for len(tuples) > least {
			n := min(len(tuples), data.MaxTuplesPerWrite())
			if err := data.Write(ctx, id, nil, tuples[:n]); err != nil {
				return err
			}
			tuples = tuples[n:]
		}
		return nil
	}
	for r, allowed := range c.roles {
		for _, a := range allowed {
			tuples = append(tuples, &openfgav1.TupleKey{User: "role:" + role(r) + "#holder", Relation: "granted",
				Object: "permission:" + openfgaObject(c.actions[a])})
		}
	}
	for i, d := range c.delegations {
		condition, err := openfgaCondition(c, d)
		if err != nil {
			return "", "", err
		}
		for _, r := range c.people[d.principal] {
			tuples = append(tuples, &openfgav1.TupleKey{User: "delegation:" + delegationName(i), Relation: "holder",
				Object: "role:" + role(r), Condition: condition})
		}
		if err := flush(data.MaxTuplesPerWrite()); err != nil {
			return "", "", err
		}
	}
	return id, modelIDText, flush(0)
}

func openfgaCondition(c *company, d delegation) (*openfgav1.RelationshipCondition, error) {
	masked := make([]any, len(d.masked))
	for k, m := range d.masked {
		masked[k] = c.actions[m].String()
	}
	fields, err := structpb.NewStruct(map[string]any{"start": d.start.Unix(), "end": d.end.Unix(), "masked": masked,
		"of_actor": person(d.actor), "of_principal": person(d.principal)})
	return &openfgav1.RelationshipCondition{Name: "standing", Context: fields}, err
}

// openfgaCheck is the question at its place as one check.
func openfgaCheck(c *company, i int, store, model string) (*openfgav1.CheckRequest, error) {
	q := c.questions[i]
	fields, err := structpb.NewStruct(map[string]any{"now": c.now.Unix(), "actor": person(q.actor), "principal": person(q.principal),
		"owner": person(q.owner), "action": c.actions[q.action].String(), "approves": c.actions[q.action].approves})
	return &openfgav1.CheckRequest{StoreId: store, AuthorizationModelId: model, Context: fields,
		TupleKey: &openfgav1.CheckRequestTupleKey{User: "delegation:" + delegationName(q.delegation), Relation: "granted",
			Object: "permission:" + openfgaObject(c.actions[q.action])}}, err
}

// newOpenFGA answers by its server in this process, over the datastore.
func newOpenFGA(c *company, data storage.OpenFGADatastore) (engine, error) {
	ctx := context.Background()
	store, model, err := openfgaWritten(ctx, c, data)
	if err != nil {
		return engine{}, err
	}
	s, err := server.NewServerWithOpts(server.WithDatastore(data))
	if err != nil {
		return engine{}, err
	}
	requests := make([]*openfgav1.CheckRequest, len(c.questions))
	for i := range c.questions {
		if requests[i], err = openfgaCheck(c, i, store, model); err != nil {
			return engine{}, err
		}
	}
	return engine{"OpenFGA", func(i int) (bool, error) {
		answer, err := s.Check(ctx, requests[i])
		if err != nil {
			return false, fmt.Errorf("question %d: %w", i, err)
		}
		return answer.GetAllowed(), nil
	}}, nil
}
