package housetest

import (
	"sync"
	"testing"
	"time"
)

// Clock is what a house takes for now. It may be read and moved by many at once.
type Clock struct {
	mu      sync.Mutex
	at      time.Time     // where it stands
	running bool          // it does not stand: it is the real one and ahead
	ahead   time.Duration // of the real one
	look    func()        // told each time that somebody looks
}

// Standing stands at the instant until it is moved.
func Standing(at time.Time) *Clock { return &Clock{at: at} }

// Running is the real clock until it is set ahead.
func Running() *Clock { return &Clock{running: true} }

// Now is the instant that the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	look := c.look
	c.mu.Unlock()
	if look != nil {
		look()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running {
		return time.Now().Add(c.ahead)
	}
	return c.at
}

// Pass lets time pass.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running {
		c.ahead += d
		return
	}
	c.at = c.at.Add(d)
}

// Set sets a clock that stands.
func (c *Clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// Each has look called each time before somebody is told the time; nil ends that.
func (c *Clock) Each(look func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look = look
}

// Await waits until what holds; that it does not within a long while is a failure, whatever the machine has to do.
func Await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}
