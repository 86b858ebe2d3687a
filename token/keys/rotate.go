package keys

import (
	"context"
	"errors"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// often is how often it is looked whether a key has signed for long enough.
const often = time.Minute

// patiently returns a context for what has to be read or written so that a first key is found, however late ctx is by then: it is
// made once, and takes long.
func patiently(ctx context.Context) (context.Context, context.CancelFunc) {
	const patience = 10 * time.Second
	return context.WithTimeout(context.WithoutCancel(ctx), patience)
}

// system is who makes keys at first use and replaces them in time.
var system = standin.Caller{Organisation: standin.Operator, Actor: standin.SystemActor("keys")}

// begin makes the algorithm's first keys, one that signs and the next, unless there are some. However many programs begin
// at once, one pair is made. It goes on when ctx ends: an RSA pair takes seconds on a busy machine, and whoever waits next should
// find it made.
func (k *Keys) begin(ctx context.Context, algorithm string) error {
	k.making.Lock()
	defer k.making.Unlock()
	reading, cancel := patiently(ctx)
	defer cancel()
	var made bool
	err := k.db.View(reading, func(ctx context.Context, tx *db.Tx) error {
		all, err := load(ctx, tx)
		signing, _ := present(all, algorithm)
		made = signing != nil
		return err
	})
	if err != nil || made {
		return err
	}
	now := standin.Now(k.now)
	first, err := forge(algorithm, k.seal, now)
	if err != nil {
		return err
	}
	next, err := forge(algorithm, k.seal, now)
	if err != nil {
		return err
	}
	first.SignsAt = now
	writing, cancel := patiently(ctx)
	defer cancel()
	return k.db.Update(writing, func(ctx context.Context, tx *db.Tx) error {
		all, err := load(ctx, tx)
		if err != nil {
			return err
		}
		if signing, _ := present(all, algorithm); signing != nil {
			return nil
		}
		for _, s := range []stored{first, next} {
			if err := k.make(ctx, tx, system, s, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// present returns which key of the algorithm signs and which is next, nil where none is.
func present(all []stored, algorithm string) (signing, next *stored) {
	for i := range all {
		s := &all[i]
		switch {
		case s.Algorithm != algorithm:
		case s.State() == Signs:
			signing = s
		case s.State() == Next:
			next = s
		}
	}
	return signing, next
}

// make writes a new key and its record.
func (k *Keys) make(ctx context.Context, tx *db.Tx, by standin.Caller, s stored, now time.Time) error {
	if err := s.insert(ctx, tx); err != nil {
		return err
	}
	return k.record(ctx, tx, by, "signing_key.make", nil, &s, now)
}

// change writes what became of a key and its record.
func (k *Keys) change(ctx context.Context, tx *db.Tx, by standin.Caller, action string, before, after stored, now time.Time) error {
	if err := after.save(ctx, tx); err != nil {
		return err
	}
	return k.record(ctx, tx, by, action, &before, &after, now)
}

// record appends to the operator's tree: the keys are the installation's.
func (k *Keys) record(ctx context.Context, tx *db.Tx, by standin.Caller, action string, before, after *stored, now time.Time) error {
	r := ledger.By(by)
	r.Organisation, r.At, r.Action, r.Resource = standin.Operator, now, action, after.resource()
	if before != nil {
		r.Before = ledger.State(before.state())
	}
	r.After = ledger.State(after.state())
	_, err := k.ledger.Append(ctx, tx, r)
	return err
}

// Rotate lets the next keys sign and makes others to come next. What the keys before signed is good until it is over;
// where they were stolen it is refused here at once and elsewhere within Fresh, all keys that there were are out of the key
// set, and none of them ever signs again (THREATS 66).
//
// It is for the operator; where the installation serves one organisation, also for those who keep its settings, else
// Denied "keys.operator". Never while acting.
func (k *Keys) Rotate(ctx context.Context, caller standin.Caller, stolen bool) error {
	now := standin.Now(k.now)
	algorithms, err := k.present(ctx)
	if err != nil {
		return err
	}
	fresh := map[string][]stored{}
	for _, a := range algorithms {
		for range 2 {
			s, err := forge(a, k.seal, now)
			if err != nil {
				return err
			}
			fresh[a] = append(fresh[a], s)
		}
	}
	err = k.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := k.mayRotate(ctx, tx, caller); err != nil {
			return err
		}
		return k.rotate(ctx, tx, caller, fresh, stolen, now)
	})
	if kind := standin.KindOf(err); kind == standin.Denied {
		return k.refused(ctx, caller, now, err)
	}
	if err == nil {
		k.drop()
	}
	return err
}

// present returns the algorithms that there are keys of, ES256 in any case.
func (k *Keys) present(ctx context.Context) (algorithms []string, err error) {
	err = k.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		algorithms = []string{ES256}
		all, err := load(ctx, tx)
		if signing, next := present(all, RS256); signing != nil || next != nil {
			algorithms = append(algorithms, RS256)
		}
		return err
	})
	return algorithms, err
}

// rotate replaces the keys of each algorithm that fresh has two new ones for.
func (k *Keys) rotate(ctx context.Context, tx *db.Tx, by standin.Caller, fresh map[string][]stored, stolen bool, now time.Time) error {
	all, err := load(ctx, tx)
	if err != nil {
		return err
	}
	for algorithm, made := range fresh {
		_, next := present(all, algorithm)
		coming := next != nil && !stolen
		if coming {
			_, err := next.open(k.seal)
			coming = err == nil // what another seal shut cannot sign here
		}
		for _, s := range all {
			if s.Algorithm == algorithm {
				if err := k.retire(ctx, tx, by, s, coming, stolen, now); err != nil {
					return err
				}
			}
		}
		if coming {
			after := *next
			after.SignsAt = now
			if err := k.change(ctx, tx, by, "signing_key.begin", *next, after, now); err != nil {
				return err
			}
		} else {
			first := made[1]
			first.SignsAt = now
			if err := k.make(ctx, tx, by, first, now); err != nil {
				return err
			}
		}
		if err := k.make(ctx, tx, by, made[0], now); err != nil {
			return err
		}
	}
	return nil
}

// retire ends the key unless it is the coming one; where keys were stolen, also those that signed before and are still known.
func (k *Keys) retire(ctx context.Context, tx *db.Tx, by standin.Caller, s stored, coming, stolen bool, now time.Time) error {
	after, action := s, "signing_key.retire"
	switch {
	case !s.StolenAt.IsZero(), s.State() == Next && coming, s.State() == Retired && !stolen:
		return nil
	case stolen:
		after.StolenAt, action = now, "signing_key.stolen"
	}
	if s.RetiredAt.IsZero() {
		after.RetiredAt = now
	}
	return k.change(ctx, tx, by, action, s, after, now)
}

func (k *Keys) mayRotate(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
	if caller.Actor.IsOperator() || caller.Actor == system.Actor {
		return nil
	}
	if err := k.directory.Require(ctx, tx, caller, "settings", "manage", ""); err != nil {
		return err
	}
	all, err := k.directory.Organisations(ctx, tx)
	if err == nil && len(all) > 1 {
		err = standin.Refuse(standin.Denied, "keys.rotate", "keys.operator",
			"These keys sign for every organisation of this installation. Only its operator replaces them, with standin keys rotate.")
	}
	return err
}

// refused records that the caller may not replace the keys, in their own organisation, and returns cause.
func (k *Keys) refused(ctx context.Context, caller standin.Caller, now time.Time, cause error) error {
	r := ledger.By(caller)
	r.At, r.Action, r.Resource, r.Outcome, r.Reasons = now, "signing_key.rotate", "signing_keys:all", ledger.Refused, []string{standin.CodeOf(cause)}
	err := k.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := k.ledger.Append(ctx, tx, r)
		return err
	})
	if err != nil {
		return errors.Join(cause, err)
	}
	return cause
}

