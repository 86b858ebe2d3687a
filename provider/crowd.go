package provider

import (
	"sync"
	"time"
)

const (
	// mostBegun is how many requests one address may leave waiting in a minute: a building full of people, but not a program
	// that would fill the database, for whoever begins to sign in is nobody yet.
	mostBegun = 600
	// mostAddresses bounds what is counted.
	mostAddresses = 20000
)

// crowd counts what addresses began in the present minute.
type crowd struct {
	mu     sync.Mutex
	minute time.Time
	begun  map[string]int
}

// room reports whether the address may begin one more request, and counts it.
func (c *crowd) room(address string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := now.Truncate(time.Minute); c.begun == nil || !m.Equal(c.minute) || len(c.begun) >= mostAddresses {
		c.minute, c.begun = m, map[string]int{}
	}
	c.begun[address]++
	return c.begun[address] <= mostBegun
}
