package main

import "github.com/standin-id/standin/ledger"

// walks are the rooms' accounts of their rows, with the kinds of resource that each names.
func (h *house) walks() []ledger.Walk {
	return []ledger.Walk{
		{Kinds: []string{"organisation", "unit", "person", "role", "holding", "group", "member"}, Explain: h.directory.Explain},
		{Kinds: []string{"application", "client", "key"}, Explain: h.applications.Explain},
		{Kinds: []string{"delegation"}, Explain: h.delegations.Explain},
		{Kinds: []string{"session"}, Explain: h.acting.Explain},
		{Kinds: []string{"login", "password", "invitation"}, Explain: h.signin.Explain},
	}
}
