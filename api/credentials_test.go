package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// named is the operation of that name.
func (o *office) named(name string) *operation {
	o.T.Helper()
	for _, op := range o.about.operations() {
		if op.OperationID == name {
			return op
		}
	}
	o.T.Fatalf("there is no operation %s", name)
	return nil
}

// TestThreat19NobodyChangesAnothersCredentials: ben acts for ada, who administers everything. He changes nothing by which anybody
// is known, hers nor others', by cookie nor by an application's token; his own password neither, while he is not himself.
func TestThreat19NobodyChangesAnothersCredentials(t *testing.T) {
	everywhere(t, func(t *testing.T, o *office) {
		stored := func() string {
			return strings.Join(append(append(append(append(o.Lines(`SELECT person || hash FROM passwords ORDER BY organisation, person`),
				o.Lines(`SELECT id || ' ' || email FROM people ORDER BY organisation, id`)...), o.Lines(`SELECT id || secret_hash || may FROM api_keys ORDER BY id`)...),
				o.Lines(`SELECT id || secret_hash || redirects FROM clients ORDER BY id`)...),
				o.Lines(`SELECT CAST(COUNT(*) AS TEXT) FROM invitations`)...), "\n")
		}
		raw, _ := o.ben.given("tools", "", "standin")
		before := stored()
		for _, name := range []string{"changePassword", "putPerson", "createPerson", "invite", "uninvite", "makeKey", "changeKey", "rotateKey", "endKey", "registerClient",
			"changeClient", "rotateClient", "endClient", "rotateSigningKeys", "nameStandIns", "holdRole", "putRole", "giveConsent", "applyList"} {
			op := o.named(name)
			if got := o.ben.ask(op.method, o.path(op), o.body(op)); got.StatusCode != http.StatusForbidden {
				t.Errorf("%s by ben's cookie: got %d %s, want it refused", name, got.StatusCode, got.text)
			}
			if got := o.ask(raw, op.method, o.path(op), o.body(op)); got.StatusCode != http.StatusForbidden {
				t.Errorf("%s by a token: got %d %s, want it refused", name, got.StatusCode, got.text)
			}
		}
		if after := stored(); after != before {
			t.Errorf("got\n%s\nwant it as before:\n%s", after, before)
		}
		for _, email := range []string{"ada@acme.example", "ben@acme.example"} {
			o.Enter(email, password)
		}
	})
}

// TestThreat24NobodyEndsOrTakesAwayAnother: nobody who acts ends the person's account or anybody's, hands on what is theirs, or takes
// everything away as a file; and nothing at all deletes a person.
func TestThreat24NobodyEndsOrTakesAwayAnother(t *testing.T) {
	everywhere(t, func(t *testing.T, o *office) {
		for _, name := range []string{"deactivatePerson", "reactivatePerson", "handOn", "endLoginsOf", "askExport", "listExports", "getExport", "fetchExport", "exportPeople",
			"exportDelegations"} {
			op := o.named(name)
			if got := o.ben.ask(op.method, o.path(op), o.body(op)); got.StatusCode != http.StatusForbidden {
				t.Errorf("%s: got %d %s, want it refused", name, got.StatusCode, got.text)
			}
		}
		if n := o.Count(`SELECT COUNT(*) FROM people WHERE inactive_at IS NOT NULL`); n != 0 {
			t.Errorf("%d people were made inactive", n)
		}
		for _, op := range o.about.operations() {
			if op.method == http.MethodDelete && strings.HasSuffix(op.path, "/people/{id}") {
				t.Errorf("%s deletes a person", op.OperationID)
			}
		}
	})
}
