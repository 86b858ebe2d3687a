package api

import (
	"context"
	"net/http"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/decision"
)

// Resource is a record of an application, registered so that it can be searched, and asked about by its name alone.
type Resource struct {
	Application string         `json:"application" minLength:"1" maxLength:"256"`
	Type        string         `json:"type" minLength:"1" maxLength:"256"`
	ID          string         `json:"id" minLength:"1" maxLength:"256"`
	Properties  map[string]any `json:"properties,omitempty" doc:"What there is to say of it; owner, entered_by, unit and self_approval are understood."`
	ChangedAt   *time.Time     `json:"changed_at,omitempty" readOnly:"true"`
	Version     int64          `json:"version,omitempty" readOnly:"true"`
}

// Resources are registered all or none.
type Resources struct {
	Resources []Resource `json:"resources" minItems:"1" maxItems:"1000" nullable:"false"`
}

// ResourceName names a registered record.
type ResourceName struct {
	Application string `json:"application" minLength:"1" maxLength:"256"`
	Type        string `json:"type" minLength:"1" maxLength:"256"`
	ID          string `json:"id" minLength:"1" maxLength:"256"`
}

// ResourceNames are removed all together.
type ResourceNames struct {
	Resources []ResourceName `json:"resources" minItems:"1" maxItems:"1000" nullable:"false"`
}

// Counted says of how many something became true.
type Counted struct {
	Count int `json:"count" doc:"Those that were as they should be already do not count, and were not recorded."`
}

type listResourcesIn struct {
	Paging
	Application standin.ApplicationID `path:"application" maxLength:"256" doc:"The application's id."`
	Type        string                `path:"type" maxLength:"256" doc:"The type of the records, as its catalogue calls it."`
}

const ofResources = "resources"

func (a *api) describeResources() {
	const tag = "Decisions"
	const who = " It takes an API key made for decide, or standin:settings.manage for the whole organisation."
	put(a, http.MethodPost, "/resources", about{id: "registerResources", tag: tag, decide: true, summary: "Register records of an application",
		text: "All or none; those that are there already are changed to what is sent. Registered records are found by AuthZEN searches, and what was " +
			"registered counts where a question names the record and says nothing more of it." + who}, a.registerResources)
	put(a, http.MethodPost, "/resources/remove", about{id: "removeResources", tag: tag, decide: true, summary: "Remove registered records",
		text: "Those that are not there are passed over." + who}, a.removeResources)
	put(a, http.MethodGet, "/resources/{application}/{type}", about{id: "listResources", tag: tag, decide: true, summary: "List registered records of one type",
		text: "In the order of their ids." + who}, a.listResources)
}

func (a *api) registerResources(ctx context.Context, who standin.Caller, in *body[Resources]) (*body[Counted], error) {
	var list []decision.Item
	for _, r := range in.Body.Resources {
		said, err := properties(r.Properties)
		if err != nil {
			return nil, err
		}
		list = append(list, decision.Item{ItemName: ResourceName{r.Application, r.Type, r.ID}.name(), Resource: said})
	}
	n, err := a.Decisions.Register(ctx, who, list)
	return &body[Counted]{Counted{n}}, err
}

func (n ResourceName) name() decision.ItemName {
	return decision.ItemName{Application: standin.ApplicationID(n.Application), Type: n.Type, ID: n.ID}
}

func (a *api) removeResources(ctx context.Context, who standin.Caller, in *body[ResourceNames]) (*body[Counted], error) {
	n, err := a.Decisions.Unregister(ctx, who, each(in.Body.Resources, ResourceName.name))
	return &body[Counted]{Counted{n}}, err
}

func (a *api) listResources(ctx context.Context, who standin.Caller, in *listResourcesIn) (*body[Page[Resource]], error) {
	after, err := in.place(ofResources)
	if err != nil {
		return nil, err
	}
	list, next, err := a.Decisions.Registered(ctx, who, in.Application, in.Type, after, in.Limit)
	return page(list, mark(ofResources, next), resource), err
}

func resource(i decision.Item) Resource {
	r := Resource{Application: string(i.Application), Type: i.Type, ID: i.ID, Properties: map[string]any{}, ChangedAt: moment(i.ChangedAt), Version: i.Version}
	for name, v := range i.Properties {
		r.Properties[name] = v
	}
	for name, text := range map[string]string{"owner": string(i.Owner), "entered_by": string(i.EnteredBy), "unit": string(i.Unit)} {
		if text != "" {
			r.Properties[name] = text
		}
	}
	if i.SelfApproval {
		r.Properties["self_approval"] = true
	}
	return r
}
