package main

import "github.com/standin-id/standin/ledger"

// walks are the rooms' accounts of their rows, with the kinds of resource that each names.
func (h *house) walks() []ledger.Walk {
	return []ledger.Walk{
		{Kinds: []string{"organisation", "unit", "person", "role", "holding", "group", "member"},
			Tables:  []string{"organisations", "units", "people", "roles", "holdings", "named_groups", "group_members"},
			Explain: h.directory.Explain},
		{Kinds: []string{"application", "client", "key"}, Tables: []string{"applications", "clients", "api_keys"}, Explain: h.applications.Explain},
		{Kinds: []string{"delegation"}, Tables: []string{"delegations"}, Explain: h.delegations.Explain},
		{Kinds: []string{"session"}, Tables: []string{"sessions"}, Explain: h.acting.Explain},
		{Kinds: []string{"login", "password", "invitation"}, Tables: []string{"logins", "passwords", "invitations"}, Explain: h.signin.Explain},
		{Kinds: []string{"setup"}, Tables: []string{"setup_links"}, Explain: h.signin.ExplainSetUp},
		{Kinds: []string{"check"}, Tables: []string{"record_checks"}, Explain: h.checks.Explain},
		{Kinds: []string{"proposal"}, Tables: []string{"proposals"}, Explain: h.rules.Explain},
		{Kinds: []string{"resource"}, Tables: []string{"resources"}, Explain: h.decisions.Walk},
		{Kinds: []string{"signing_key"}, Tables: []string{"signing_keys"}, Explain: h.signing.Explain},
		{Kinds: []string{"grant", "consent"}, Tables: []string{"grants", "consents"}, Explain: h.tokens.Explain},
		{Kinds: []string{"export"}, Tables: []string{"record_exports"}, Explain: h.exports.Explain},
	}
}

// unwalked says of each other table why no walk compares its rows with the record.
var unwalked = map[string]string{
	"records": "the record itself, which is verified", "leaves": "verified", "hashes": "verified", "checkpoints": "verified",
	"waiting": "verified: each is a record that waits for its place", "sequencer": "who gives places now, for some seconds",
	"followers":              "how far each follower has read",
	"attempts":               "failed sign-ins in counters, each of which is a record, too",
	"deeds":                  "the ids of what applications told, each of which is a record, too",
	"client_activity":        "what applications asked for last, to the minute, which helps whoever connects one and decides nothing",
	"record_export_parts":    "what exports hold: records, which are verified where they are",
	"logout_deliveries":      "what applications are told, in passing: each end that it tells of is a record",
	"authorization_requests": "what waits for half an hour at most, and is nothing before it is a grant",
	"used_proofs":            "what counts once, for minutes",
	"rules":                  "a number that grows with each change of what decides",
	"goose_db_version":       "which migrations there were",
}
