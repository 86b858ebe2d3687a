package world

import (
	"errors"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/guard"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/world/source"
)

func (r *reader) delegation(n ast.Node, zone string) Delegation {
	d := Delegation{Kind: string(delegation.Cover)}
	keys := []string{"id", "principal", "actor", "kind", "start", "end", "purpose", "limits", "enabled_for"}
	d.Place = r.Mapping(n, "a delegation", keys, func(key string, v ast.Node) {
		switch key {
		case "id":
			d.ID = standin.DelegationID(r.Text(v, "a delegation's id"))
		case "principal":
			d.Principal = standin.PersonID(r.Text(v, "the principal's id"))
		case "actor":
			d.Actor = standin.PersonID(r.Text(v, "the actor's id"))
		case "kind":
			d.Kind = r.Text(v, "a kind")
		case "start":
			d.Start, d.startDay = r.instant(v, zone, delegation.Start)
		case "end":
			d.End, d.endDay = r.instant(v, zone, delegation.End)
		case "purpose":
			d.Purpose = new(r.Text(v, "a purpose"))
		case "limits":
			r.limits(&d, v)
		case "enabled_for":
			d.EnabledFor = *r.span(v, false)
		}
	})
	r.require(d.Place, "a delegation", "id", "principal", "actor")
	return d
}

func (r *reader) limits(d *Delegation, n ast.Node) {
	d.Limits = &rights.Limits{}
	r.Mapping(n, "limits", []string{"allow", "deny", "units", "read_only", "sealed"}, func(key string, v ast.Node) {
		switch key {
		case "allow":
			d.Limits.Allow, d.allowAt = r.Texts(v, "permissions")
		case "deny":
			d.Limits.Deny, d.denyAt = r.Texts(v, "permissions")
		case "units":
			var units []string
			units, d.unitsAt = r.Texts(v, "units")
			for _, u := range units {
				d.Limits.Units = append(d.Limits.Units, standin.UnitID(u))
			}
		case "read_only":
			d.Limits.ReadOnly = r.Flag(v, key)
		case "sealed":
			d.Limits.Sealed = r.Flag(v, key)
		}
	})
}

func (r *reader) key(n ast.Node) Key {
	var k Key
	k.Place = r.Mapping(n, "an API key", []string{"id", "organisation", "secret", "may"}, func(key string, v ast.Node) {
		switch key {
		case "id":
			k.ID = standin.KeyID(r.Text(v, "a key's id"))
		case "organisation":
			k.Organisation = standin.OrganisationID(r.Text(v, "an organisation's id"))
		case "secret":
			k.Secret = r.Text(v, "a secret")
		case "may":
			k.May, _ = r.Texts(v, "entitlements")
		}
	})
	r.require(k.Place, "an API key", "id", "organisation", "may")
	return k
}

// guardrails notes what is wrong in Cedar text, at its place in the file where that can be told.
func (r *reader) guardrails(n ast.Node, text string) {
	r.cedar(n, func() error { return guard.Check(text) })
}

// cedar notes what check refuses of a text in Cedar.
func (r *reader) cedar(n ast.Node, check func() error) {
	err := check()
	if err == nil {
		return
	}
	at, message := source.PositionOf(n), source.TextOf(err)
	refusal, _ := errors.AsType[*standin.Error](err)
	line, errLine := strconv.Atoi(refusal.Args["line"])
	column, errColumn := strconv.Atoi(refusal.Args["column"])
	if _, block := n.(*ast.LiteralNode); block && errLine == nil && errColumn == nil {
		// A block's text begins on the line after its sign, indented.
		at = source.Position{Line: at.Line + int32(line), Column: int32(column) + r.Indent(at.Line)}
		message = strings.TrimPrefix(message, "line "+refusal.Args["line"]+", column "+refusal.Args["column"]+": ")
	}
	r.Problems.Add(at, "%s", message)
}
