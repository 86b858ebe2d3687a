package keys_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/token/keys"
)

const acme standin.OrganisationID = "acme"

var (
	quiet    = slog.New(slog.DiscardHandler)
	operator = standin.OperatorCaller(standin.Operator, "test")
	ada      = standin.Caller{Organisation: acme, Actor: "person:ada", Principal: "ada"}     // keeps settings
	bilal    = standin.Caller{Organisation: acme, Actor: "person:bilal", Principal: "bilal"} // does not
)

// house is the keys of one program, in an organisation with an administrator; its clock moves when told.
type house struct {
	*keys.Keys
	t         *testing.T
	db        *db.DB
	ledger    *ledger.Ledger
	directory *directory.Directory
	seal      keys.Seal

	mu    sync.Mutex
	clock time.Time // zero: the real one
}

func run(t *testing.T, test func(h *house)) {
	t.Helper()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := &house{t: t, db: d, seal: keys.NewSeal()}
		h.ledger = ledger.New(d, h.now)
		h.directory = directory.New(d, h.ledger, h.now)
		h.Keys = h.replica(h.seal)
		h.organisation(acme)
		test(h)
	})
}

// replica is another program on the same database.
func (h *house) replica(seal keys.Seal) *keys.Keys {
	return keys.New(h.db, h.ledger, h.directory, seal, h.now, quiet)
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.clock.IsZero() {
		return time.Now()
	}
	return h.clock
}

func (h *house) set(at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock = at
}

func (h *house) organisation(id standin.OrganisationID) {
	h.t.Helper()
	by, ctx := standin.OperatorCaller(id, "test"), h.t.Context()
	_, err := h.directory.PutOrganisation(ctx, by, directory.Organisation{ID: id, Name: string(id), Settings: directory.DefaultSettings()})
	h.must(err)
	h.update(func(ctx context.Context, tx *db.Tx) error {
		for _, p := range []string{"ada", "bilal"} {
			p := standin.PersonID(p)
			if id != acme {
				p = standin.PersonID(id) + "-" + p
			}
			if _, _, err := h.directory.PutPersonIn(ctx, tx, by, directory.Person{ID: p, Name: string(p), Email: string(p) + "@acme.example"}); err != nil {
				return err
			}
		}
		return nil
	})
	if id != acme {
		return
	}
	_, err = h.directory.PutRole(ctx, by, rights.Role{ID: "admin", Rank: 90, Allow: []string{"standin:*.*@org"}}, 0)
	h.must(err)
	_, err = h.directory.Hold(ctx, by, "ada", "admin", "")
	h.must(err)
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) update(do func(ctx context.Context, tx *db.Tx) error) {
	h.t.Helper()
	h.must(h.db.Update(h.t.Context(), do))
}

func (h *house) execute(statement string, args ...any) {
	h.t.Helper()
	h.update(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, statement, args...)
		return err
	})
}

func (h *house) sign(algorithm string) string {
	h.t.Helper()
	token, err := h.Sign(h.t.Context(), algorithm, "at+jwt", []byte(`{"sub":"ada"}`))
	h.must(err)
	return token
}

// reads says why the program does not believe the token, nil where it does: as every reader of tokens, it lets the key say
// with which algorithm it was signed.
func reads(ctx context.Context, k *keys.Keys, token string) error {
	parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		return err
	}
	head := parsed.Signatures[0].Protected
	algorithm, key, err := k.Verifier(ctx, head.KeyID)
	if err != nil {
		return err
	}
	if head.Algorithm != algorithm {
		return fmt.Errorf("signed with %s, want the key's %s", head.Algorithm, algorithm)
	}
	content, err := parsed.Verify(key)
	if err == nil && string(content) != `{"sub":"ada"}` {
		err = fmt.Errorf("got %s", content)
	}
	return err
}

