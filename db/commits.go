package db

import "sync"

// commits tells whoever waits that something was committed through this DB.
type commits struct {
	mu      sync.Mutex
	waiting []chan struct{}
}

func (c *commits) tell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.waiting {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// Committed returns a channel that receives soon after a commit through this DB; several commits may be told as one.
// Call stop to end it.
func (d *DB) Committed() (told <-chan struct{}, stop func()) {
	ch := make(chan struct{}, 1)
	d.commits.mu.Lock()
	d.commits.waiting = append(d.commits.waiting, ch)
	d.commits.mu.Unlock()
	return ch, func() {
		d.commits.mu.Lock()
		defer d.commits.mu.Unlock()
		for i, w := range d.commits.waiting {
			if w == ch {
				d.commits.waiting = append(d.commits.waiting[:i], d.commits.waiting[i+1:]...)
				return
			}
		}
	}
}
