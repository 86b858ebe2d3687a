package provider

import (
	"sync"
	"time"

	"github.com/standin-id/standin"
)

const (
	// mostBegun is how many requests one subscriber may leave waiting in a minute: a building full of people, but not a program
	// that would fill the database, for whoever begins to sign in is nobody yet.
	mostBegun = 600
	// mostShown is how many proofs of keys are noted in a minute for one subscriber's clients that have no secret: who shows one
	// is nobody yet, either, and each is a row.
	mostShown = 3000
	// mostAddresses bounds what is counted.
	mostAddresses = 20000
)

// crowd counts what subscribers began in the present minute.
type crowd struct {
	most   int
	mu     sync.Mutex
	minute time.Time
	begun  map[string]int
}

// room reports whether whoever has the address may begin one more, and counts it. Of IPv6 a subscriber has a whole network, and
// could come from another address each time.
func (c *crowd) room(from standin.Origin, now time.Time) bool {
	address := from.Network()
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := now.Truncate(time.Minute); c.begun == nil || !m.Equal(c.minute) || len(c.begun) >= mostAddresses {
		c.minute, c.begun = m, map[string]int{}
	}
	c.begun[address]++
	return c.begun[address] <= c.most
}