// published returns the state of each key in the key set by its id.
func (h *house) published() map[string]string {
	h.t.Helper()
	set, err := h.Public(h.t.Context())
	h.must(err)
	list, _, err := h.List(h.t.Context(), operator)
	h.must(err)
	states := map[string]string{}
	for _, k := range list {
		if len(set.Key(k.ID)) == 1 {
			states[k.ID] = k.State()
		}
	}
	if len(states) != len(set.Keys) {
		h.t.Errorf("the key set has %d keys, %d of which are listed", len(set.Keys), len(states))
	}
	return states
}

func count(states map[string]string, state string) (n int) {
	for _, s := range states {
		if s == state {
			n++
		}
	}
	return n
}

// unexplained returns what the operator's record does not explain of the keys.
func (h *house) unexplained() (found []string) {
	h.t.Helper()
	key, err := ledger.NewKey("test.example")
	h.must(err)
	h.must(ledger.NewSequencer(h.ledger, key, quiet).Flush(h.t.Context()))
	walk := ledger.Walk{Kinds: []string{"signing_key"}, Tables: []string{"signing_keys"}, Explain: h.Explain}
	h.must(h.db.View(h.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		return h.ledger.Unexplained(ctx, tx, standin.Operator, []ledger.Walk{walk}, func(x ledger.Difference) error {
			found = append(found, x.Resource+": "+x.What)
			return nil
		})
	}))
	return found
}

// TestKeysAreMadeOnce: however many programs begin to sign at once, they sign with one key, and each reads what any signs.
func TestKeysAreMadeOnce(t *testing.T) {
	run(t, func(h *house) {
		all, kids := make([]*keys.Keys, 6), make([]string, 6)
		var group sync.WaitGroup
		for i := range all {
			all[i] = h.replica(h.seal)
			group.Go(func() {
				var err error
				if kids[i], _, err = all[i].Signer(t.Context(), keys.ES256); err != nil {
					h.t.Error(err)
				}
			})
		}
		group.Wait()
		token := h.sign(keys.ES256)
		for i, k := range all {
			if kids[i] != kids[0] {
				h.t.Errorf("program %d signs with %s, want %s", i, kids[i], kids[0])
			}
			if err := reads(h.t.Context(), k, token); err != nil {
				h.t.Errorf("program %d: %v", i, err)
			}
		}
		states := h.published()
		if len(states) != 2 || count(states, keys.Signs) != 1 || count(states, keys.Next) != 1 {
			h.t.Errorf("got %v, want one key that signs and the next", states)
		}
		if found := h.unexplained(); len(found) > 0 {
			h.t.Errorf("records do not explain %v", found)
		}
	})
}

// TestBothAlgorithmsSign: RS256 has its keys once it is asked for, and strangers read what either signs with the key set alone.
func TestBothAlgorithmsSign(t *testing.T) {
	run(t, func(h *house) {
		for _, algorithm := range []string{keys.ES256, keys.RS256} {
			token := h.sign(algorithm)
			if err := reads(h.t.Context(), h.Keys, token); err != nil {
				h.t.Errorf("%s: %v", algorithm, err)
			}
			set, err := h.Public(h.t.Context())
			h.must(err)
			parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
			h.must(err)
			if _, err := parsed.Verify(set); err != nil {
				h.t.Errorf("%s with the key set: %v", algorithm, err)
			}
			if typ := parsed.Signatures[0].Protected.ExtraHeaders["typ"]; typ != "at+jwt" {
				h.t.Errorf("got typ %v, want at+jwt", typ)
			}
			for _, k := range set.Keys {
				if !k.IsPublic() || k.Use != "sig" {
					h.t.Errorf("%s is published with its secret or without its use", k.KeyID)
				}
			}
		}
		for _, none := range []string{"none", "HS256", "ES384", ""} {
			if _, _, err := h.Signer(h.t.Context(), none); standin.CodeOf(err) != "keys.algorithm" {
				h.t.Errorf("%q: got %v, want a refusal", none, err)
			}
		}
	})
}

