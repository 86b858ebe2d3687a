package dpop_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/standin-id/standin/token/dpop"
)

var now = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

func key(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func proof(t testing.TB, k *ecdsa.PrivateKey, typ string, change map[string]any) string {
	t.Helper()
	sum := sha256.Sum256([]byte("the-token"))
	claims := map[string]any{"jti": "one", "htm": "POST", "htu": "https://standin.example/oauth2/token", "iat": now.Unix(),
		"ath": base64.RawURLEncoding.EncodeToString(sum[:])}
	maps.Copy(claims, change)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: k}, (&jose.SignerOptions{EmbedJWK: true}).WithType(jose.ContentType(typ)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func want() dpop.Want {
	return dpop.Want{Method: "POST", URL: "https://standin.example/oauth2/token", AccessToken: "the-token", Now: now}
}

func TestCheck(t *testing.T) {
	k := key(t)
	got, err := dpop.Check(proof(t, k, "dpop+jwt", nil), want())
	if err != nil {
		t.Fatal(err)
	}
	again, err := dpop.Check(proof(t, k, "dpop+jwt", map[string]any{"htu": "HTTPS://standin.EXAMPLE:443/oauth2/token?x=1#y"}), want())
	if err != nil || again != got {
		t.Errorf("got %+v %v, want %+v: the address differs only in what does not count", again, err, got)
	}
	other, err := dpop.Check(proof(t, key(t), "dpop+jwt", nil), want())
	if err != nil || other.Thumbprint == got.Thumbprint || other.Once == got.Once {
		t.Errorf("got %+v %v for another key with the same jti, want another thumbprint and another once", other, err)
	}
	bound := want()
	bound.Thumbprint = got.Thumbprint
	if _, err := dpop.Check(proof(t, k, "dpop+jwt", nil), bound); err != nil {
		t.Error(err)
	}
}

func TestCheckRefuses(t *testing.T) {
	k := key(t)
	good := proof(t, k, "dpop+jwt", nil)
	bound := want()
	bound.Thumbprint = strings.Repeat("A", 43)
	for name, c := range map[string]struct {
		proof string
		want  dpop.Want
	}{
		"nothing":         {"", want()},
		"no jwt":          {"a.b.c", want()},
		"another typ":     {proof(t, k, "JWT", nil), want()},
		"another method":  {proof(t, k, "dpop+jwt", map[string]any{"htm": "GET"}), want()},
		"another path":    {proof(t, k, "dpop+jwt", map[string]any{"htu": "https://standin.example/oauth2/par"}), want()},
		"another host":    {proof(t, k, "dpop+jwt", map[string]any{"htu": "https://evil.example/oauth2/token"}), want()},
		"no jti":          {proof(t, k, "dpop+jwt", map[string]any{"jti": ""}), want()},
		"endless jti":     {proof(t, k, "dpop+jwt", map[string]any{"jti": strings.Repeat("j", 257)}), want()},
		"no iat":          {proof(t, k, "dpop+jwt", map[string]any{"iat": nil}), want()},
		"iat of no sense": {proof(t, k, "dpop+jwt", map[string]any{"iat": "soon"}), want()},
		"old":             {proof(t, k, "dpop+jwt", map[string]any{"iat": now.Add(-dpop.Lasts - time.Second).Unix()}), want()},
		"early":           {proof(t, k, "dpop+jwt", map[string]any{"iat": now.Add(dpop.Lasts + time.Second).Unix()}), want()},
		"another token":   {proof(t, k, "dpop+jwt", map[string]any{"ath": "x"}), want()},
		"no token":        {proof(t, k, "dpop+jwt", map[string]any{"ath": nil}), want()},
		"another key":     {good, bound},
		"cut":             {good[:len(good)-2], want()},
		"too long":        {good + strings.Repeat("A", 8<<10), want()},
		"unsigned":        {"eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6Im5vbmUifQ.e30.", want()},
	} {
		if got, err := dpop.Check(c.proof, c.want); err == nil || got != (dpop.Proof{}) {
			t.Errorf("%s: got %+v %v, want it refused", name, got, err)
		}
	}
}

// TestCheckRefusesASecretKey shows that a proof whose header carries a private key, or a shared one, proves nothing (§4.3 no. 7).
func TestCheckRefusesASecretKey(t *testing.T) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: make([]byte, 32)}, (&jose.SignerOptions{}).WithType("dpop+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(map[string]any{"jti": "one"}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dpop.Check(text, want()); err == nil {
		t.Error("a proof by a shared key was taken")
	}
	k := key(t)
	private := jose.JSONWebKey{Key: k, Algorithm: "ES256"}
	opts := (&jose.SignerOptions{}).WithType("dpop+jwt").WithHeader("jwk", private)
	if signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: k}, opts); err != nil {
		t.Fatal(err)
	}
	if text, err = jwt.Signed(signer).Claims(map[string]any{"jti": "one", "htm": "POST"}).Serialize(); err != nil {
		t.Fatal(err)
	}
	if _, err := dpop.Check(text, want()); err == nil {
		t.Errorf("got %v, want the private key refused", err)
	}
}

func TestFrom(t *testing.T) {
	r := httptest.NewRequest("POST", "/", nil)
	if got, err := dpop.From(r); got != "" || err != nil {
		t.Errorf("got %q %v, want none", got, err)
	}
	r.Header.Add("DPoP", "a")
	if got, err := dpop.From(r); got != "a" || err != nil {
		t.Errorf("got %q %v, want a", got, err)
	}
	r.Header.Add("DPoP", "b")
	if got, err := dpop.From(r); got != "" || err == nil {
		t.Errorf("got %q %v, want two refused", got, err)
	}
}

func FuzzCheck(f *testing.F) {
	k := key(f)
	good := proof(f, k, "dpop+jwt", nil)
	f.Add(good, "https://standin.example/oauth2/token")
	f.Add("e30.e30.AA", "http://127.0.0.1:8443/")
	f.Add("", "::")
	f.Fuzz(func(t *testing.T, text, address string) {
		w := want()
		w.URL = address
		got, err := dpop.Check(text, w)
		if (err == nil) != (got.Thumbprint != "" && got.Once != "") {
			t.Errorf("%q: got %+v %v", text, got, err)
		}
	})
}
