package guard

import (
	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// stranger returns what the policy's scope names and no question can have, as Cedar writes it, or "". People are in no
// groups, records within no others, and actions in the groups of their catalogue alone.
func stranger(p *cedar.Policy) string {
	scope := p.AST()
	for _, s := range []struct {
		of    ast.IsScopeNode
		known func(e types.EntityUID, group bool) bool
	}{
		{scope.Principal, func(e types.EntityUID, _ bool) bool { return e.Type == personType }},
		{scope.Action, knownAction},
		{scope.Resource, func(e types.EntityUID, _ bool) bool { return e.Type == resourceType }},
	} {
		entities, group := named(s.of)
		for _, e := range entities {
			if !s.known(e, group) {
				return e.String()
			}
		}
	}
	return ""
}

// knownAction reports whether there can be such an action or, where the scope means its members too, such a group.
func knownAction(e types.EntityUID, group bool) bool {
	for i := range groups {
		if group && groups[i].name == string(e.ID) {
			return e.Type == actionType
		}
	}
	_, ok := parseName(string(e.ID))
	return ok && e.Type == actionType
}

// named returns what the scope names, and whether it means the members of that, too.
func named(scope ast.IsScopeNode) (entities []types.EntityUID, group bool) {
	switch s := scope.(type) {
	case ast.ScopeTypeEq:
		return []types.EntityUID{s.Entity}, false
	case ast.ScopeTypeIn:
		return []types.EntityUID{s.Entity}, true
	case ast.ScopeTypeInSet:
		return s.Entities, true
	case ast.ScopeTypeIs:
		return []types.EntityUID{{Type: s.Type}}, true
	case ast.ScopeTypeIsIn:
		return []types.EntityUID{{Type: s.Type}, s.Entity}, true
	}
	return nil, false
}