// TestAFirstKeyIsMadeHoweverLate: making one may take longer than the request has that needs it, which has been written by then.
func TestAFirstKeyIsMadeHoweverLate(t *testing.T) {
	run(t, func(h *house) {
		k := h.replica(h.seal)
		if _, err := k.Public(t.Context()); err != nil {
			h.t.Fatal(err)
		}
		late, over := context.WithCancel(t.Context())
		over()
		if kid, _, err := k.Signer(late, keys.RS256); kid == "" || err != nil {
			h.t.Errorf("got %q, %v, want a key", kid, err)
		}
	})
}

// TestRotation: the next key, which applications know already, signs; what was signed before is good until it is over.
func TestRotation(t *testing.T) {
	run(t, func(h *house) {
		start := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
		h.set(start)
		old := h.sign(keys.ES256)
		before := h.published()
		h.set(start.Add(time.Minute))
		h.must(h.Rotate(h.t.Context(), operator, false))
		fresh := h.sign(keys.ES256)
		if kid := kidOf(fresh); before[kid] != keys.Next {
			h.t.Errorf("%s signs, which was %q before; want the next", kid, before[kid])
		}
		for _, token := range []string{old, fresh} {
			if err := reads(h.t.Context(), h.Keys, token); err != nil {
				h.t.Error(err)
			}
		}
		after := h.published()
		if len(after) != 3 || after[kidOf(old)] != keys.Retired || count(after, keys.Next) != 1 {
			h.t.Errorf("got %v", after)
		}
		h.set(start.Add(time.Minute + keys.Published))
		if err := reads(h.t.Context(), h.Keys, old); standin.CodeOf(err) != "keys.unknown" {
			h.t.Errorf("got %v of a key that signed long ago, want it unknown", err)
		}
		if len(h.published()) != 2 {
			h.t.Errorf("got %v, want the one that signs and the next", h.published())
		}
		if found := h.unexplained(); len(found) > 0 {
			h.t.Errorf("records do not explain %v", found)
		}
	})
}

func kidOf(token string) string {
	parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		return err.Error()
	}
	return parsed.Signatures[0].Protected.KeyID
}

// TestKeysAreReplacedInTime: one that has signed for ninety days is replaced by itself, once, whoever looks.
func TestKeysAreReplacedInTime(t *testing.T) {
	run(t, func(h *house) {
		start := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
		h.set(start)
		old := kidOf(h.sign(keys.ES256))
		for _, c := range []struct {
			at     time.Time
			rotate bool
		}{{start.Add(keys.Lasts - time.Second), false}, {start.Add(keys.Lasts), true}, {start.Add(keys.Lasts + time.Hour), false}} {
			h.set(c.at)
			var group sync.WaitGroup
			for range 2 {
				k := h.replica(h.seal)
				group.Go(func() {
					if err := k.InTime(h.t.Context()); err != nil {
						h.t.Error(err)
					}
				})
			}
			group.Wait()
			kid := kidOf(h.sign(keys.ES256))
			if (kid != old) != c.rotate {
				h.t.Errorf("at %v: replaced %v, want %v", c.at, kid != old, c.rotate)
			}
			old = kid
		}
	})
}

