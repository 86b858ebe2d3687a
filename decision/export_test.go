package decision

// Cache is the cache, for its test.
type Cache[K comparable, V any] struct{ *cache[K, V] }

// NewCache returns an empty cache.
func NewCache[K comparable, V any](most int) Cache[K, V] { return Cache[K, V]{newCache[K, V](most)} }

// Put is put.
func (c Cache[K, V]) Put(key K, v V) { c.put(key, v) }

// Get is get.
func (c Cache[K, V]) Get(key K) (V, bool) { return c.get(key) }

// Drop is drop.
func (c Cache[K, V]) Drop(key K) { c.drop(key) }

// Len returns how many values are kept.
func (c Cache[K, V]) Len() int { return len(c.new) + len(c.old) }
