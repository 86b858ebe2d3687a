package provider

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
)

// TestASubscriberIsOne: whoever has a network of IPv6 fills the database from none of its addresses, and stands in nobody
// else's way.
func TestASubscriberIsOne(t *testing.T) {
	c, now := crowd{most: 10}, time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	begun := 0
	for i := range 100 {
		if c.room(standin.Origin{Address: fmt.Sprintf("2001:db8:0:1::%x", i)}, now) {
			begun++
		}
	}
	if begun != 10 {
		t.Errorf("got %d requests of one subscriber, want 10", begun)
	}
	for _, other := range []string{"2001:db8:0:2::1", "192.0.2.1", "192.0.2.2", "::ffff:192.0.2.3"} {
		if !c.room(standin.Origin{Address: other}, now) {
			t.Errorf("%s is refused for what another did", other)
		}
	}
	if !c.room(standin.Origin{Address: "2001:db8:0:1::1"}, now.Add(time.Minute)) {
		t.Error("it is refused for longer than the minute")
	}
}

// TestProofsOfNobodyAreBounded: each proof that is noted is a row, and a client without a secret is anybody.
func TestProofsOfNobodyAreBounded(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	text, err := jwt.Signed(signer).Claims(map[string]any{"jti": "1", "htm": "POST", "htu": "https://standin.example" + TokenPath, "iat": now.Unix()}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{issuer: "https://standin.example", showing: &crowd{}}
	r, err := http.NewRequest(http.MethodPost, p.issuer+TokenPath, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("DPoP", text)
	// There is no database: whatever is noted here, fails.
	if e := p.proof(r, &call{now: now, client: application.Client{Public: true}}, "", ""); e == nil || e.code != "temporarily_unavailable" {
		t.Errorf("got %v, want to be asked to wait", e)
	}
}