// List returns the keys that are known now and those that were stolen, the oldest first, to those who keep settings.
// rotates says whether the caller may replace them.
func (k *Keys) List(ctx context.Context, caller standin.Caller) (list []Key, rotates bool, err error) {
	now := standin.Now(k.now)
	err = k.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, rotates = nil, false
		if !caller.Actor.IsOperator() {
			if err := k.directory.Require(ctx, tx, caller, "settings", "manage", ""); err != nil {
				return err
			}
		}
		err := k.mayRotate(ctx, tx, caller)
		if err != nil && standin.CodeOf(err) != "keys.operator" {
			return err
		}
		rotates = err == nil
		all, err := load(ctx, tx)
		for _, s := range all {
			if s.Known(now) || !s.StolenAt.IsZero() {
				list = append(list, s.Key)
			}
		}
		return err
	})
	return list, rotates, err
}

// Run makes the first key and replaces keys that have signed for Lasts, until ctx ends.
func (k *Keys) Run(ctx context.Context) error {
	tick := time.NewTicker(often)
	defer tick.Stop()
	for {
		if err := k.InTime(ctx); err != nil && ctx.Err() == nil {
			k.log.Error("the signing keys are not in order; tokens cannot be signed without one", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// InTime makes the first key and replaces the keys of each algorithm whose key has signed for Lasts.
func (k *Keys) InTime(ctx context.Context) error {
	if _, err := k.signer(ctx, ES256); err != nil {
		return err
	}
	v, err := k.state(ctx)
	if err != nil {
		return err
	}
	now := standin.Now(k.now)
	for algorithm, signing := range v.signing {
		if now.Before(signing.SignsAt.Add(Lasts)) {
			continue
		}
		if err := k.replace(ctx, algorithm, signing.ID, now); err != nil {
			return err
		}
		k.drop()
	}
	return nil
}

// replace rotates one algorithm, unless another program did meanwhile.
func (k *Keys) replace(ctx context.Context, algorithm, kid string, now time.Time) error {
	var fresh []stored
	for range 2 {
		s, err := forge(algorithm, k.seal, now)
		if err != nil {
			return err
		}
		fresh = append(fresh, s)
	}
	return k.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		all, err := load(ctx, tx)
		if err != nil {
			return err
		}
		if signing, _ := present(all, algorithm); signing == nil || signing.ID != kid {
			return nil
		}
		return k.rotate(ctx, tx, system, map[string][]stored{algorithm: fresh}, false, now)
	})
}
