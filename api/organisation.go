package api

import (
	"context"
	"net/http"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// Organisation is the caller's own; there is no other.
type Organisation struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Settings   Settings `json:"settings"`
	Guardrails string   `json:"guardrails" doc:"The organisation's own, in Cedar; they only forbid."`
	Version    int64    `json:"version"`
}

// OrganisationForm is what can be written of an organisation.
type OrganisationForm struct {
	Name     string   `json:"name" maxLength:"1000"`
	Settings Settings `json:"settings"`
	Version  int64    `json:"version,omitempty" minimum:"0" doc:"The version that the change was made for."`
}

// Settings are an organisation's choices, as a world file writes them.
type Settings struct {
	Acting        ActingSettings        `json:"acting"`
	Delegation    DelegationSettings    `json:"delegation"`
	Word          string                `json:"word" enum:"deputy,proxy,backup,representative" doc:"What its people read for a stand-in."`
	Impersonation ImpersonationSettings `json:"impersonation"`
	Calls         string                `json:"calls" enum:"own,principal,both" doc:"Whom calls reach while somebody acts."`
	PrivacyNotice NoticeForm            `json:"privacy_notice"`
	TimeZone      string                `json:"time_zone" maxLength:"100" doc:"Of people who name none."`
	Decisions     *DecisionSettings     `json:"decisions,omitempty" doc:"Left out: as they are."`
}

// DecisionSettings say which answers to applications are recorded.
type DecisionSettings struct {
	RecordOwn bool `json:"record_own" doc:"Those in one's own name, too; those on behalf of somebody always are."`
}

// ActingSettings bound acting sessions.
type ActingSettings struct {
	Default Span `json:"default" doc:"The first span of an acting session, and each extension."`
	Max     Span `json:"max" doc:"The longest total, 1h to 24h."`
}

// DelegationSettings bound delegations.
type DelegationSettings struct {
	Max    Span `json:"max" doc:"The longest span of a delegation; none for no cap."`
	Accept bool `json:"accept" doc:"Whether stand-ins are asked to accept."`
}

// ImpersonationSettings bound what administrators do in other people's place.
type ImpersonationSettings struct {
	SuperAdminsOnly bool `json:"super_admins_only" doc:"Whether only those with all powers may."`
	NotifyChanges   bool `json:"notify_changes" doc:"Whether people are told of later changes, too; of the start they always are."`
}

// NoticeForm is the organisation's own privacy notice; without a text the built-in one is in force.
type NoticeForm struct {
	Version string `json:"version" maxLength:"64" doc:"People are asked again when it changes."`
	Text    string `json:"text" maxLength:"50000"`
}

// Unit is a part of the organisation.
type Unit struct {
	ID        string    `json:"id" doc:"Its path." example:"sales/emea"`
	CreatedAt time.Time `json:"created_at"`
}

// Role is a list of permissions and a rank.
type Role struct {
	ID      string   `json:"id"`
	Name    string   `json:"name" doc:"What people read; empty where they read the id."`
	Rank    int      `json:"rank"`
	Allow   []string `json:"allow" nullable:"false" example:"[\"standin:audit.view@unit\"]"`
	Version int64    `json:"version"`
}

// RoleForm is what can be written of a role.
type RoleForm struct {
	Name    string   `json:"name,omitempty" maxLength:"1000"`
	Rank    int      `json:"rank" minimum:"0" maximum:"1000"`
	Allow   []string `json:"allow" nullable:"false" maxItems:"1000"`
	Version int64    `json:"version,omitempty" minimum:"0" doc:"The version that the change was made for."`
}

func settings(s directory.Settings) Settings {
	var f Settings
	f.Acting.Default, f.Acting.Max = Span(s.Acting.Default), Span(s.Acting.Max)
	f.Delegation.Max, f.Delegation.Accept = Span(s.Delegation.Max), s.Delegation.Accept
	f.Word, f.Calls, f.TimeZone = s.Word, s.Calls, s.TimeZone
	f.Impersonation.SuperAdminsOnly, f.Impersonation.NotifyChanges = s.Impersonation.SuperAdminsOnly, s.Impersonation.NotifyChanges
	f.PrivacyNotice.Version, f.PrivacyNotice.Text = s.PrivacyNotice.Version, s.PrivacyNotice.Text
	f.Decisions = &DecisionSettings{s.Decisions.RecordOwn}
	return f
}

// settings are those of the form; what it leaves out is as it was.
func (f Settings) settings(was directory.Settings) directory.Settings {
	if f.Decisions != nil {
		was.Decisions = directory.DecisionSettings{RecordOwn: f.Decisions.RecordOwn}
	}
	return directory.Settings{
		Acting:        directory.ActingSettings{Default: time.Duration(f.Acting.Default), Max: time.Duration(f.Acting.Max)},
		Delegation:    directory.DelegationSettings{Max: time.Duration(f.Delegation.Max), Accept: f.Delegation.Accept},
		Word:          f.Word,
		Impersonation: directory.ImpersonationSettings{SuperAdminsOnly: f.Impersonation.SuperAdminsOnly, NotifyChanges: f.Impersonation.NotifyChanges},
		Calls:         f.Calls,
		PrivacyNotice: directory.PrivacyNotice{Version: f.PrivacyNotice.Version, Text: f.PrivacyNotice.Text},
		TimeZone:      f.TimeZone,
		Decisions:     was.Decisions,
	}
}

