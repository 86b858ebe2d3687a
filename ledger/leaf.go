package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// erasable is what hangs off the leaf as a commitment.
type erasable struct {
	Salt    string          `json:"salt"`
	Address string          `json:"address"`
	Agent   string          `json:"agent"`
	Before  json.RawMessage `json:"before"`
	After   json.RawMessage `json:"after"`
}

// commitment returns the hex SHA-256 of what may later be erased, salted so that it cannot be guessed from the hash.
func commitment(salt string, r Record) string {
	b, err := json.Marshal(erasable{salt, r.Origin.Address, r.Origin.Agent, r.Before, r.After})
	if err != nil {
		panic("ledger: a state is not JSON: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
