package client

import (
	"context"
	"maps"
	"sync"
	"time"
)

// Preferences is where the application keeps people's own things of one kind by name: tabs, their order, saved searches,
// saved reports. It is the application's, and Overlay lays the session's changes over it.
type Preferences[T any] interface {
	All(ctx context.Context, person string) (map[string]T, error)
	Put(ctx context.Context, person, name string, value T) error
	Delete(ctx context.Context, person, name string) error
}

// Overlay is what who is there sees of preferences, and changes of them (FEATURES C5).
//
// In one's own name everything passes through. Who acts sees the principal's as last saved, where that view was asked for
// when the acting began, else their own; what they change stays in the acting session, over all of that, and vanishes with
// it: a report that they save under a name that is there shadows that one. Neither person's own is ever touched.
//
// Changes are kept in memory, at most 1000 names for a session; a session that comes to another process of the application
// does not find them there.
type Overlay[T any] struct {
	own Preferences[T]
	now func() time.Time

	mu     sync.Mutex
	layers map[string]*layer[T] // by acting session
}

// layer is what one acting session changed.
type layer[T any] struct {
	begun   time.Time
	changed map[string]T
	removed map[string]bool
}

const (
	longestSession = 24 * time.Hour // no acting session lasts longer (DESIGN P7)
	mostNames      = 1000
)

// NewOverlay lays changes over the application's preferences. What the client learns of ended sessions drops their changes.
func NewOverlay[T any](c *Client, own Preferences[T]) *Overlay[T] {
	o := &Overlay[T]{own: own, now: c.now, layers: map[string]*layer[T]{}}
	c.watched.whenEnded(o.drop)
	return o
}

// All returns everything that who is there sees, by name.
func (o *Overlay[T]) All(ctx context.Context) (map[string]T, error) {
	who, ok := From(ctx)
	if !ok {
		return nil, ErrNobody
	}
	below, err := o.own.All(ctx, who.below())
	if err != nil || !who.Acting() {
		return below, err
	}
	seen := maps.Clone(below) // the application's map stays as it is
	if seen == nil {
		seen = map[string]T{}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if l := o.layers[who.Session]; l != nil {
		for name := range l.removed {
			delete(seen, name)
		}
		maps.Copy(seen, l.changed)
	}
	return seen, nil
}

// Get returns what who is there sees by the name, false where there is nothing.
func (o *Overlay[T]) Get(ctx context.Context, name string) (value T, there bool, err error) {
	all, err := o.All(ctx)
	value, there = all[name]
	return value, there, err
}

// Put changes what is seen by the name: one's own, or while acting the session's.
func (o *Overlay[T]) Put(ctx context.Context, name string, value T) error {
	return o.change(ctx, name, func(person string) error { return o.own.Put(ctx, person, name, value) }, func(l *layer[T]) {
		l.changed[name] = value
		delete(l.removed, name)
	})
}

// Delete removes what is seen by the name: one's own, or while acting from the session's view alone.
func (o *Overlay[T]) Delete(ctx context.Context, name string) error {
	return o.change(ctx, name, func(person string) error { return o.own.Delete(ctx, person, name) }, func(l *layer[T]) {
		delete(l.changed, name)
		l.removed[name] = true
	})
}

func (o *Overlay[T]) change(ctx context.Context, name string, own func(person string) error, session func(*layer[T])) error {
	who, ok := From(ctx)
	switch {
	case !ok:
		return ErrNobody
	case !who.Acting():
		return own(who.Actor.ID)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if ctx.Err() != nil { // an end that has dropped the layer must not find it made again
		return context.Cause(ctx)
	}
	o.sweep()
	l := o.layers[who.Session]
	if l == nil {
		l = &layer[T]{begun: o.now(), changed: map[string]T{}, removed: map[string]bool{}}
		o.layers[who.Session] = l
	}
	_, changed := l.changed[name]
	if !changed && !l.removed[name] && len(l.changed)+len(l.removed) >= mostNames {
		return ErrFull
	}
	session(l)
	return nil
}

// below returns whose preferences lie under the session's.
func (i Identity) below() string {
	if i.Acting() && i.Limits.View {
		return i.Principal.ID
	}
	return i.Actor.ID
}

// drop forgets what an ended session changed.
func (o *Overlay[T]) drop(sid string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.layers, sid)
}

// sweep forgets layers of sessions that must have ended, however little was heard of it.
func (o *Overlay[T]) sweep() {
	for sid, l := range o.layers {
		if o.now().Sub(l.begun) > longestSession {
			delete(o.layers, sid)
		}
	}
}
