package decision

import "sync"

// cache keeps at most so many values, those that were asked for lately. It never makes a value true: whoever takes one out
// asks whether it still stands. Two generations bound it: what is not asked for while one fills up goes with the older.
type cache[K comparable, V any] struct {
	mu       sync.RWMutex
	half     int
	new, old map[K]V
}

func newCache[K comparable, V any](most int) *cache[K, V] {
	return &cache[K, V]{half: max(1, most/2), new: map[K]V{}}
}

func (c *cache[K, V]) get(key K) (V, bool) {
	c.mu.RLock()
	v, ok := c.new[key]
	if ok {
		c.mu.RUnlock()
		return v, true
	}
	v, ok = c.old[key]
	c.mu.RUnlock()
	if ok {
		c.put(key, v)
	}
	return v, ok
}

func (c *cache[K, V]) put(key K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, has := c.new[key]; !has && len(c.new) >= c.half {
		c.old, c.new = c.new, make(map[K]V, c.half)
	}
	c.new[key] = v
}

func (c *cache[K, V]) drop(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.new, key)
	delete(c.old, key)
}