func (a *api) describeOrganisation() {
	const tag = "Organisation"
	put(a, http.MethodGet, "/organisation", about{id: "getOrganisation", tag: tag, admin: true, summary: "Get the organisation with its settings",
		text: "Needs standin:settings.manage."}, a.getOrganisation)
	put(a, http.MethodPut, "/organisation", about{id: "putOrganisation", tag: tag, admin: true, summary: "Change the organisation's name and settings",
		text: "Needs standin:settings.manage."}, a.putOrganisation)
	put(a, http.MethodGet, "/units", about{id: "listUnits", tag: tag, admin: true, people: true, summary: "List the units",
		text: "Each after its parent. For those who may manage people or delegations somewhere."}, a.listUnits)
	put(a, http.MethodPut, "/units/{path}", about{id: "putUnit", tag: tag, admin: true, summary: "Create a unit",
		text: "Its parent must exist. A slash in the path is written as %2F. Needs standin:settings.manage at the parent."}, a.putUnit)
	put(a, http.MethodGet, "/roles", about{id: "listRoles", tag: tag, admin: true, people: true, summary: "List the roles",
		text: "In order of rank. For those who may manage people or delegations somewhere."}, a.listRoles)
	put(a, http.MethodPut, "/roles/{id}", about{id: "putRole", tag: tag, admin: true, summary: "Create or change a role",
		text: "Needs standin:settings.manage. Nobody puts into a role what they do not hold, nor changes a role that they hold."}, a.putRole)
}

// looking runs fn in one reading transaction, where the caller may do the action of Standin's own catalogue.
func (a *api) looking(ctx context.Context, who standin.Caller, typ, action string, fn func(ctx context.Context, tx *db.Tx) error) error {
	return a.DB.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := a.Directory.Require(ctx, tx, who, typ, action, ""); err != nil {
			return err
		}
		return fn(ctx, tx)
	})
}

// governing is looking for those who may manage people or delegations somewhere.
func (a *api) governing(ctx context.Context, who standin.Caller, fn func(ctx context.Context, tx *db.Tx) error) error {
	return a.DB.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, typ := range []string{"person", "delegation"} {
			all, units, err := a.Directory.ScopesOf(ctx, tx, who, typ, "manage")
			if err != nil {
				return err
			}
			if all || len(units) > 0 {
				return fn(ctx, tx)
			}
		}
		return standin.Refuse(standin.Denied, "api", "api.governs_nobody", "This is for those who manage people or delegations.")
	})
}

func (a *api) getOrganisation(ctx context.Context, who standin.Caller, _ *none) (*body[Organisation], error) {
	var o directory.Organisation
	err := a.looking(ctx, who, "settings", "manage", func(ctx context.Context, tx *db.Tx) (err error) {
		o, err = a.Directory.Organisation(ctx, tx, who.Organisation)
		return err
	})
	return &body[Organisation]{Organisation{ID: string(o.ID), Name: o.Name, Settings: settings(o.Settings), Guardrails: o.Guardrails,
		Version: o.Version}}, err
}

// wanted is the organisation as the form says it should be. Whether the caller may have it so is asked later.
func (a *api) wanted(ctx context.Context, who standin.Caller, f OrganisationForm) (o directory.Organisation, err error) {
	err = a.DB.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		was, err := a.Directory.Organisation(ctx, tx, who.Organisation)
		o = directory.Organisation{Name: f.Name, Settings: f.Settings.settings(was.Settings), Version: f.Version}
		return err
	})
	return o, err
}

func (a *api) putOrganisation(ctx context.Context, who standin.Caller, in *body[OrganisationForm]) (*body[Organisation], error) {
	o, err := a.wanted(ctx, who, in.Body)
	if err != nil {
		return nil, err
	}
	if _, err := a.Directory.PutOrganisation(ctx, who, o); err != nil {
		return nil, err
	}
	return a.getOrganisation(ctx, who, nil)
}

func (a *api) listUnits(ctx context.Context, who standin.Caller, _ *none) (*body[Whole[Unit]], error) {
	var list []directory.Unit
	err := a.governing(ctx, who, func(ctx context.Context, tx *db.Tx) (err error) {
		list, err = a.Directory.Units(ctx, tx, who.Organisation)
		return err
	})
	return whole(list, func(u directory.Unit) Unit { return Unit{string(u.ID), u.CreatedAt} }), err
}

// UnitPath is the path parameter of operations on one unit.
type UnitPath struct {
	Path standin.UnitID `path:"path" maxLength:"500" doc:"The unit's path, as sales%2Femea."`
}

func (a *api) putUnit(ctx context.Context, who standin.Caller, in *UnitPath) (*body[Changed], error) {
	changed, err := a.Directory.PutUnit(ctx, who, in.Path)
	return &body[Changed]{Changed{changed}}, err
}

func (a *api) listRoles(ctx context.Context, who standin.Caller, _ *none) (*body[Whole[Role]], error) {
	var list []directory.Role
	err := a.governing(ctx, who, func(ctx context.Context, tx *db.Tx) (err error) {
		list, err = a.Directory.Roles(ctx, tx, who.Organisation)
		return err
	})
	return whole(list, func(r directory.Role) Role { return Role{string(r.ID), r.Name, r.Rank, texts(r.Allow), r.Version} }), err
}

type putRoleIn struct {
	ID   standin.RoleID `path:"id" maxLength:"200" doc:"The role's id."`
	Body RoleForm
}

func (a *api) putRole(ctx context.Context, who standin.Caller, in *putRoleIn) (*body[Changed], error) {
	changed, err := a.Directory.PutRole(ctx, who, rights.Role{ID: in.ID, Name: in.Body.Name, Rank: in.Body.Rank, Allow: in.Body.Allow}, in.Body.Version)
	return &body[Changed]{Changed{changed}}, err
}