// TestThreat66StolenKeysAreRefusedAtOnce: what they signed is refused here at once and by every other program within the
// time that is promised, they are out of the key set, and nobody signs with them or their successor again.
func TestThreat66StolenKeysAreRefusedAtOnce(t *testing.T) {
	run(t, func(h *house) {
		other := h.replica(h.seal)
		tokens := map[string]string{keys.ES256: h.sign(keys.ES256), keys.RS256: h.sign(keys.RS256)}
		h.must(h.Rotate(h.t.Context(), operator, false))
		for _, token := range tokens { // retired ones are known still
			h.must(reads(h.t.Context(), other, token))
		}
		tokens["later"] = h.sign(keys.ES256)
		before := h.published()
		h.must(h.Rotate(h.t.Context(), operator, true))
		said := time.Now()
		for name, token := range tokens {
			if err := reads(h.t.Context(), h.Keys, token); standin.CodeOf(err) != "keys.unknown" {
				h.t.Errorf("%s: got %v here, want it refused", name, err)
			}
			for reads(h.t.Context(), other, token) == nil {
				if time.Since(said) > 10*time.Second {
					h.t.Fatalf("%s: the other program believes it still", name)
				}
			}
		}
		for kid := range h.published() {
			if before[kid] != "" {
				h.t.Errorf("%s was there before and is in the key set", kid)
			}
		}
		if len(h.published()) != 4 {
			h.t.Errorf("got %v, want two of each algorithm", h.published())
		}
		fresh := h.sign(keys.ES256)
		for _, k := range []*keys.Keys{h.Keys, other} {
			if err := reads(h.t.Context(), k, fresh); err != nil {
				h.t.Errorf("what is signed with the new key: %v", err)
			}
		}
		if found := h.unexplained(); len(found) > 0 {
			h.t.Errorf("records do not explain %v", found)
		}
	})
}

// TestStolenIsKnownWithinItsTime: what a program knows of the keys is never older than it promises.
func TestStolenIsKnownWithinItsTime(t *testing.T) {
	run(t, func(h *house) {
		start := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
		h.set(start)
		token, other := h.sign(keys.ES256), h.replica(h.seal)
		h.must(reads(h.t.Context(), other, token))
		h.must(h.Rotate(h.t.Context(), operator, true))
		h.set(start.Add(keys.Fresh))
		if err := reads(h.t.Context(), other, token); standin.CodeOf(err) != "keys.unknown" {
			h.t.Errorf("got %v, want it refused", err)
		}
	})
}

// TestAnotherSealOpensNothing: a program with another keys file says so, reads tokens all the same, and can be helped.
func TestAnotherSealOpensNothing(t *testing.T) {
	run(t, func(h *house) {
		token := h.sign(keys.ES256)
		for _, stolen := range []bool{true, false} {
			stranger := h.replica(keys.NewSeal())
			if err := stranger.Check(h.t.Context()); standin.CodeOf(err) != "keys.sealed" || standin.KindOf(err) != standin.Unavailable {
				h.t.Errorf("got %v, want that it cannot open them", err)
			}
			if _, err := stranger.Sign(h.t.Context(), keys.ES256, "at+jwt", []byte("{}")); standin.CodeOf(err) != "keys.sealed" {
				h.t.Errorf("got %v, want no signature", err)
			}
			set, err := stranger.Public(h.t.Context())
			if err != nil || len(set.Keys) < 2 {
				h.t.Errorf("got %d keys (%v), want the key set all the same", len(set.Keys), err)
			}
			h.must(stranger.Rotate(h.t.Context(), operator, stolen))
			h.must(stranger.Check(h.t.Context()))
			if _, err := stranger.Sign(h.t.Context(), keys.ES256, "at+jwt", []byte("{}")); err != nil {
				h.t.Error(err)
			}
		}
		if err := reads(h.t.Context(), h.replica(h.seal), token); standin.CodeOf(err) != "keys.unknown" {
			h.t.Errorf("got %v, want it unknown", err)
		}
	})
}

// TestASealedKeyFitsItsPlaceAlone: nobody makes Standin sign with another key, or believe one, by changing the database.
func TestASealedKeyFitsItsPlaceAlone(t *testing.T) {
	run(t, func(h *house) {
		h.sign(keys.ES256)
		h.execute(`UPDATE signing_keys SET private = (SELECT private FROM signing_keys WHERE signs_at IS NULL) WHERE signs_at IS NOT NULL`)
		if err := h.replica(h.seal).Check(h.t.Context()); err == nil {
			h.t.Error("another key's secret was opened in its place")
		}
		if found := h.unexplained(); len(found) != 0 {
			h.t.Errorf("got %v: secrets are in no record", found)
		}
		h.execute(`UPDATE signing_keys SET public = (SELECT public FROM signing_keys WHERE signs_at IS NULL) WHERE signs_at IS NOT NULL`)
		if _, err := h.replica(h.seal).Public(h.t.Context()); err == nil {
			h.t.Error("a key was believed that is not the one that its id names")
		}
	})
}

