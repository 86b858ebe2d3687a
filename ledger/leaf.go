package ledger

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/standin-id/standin"
)

// The forms below are version 1. They are contracts with everyone who kept a checkpoint or an export: a changed form gets
// a new version, and the old one stays readable. docs/ledger.md describes them for other tools.

// leaf returns what the tree holds of a record: the canonical JSON (RFC 8785) of an object with version and everything
// of the record except what is erasable, which is in as its commitment. Names are in alphabetical order, instants are
// microseconds since 1970.
func leaf(r *Record, commitment string) []byte {
	b := make([]byte, 0, 512)
	b = appendString(append(b, `{"action":`...), r.Action)
	b = appendString(append(b, `,"actor":`...), string(r.Actor))
	b = strconv.AppendInt(append(b, `,"at":`...), standin.Micros(r.At), 10)
	b = appendString(append(b, `,"commitment":`...), commitment)
	b = appendString(append(b, `,"delegation":`...), string(r.Delegation))
	b = appendString(append(b, `,"id":`...), string(r.ID))
	b = appendString(append(b, `,"organisation":`...), string(r.Organisation))
	b = appendString(append(b, `,"outcome":`...), string(r.Outcome))
	b = appendString(append(b, `,"principal":`...), string(r.Principal))
	b = append(append(b, `,"reasons":`...), reasonsText(r.Reasons)...)
	b = appendString(append(b, `,"resource":`...), r.Resource)
	b = appendString(append(b, `,"session":`...), string(r.Session))
	return append(b, `,"v":1}`...)
}

// commitment returns the SHA-256, in base64, of the canonical JSON of what may later be erased, salted so that it cannot
// be guessed from the hash. The states are in it as text, byte for byte as they are stored.
func commitment(r *Record, salt string) string {
	b := make([]byte, 0, 512+len(r.Before)+len(r.After))
	b = appendString(append(b, `{"address":`...), r.Origin.Address)
	b = appendState(append(b, `,"after":`...), r.After)
	b = appendString(append(b, `,"agent":`...), r.Origin.Agent)
	b = appendState(append(b, `,"before":`...), r.Before)
	b = appendString(append(b, `,"salt":`...), salt)
	sum := sha256.Sum256(append(b, `,"v":1}`...))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// orderLeaf returns what the tree of the installation's order holds at a position: which record of which organisation
// has it.
func orderLeaf(organisation standin.OrganisationID, sequence int64, hash tlog.Hash) []byte {
	b := make([]byte, 0, 160)
	b = appendString(append(b, `{"hash":`...), hash.String())
	b = appendString(append(b, `,"organisation":`...), string(organisation))
	b = strconv.AppendInt(append(b, `,"sequence":`...), sequence, 10)
	return append(b, `,"v":1}`...)
}

// reasonsText returns the reasons as the canonical JSON that the leaf and the database hold.
func reasonsText(reasons []string) string {
	b := []byte{'['}
	for i, reason := range reasons {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, reason)
	}
	return string(append(b, ']'))
}

func appendState(b []byte, state json.RawMessage) []byte {
	if state == nil {
		return append(b, "null"...)
	}
	return appendString(b, string(state))
}

// appendString appends s as a JSON string in the canonical form of RFC 8785 §3.2.2.2: only the quotation mark, the
// backslash and characters below U+0020 are escaped.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\b':
			b = append(b, `\b`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\f':
			b = append(b, `\f`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c < 0x20:
			b = append(b, `\u00`...)
			b = append(b, hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
