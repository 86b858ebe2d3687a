package provider_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/provider"
)

// change changes a client as the operator does.
func (h *house) change(id standin.ClientID, change func(c *application.Client)) {
	h.T.Helper()
	if err := h.DB.Update(h.T.Context(), func(ctx context.Context, tx *db.Tx) error {
		c, err := h.Applications.Client(ctx, tx, id)
		if err != nil {
			return err
		}
		change(&c)
		_, err = h.Applications.PutClient(ctx, tx, standin.OperatorCaller(c.Organisation, "test"), c, "")
		return err
	}); err != nil {
		h.T.Fatal(err)
	}
}

// TestThreat65ARemovedAddressIsRemovedForWhoWaits: an address that was taken from a client, perhaps because somebody else has it
// by now, gets no code of a request that was waiting meanwhile, and no browser is sent there.
func TestThreat65ARemovedAddressIsRemovedForWhoWaits(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		moved := func(id standin.ClientID) {
			h.change(id, func(c *application.Client) { c.RedirectURIs = []string{"https://" + string(id) + ".example/moved"} })
		}
		b, gone := h.browser(), h.browser()
		at := issuer + b.get(asks("desk")).to(t).Query().Get("return")
		denied := issuer + gone.get(asks("desk")).to(t).Query().Get("return") + "?deny=1"
		u, err := url.Parse(asks("pushy"))
		if err != nil {
			t.Fatal(err)
		}
		pushed := h.post(provider.Push, "pushy", u.Query())
		moved("desk")
		moved("pushy")
		b.signIn("cleo@acme.example")
		begun := issuer + provider.Authorize + "?" + url.Values{"client_id": {"pushy"}, "request_uri": {pushed.json["request_uri"].(string)}}.Encode()
		for name, a := range map[string]answer{"waiting": b.get(at), "denied": gone.get(denied), "pushed": b.get(begun)} {
			if a.StatusCode != http.StatusBadRequest || a.Header.Get("Location") != "" {
				t.Errorf("%s: got %d, sent to %q, want a page", name, a.StatusCode, a.Header.Get("Location"))
			}
		}
	})
}

// TestRefusalsNameWhoWasThere (P3): what is refused in the middle of a sign-in is recorded with both people.
func TestRefusalsNameWhoWasThere(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.person("ben@acme.example")
		ben.act("d-ada")
		refusedWith(t, ben.get(asks("third")), "access_denied")
		all := h.records("client.authorize")
		if len(all) != 1 || all[0].Actor != "person:p-ben" || all[0].Principal != "p-ada" || all[0].Session == "" || all[0].Resource != "client:third" {
			t.Errorf("got %+v", all)
		}
	})
}

// TestAHintIsNoOtherPersons: where an application says whom it means, nobody else is signed in to it, with whatever prompt (OpenID
// Connect Core §3.1.2.1); the same person may be somebody else's stand-in by now.
func TestAHintIsNoOtherPersons(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.person("ben@acme.example")
		ben.myself()
		id := ben.tokens("desk")["id_token"].(string)
		cleo := h.person("cleo@acme.example")
		refusedWith(t, cleo.get(asks("desk", "id_token_hint", id)), "login_required")
		refusedWith(t, cleo.get(asks("desk", "id_token_hint", id, "max_age", "600")), "login_required")
		ben.act("d-ada")
		if to := ben.get(asks("desk", "id_token_hint", id)).to(t); to.Query().Get("code") == "" {
			t.Errorf("got %s, want ben signed in: it is he who is there", to)
		}
	})
}