// TestNoSecretIsRecorded: records and the database tell nothing that signs.
func TestNoSecretIsRecorded(t *testing.T) {
	run(t, func(h *house) {
		h.sign(keys.ES256)
		h.must(h.Rotate(h.t.Context(), operator, false))
		h.must(h.db.View(h.t.Context(), func(ctx context.Context, tx *db.Tx) error {
			rows, err := tx.Query(ctx, `SELECT k.private, k.retired_at IS NOT NULL, COALESCE(r.after_state, '') || COALESCE(r.before_state, '')
				FROM signing_keys k JOIN records r ON r.resource = 'signing_key:' || k.id`)
			if err != nil {
				return err
			}
			defer rows.Close()
			seen := 0
			for ; rows.Next(); seen++ {
				var private, states string
				var retired bool
				if err := rows.Scan(&private, &retired, &states); err != nil {
					return err
				}
				content, err := base64.RawStdEncoding.DecodeString(private)
				if err != nil || retired != (private == "") || strings.Contains(string(content), "EC PRIVATE KEY") {
					h.t.Errorf("got %q of a key that signs no more: %v (%v)", private, retired, err)
				}
				if private != "" && strings.Contains(states, private) || strings.Contains(states, h.seal.Secret()) {
					h.t.Errorf("a secret is in a record: %s", states)
				}
			}
			if seen < 4 {
				h.t.Errorf("looked at %d records", seen)
			}
			return rows.Err()
		}))
	})
}

// TestWhoReplacesKeys: the operator; where there is one organisation, who keeps its settings; nobody while acting. Refusals
// are recorded.
func TestWhoReplacesKeys(t *testing.T) {
	run(t, func(h *house) {
		h.sign(keys.ES256)
		acting := ada
		acting.Principal, acting.Session, acting.Delegation = "bilal", "s-1", "d-1"
		refused := func(name string, by standin.Caller, code string) {
			h.t.Helper()
			before := h.published()
			if err := h.Rotate(h.t.Context(), by, true); standin.KindOf(err) != standin.Denied || code != "" && standin.CodeOf(err) != code {
				h.t.Errorf("%s: got %v, want a refusal %s", name, err, code)
			}
			for kid, state := range h.published() {
				if before[kid] != state {
					h.t.Errorf("%s: %s is %s, want what it was before, %q", name, kid, state, before[kid])
				}
			}
		}
		refused("somebody", bilal, "")
		refused("while acting", acting, "")
		if _, _, err := h.List(h.t.Context(), bilal); standin.KindOf(err) != standin.Denied {
			h.t.Errorf("got %v, want no list for somebody", err)
		}
		list, rotates, err := h.List(h.t.Context(), ada)
		if err != nil || !rotates || len(list) != 2 {
			h.t.Errorf("got %d keys, may replace %v (%v)", len(list), rotates, err)
		}
		h.must(h.Rotate(h.t.Context(), ada, false))
		h.organisation("rival")
		refused("an administrator of one of two", ada, "keys.operator")
		if _, rotates, err := h.List(h.t.Context(), ada); rotates || err != nil {
			h.t.Errorf("got that one of two may replace them (%v)", err)
		}
		h.must(h.Rotate(h.t.Context(), operator, false))
		n := 0
		h.must(h.db.View(h.t.Context(), func(ctx context.Context, tx *db.Tx) error {
			return tx.QueryRow(ctx, `SELECT COUNT(*) FROM records WHERE organisation = 'acme' AND action = 'signing_key.rotate' AND outcome = 'refused'`).Scan(&n)
		}))
		if n != 3 {
			h.t.Errorf("got %d refusals in the record, want 3", n)
		}
	})
}
