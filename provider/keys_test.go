package provider_test

import (
	"encoding/json"
	"net/http/httptest"

	"github.com/go-jose/go-jose/v4"

	"github.com/standin-id/standin/provider"
)

// verified checks a token with the keys that the provider publishes, as an application does.
func (h *house) verified(raw string) (header, claims map[string]any) {
	h.T.Helper()
	a := h.send(httptest.NewRequest("GET", issuer+provider.JWKS, nil))
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(a.text), &set); err != nil {
		h.T.Fatal(err, a.text)
	}
	signed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		h.T.Fatal(err, raw)
	}
	protected := signed.Signatures[0].Protected
	found := set.Key(protected.KeyID)
	if len(found) != 1 || !found[0].IsPublic() || found[0].Algorithm != protected.Algorithm {
		h.T.Fatalf("the key %q of %s is not published as what it is", protected.KeyID, protected.Algorithm)
	}
	payload, err := signed.Verify(found[0].Key)
	if err != nil {
		h.T.Fatal(err)
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		h.T.Fatal(err)
	}
	typ, _ := protected.ExtraHeaders[jose.HeaderType].(string)
	return map[string]any{"alg": protected.Algorithm, "typ": typ}, claims
}
