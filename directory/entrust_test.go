package directory_test

import (
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// keys are the applications of w, whose keys are kept by whom w lets.
func (w *town) keys() *application.Applications {
	return application.New(w.db, ledger.New(w.db, w.now), w.now).With(w.MayKeepAccess)
}

// settleKeepers adds a keeper of settings, one who may also manage everybody, and one who holds everything but has
// somebody above.
func (w *town) settleKeepers() {
	w.t.Helper()
	for id, r := range map[standin.PersonID]rights.Role{
		"keeper": {ID: "keeper", Rank: 60, Allow: []string{"standin:settings.manage@org"}},
		"office": {ID: "office", Rank: 90, Allow: []string{"standin:settings.manage@org", "standin:person.manage@org"}},
		"junior": {ID: "junior", Rank: 80, Allow: []string{"standin:*.*@org"}},
		"local":  {ID: "local", Rank: 60, Allow: []string{"standin:settings.manage@unit"}},
	} {
		w.fine(w.PutRole(w.t.Context(), operator(acme), r, 0))
		w.settlePerson(acme, id, string(id), "sales", r.ID)
	}
}

func program(may ...string) standin.Caller {
	return standin.Caller{Organisation: acme, Actor: standin.KeyActor("k-own"), May: may}
}

// TestThreat16NoKeyMayMoreThanItsMaker: a key that is made, widened or rotated, for whoever sees its secret has it.
func TestThreat16NoKeyMayMoreThanItsMaker(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		w.settleKeepers()
		keys, ctx := w.keys(), t.Context()
		made := map[string]standin.KeyID{}
		for _, may := range application.Entitlements() {
			k, _, err := keys.MakeKey(ctx, as(acme, "boss"), application.KeepKeys{Name: may, May: []string{may}})
			if err != nil {
				t.Fatal(err)
			}
			made[may] = k.ID
		}
		for _, c := range []struct {
			by   standin.Caller
			may  string
			kind standin.Kind
			code string
		}{
			{as(acme, "boss"), "admin", "", ""},
			{as(acme, "keeper"), "decide", "", ""},
			{as(acme, "keeper"), "record", "", ""},
			{as(acme, "keeper"), "people", standin.Denied, "directory.key_beyond"},
			{as(acme, "keeper"), "scim", standin.Denied, "directory.key_beyond"},
			{as(acme, "keeper"), "admin", standin.Denied, "directory.key_beyond"},
			{as(acme, "office"), "people", "", ""},
			{as(acme, "office"), "scim", "", ""},
			{as(acme, "office"), "admin", standin.Denied, "directory.key_beyond"},
			{as(acme, "junior"), "decide", "", ""},
			{as(acme, "junior"), "people", standin.Denied, "directory.key_beyond"}, // boss is above, whom the key could reach
			{as(acme, "junior"), "admin", standin.Denied, "directory.key_beyond"},
			{as(acme, "local"), "decide", standin.Denied, "directory.not_entitled"},
			{as(acme, "hr"), "decide", standin.Denied, "directory.not_entitled"},
			{as(acme, "ann"), "decide", standin.Denied, "directory.not_entitled"},
			{acting(acme, "boss", "ann"), "decide", standin.Denied, "directory.not_while_acting"},
			{acting(acme, "ann", "boss"), "decide", standin.Denied, "directory.not_while_acting"},
			{program("admin"), "admin", "", ""},
			{program("people"), "people", standin.Denied, "directory.not_entitled"},
			{program("decide", "record", "scim"), "decide", standin.Denied, "directory.not_entitled"},
			{operator(acme), "admin", "", ""},
		} {
			wish := application.KeepKeys{Name: "another name", May: []string{"decide", c.may}}
			_, secret, errMake := keys.MakeKey(ctx, c.by, wish)
			if (secret == "") != (c.kind != "") {
				t.Errorf("%s makes a key for %s: got the secret %q", c.by.Actor, c.may, secret)
			}
			_, errWiden := keys.ChangeKey(ctx, c.by, made["decide"], wish, 0)
			rotated, secret, errRotate := keys.RotateKey(ctx, c.by, made[c.may], application.Overlap)
			if (secret == "") != (c.kind != "") || (rotated.ID == "") != (c.kind != "") {
				t.Errorf("%s rotates a key for %s: got %+v", c.by.Actor, c.may, rotated)
			}
			for what, err := range map[string]error{"make": errMake, "widen": errWiden, "rotate": errRotate} {
				if standin.KindOf(err) != c.kind || standin.CodeOf(err) != c.code {
					t.Errorf("%s, %s a key for %s: got %v (%s), want %s", c.by.Actor, what, c.may, err, standin.CodeOf(err), c.code)
				}
			}
		}
		if said := w.last(acme, "key:"+string(made["admin"])); said == "" {
			t.Error("no record")
		}
	})
}

// TestP12KeysOfOthersAreUnknown: by id, to who may keep keys elsewhere.
func TestP12KeysOfOthersAreUnknown(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		keys, ctx, rita := w.keys(), t.Context(), as(rival, "rita")
		k, _, err := keys.MakeKey(ctx, as(acme, "boss"), application.KeepKeys{Name: "ours", May: []string{"decide"}})
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := keys.RegisterClient(ctx, as(acme, "boss"), application.Client{Name: "ours", RedirectURIs: []string{"https://app.example/cb"}})
		if err != nil {
			t.Fatal(err)
		}
		_, errChange := keys.ChangeKey(ctx, rita, k.ID, application.KeepKeys{Name: "theirs", May: []string{"decide"}}, 0)
		_, _, errRotate := keys.RotateKey(ctx, rita, k.ID, 0)
		_, errClient := keys.ChangeClient(ctx, rita, c)
		_, _, errSecret := keys.RotateClient(ctx, rita, c.ID, 0)
		for what, err := range map[string]error{"change": errChange, "rotate": errRotate, "end": keys.EndKey(ctx, rita, k.ID),
			"change client": errClient, "rotate client": errSecret, "end client": keys.EndClient(ctx, rita, c.ID)} {
			if standin.KindOf(err) != standin.NotFound {
				t.Errorf("%s: got %v", what, err)
			}
		}
		for _, caller := range []standin.Caller{as(acme, "ann"), acting(acme, "ann", "boss"), program("people")} {
			_, errKeys := keys.KeptKeys(ctx, caller)
			_, errClients := keys.KeptClients(ctx, caller)
			_, _, errRegister := keys.RegisterClient(ctx, caller, c)
			for _, err := range []error{errKeys, errClients, errRegister, keys.EndKey(ctx, caller, k.ID), keys.EndClient(ctx, caller, c.ID)} {
				if standin.KindOf(err) != standin.Denied {
					t.Errorf("%s: got %v", caller.Actor, err)
				}
			}
		}
		list, err := keys.KeptKeys(ctx, rita)
		if err != nil || len(list) != 0 {
			t.Errorf("rita sees %+v, %v", list, err)
		}
		list, err = keys.KeptKeys(ctx, as(acme, "boss"))
		if err != nil || len(list) != 1 || list[0].Name != "ours" || list[0].MadeBy != "person:boss" || list[0].Ended {
			t.Errorf("boss sees %+v, %v", list, err)
		}
		w.clock = w.clock.Add(time.Hour)
		if err := keys.EndKey(ctx, as(acme, "boss"), k.ID); err != nil {
			t.Error(err)
		}
	})
}
