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
)

func (r *reader) delegation(n ast.Node, zone string) Delegation {
	d := Delegation{Kind: string(delegation.Cover)}
	keys := []string{"id", "principal", "actor", "kind", "start", "end", "purpose", "limits", "enabled_for"}
	d.place = r.mapping(n, "a delegation", keys, func(key string, v ast.Node) {
		switch key {
		case "id":
			d.ID = standin.DelegationID(r.text(v, "a delegation's id"))
		case "principal":
			d.Principal = standin.PersonID(r.text(v, "the principal's id"))
		case "actor":
			d.Actor = standin.PersonID(r.text(v, "the actor's id"))
		case "kind":
			d.Kind = r.text(v, "a kind")
		case "start":
			d.Start = r.instant(v, zone, delegation.Start)
		case "end":
			d.End = r.instant(v, zone, delegation.End)
		case "purpose":
			d.Purpose = new(r.text(v, "a purpose"))
		case "limits":
			r.limits(&d, v)
		case "enabled_for":
			d.EnabledFor = *r.span(v, false)
		}
	})
	r.require(d.place, "a delegation", "id", "principal", "actor")
	return d
}

func (r *reader) limits(d *Delegation, n ast.Node) {
	d.Limits = &rights.Limits{}
	r.mapping(n, "limits", []string{"allow", "deny", "units", "read_only", "sealed"}, func(key string, v ast.Node) {
		switch key {
		case "allow":
			d.Limits.Allow, d.allowAt = r.texts(v, "permissions")
		case "deny":
			d.Limits.Deny, d.denyAt = r.texts(v, "permissions")
		case "units":
			var units []string
			units, d.unitsAt = r.texts(v, "units")
			for _, u := range units {
				d.Limits.Units = append(d.Limits.Units, standin.UnitID(u))
			}
		case "read_only":
			d.Limits.ReadOnly = r.flag(v, key)
		case "sealed":
			d.Limits.Sealed = r.flag(v, key)
		}
	})
}

func (r *reader) client(n ast.Node) Client {
	var c Client
	c.StandIns = true
	c.PostLogout = []string{}
	keys := []string{"id", "organisation", "secret", "redirect_uris", "post_logout_redirect_uris", "backchannel_logout_uri",
		"public", "exchange", "stand_ins", "application"}
	c.place = r.mapping(n, "a client", keys, func(key string, v ast.Node) {
		switch key {
		case "id":
			c.ID = standin.ClientID(r.text(v, "a client's id"))
		case "organisation":
			c.Organisation = standin.OrganisationID(r.text(v, "an organisation's id"))
		case "secret":
			c.Secret = r.text(v, "a secret")
		case "redirect_uris":
			c.RedirectURIs, _ = r.texts(v, "addresses")
		case "post_logout_redirect_uris":
			c.PostLogout, _ = r.texts(v, "addresses")
		case "backchannel_logout_uri":
			c.BackChannel = r.text(v, "an address")
		case "public":
			c.Public = r.flag(v, key)
		case "exchange":
			c.Exchange = r.flag(v, key)
		case "stand_ins":
			c.StandIns = r.flag(v, key)
		case "application":
			c.Application = standin.ApplicationID(r.text(v, "an application's id"))
		}
	})
	r.require(c.place, "a client", "id", "organisation", "redirect_uris")
	return c
}

func (r *reader) key(n ast.Node) Key {
	var k Key
	k.place = r.mapping(n, "an API key", []string{"id", "organisation", "secret", "may"}, func(key string, v ast.Node) {
		switch key {
		case "id":
			k.ID = standin.KeyID(r.text(v, "a key's id"))
		case "organisation":
			k.Organisation = standin.OrganisationID(r.text(v, "an organisation's id"))
		case "secret":
			k.Secret = r.text(v, "a secret")
		case "may":
			k.May, _ = r.texts(v, "entitlements")
		}
	})
	r.require(k.place, "an API key", "id", "organisation", "may")
	return k
}

// guardrails notes what is wrong in Cedar text, at its place in the file where that can be told.
func (r *reader) guardrails(n ast.Node, text string) {
	err := guard.Check(text)
	if err == nil {
		return
	}
	at, message := position(n), textOf(err)
	refusal, _ := errors.AsType[*standin.Error](err)
	line, errLine := strconv.Atoi(refusal.Args["line"])
	column, errColumn := strconv.Atoi(refusal.Args["column"])
	if _, block := n.(*ast.LiteralNode); block && errLine == nil && errColumn == nil {
		// A block's text begins on the line after its sign, indented.
		at = Position{at.Line + int32(line), int32(column) + r.indent(at.Line)}
		message = strings.TrimPrefix(message, "line "+refusal.Args["line"]+", column "+refusal.Args["column"]+": ")
	}
	r.problems.add(at, "%s", message)
}

// indent returns how far the first written line after the given one is indented.
func (r *reader) indent(after int32) int32 {
	lines := strings.SplitN(string(r.data), "\n", int(after)+50)
	for _, line := range lines[min(int(after), len(lines)):] {
		if bare := strings.TrimLeft(line, " "); strings.TrimSpace(bare) != "" {
			return int32(len(line) - len(bare))
		}
	}
	return 0
}
