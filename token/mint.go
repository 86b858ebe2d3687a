package token

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/token/keys"
)

// Mint signs an access token (RFC 9068) that says who it is at the instant of the check. While acting it lives five minutes at
// most and never beyond the session; in one's own name fifteen, and never beyond the login. Its jti begins with its grant.
func (t *Tokens) Mint(ctx context.Context, w Who) (raw string, a Access, err error) {
	a = Access{ID: string(w.Grant.ID) + "." + short(), Organisation: w.Grant.Organisation, Grant: w.Grant.ID, Client: w.Client.ID, Principal: w.Grant.Principal,
		Actor: w.Grant.Actor, SID: w.Grant.SID(), Acting: w.Acting(), Scopes: w.Scopes, Audience: w.Audience, JKT: w.Grant.JKT,
		IssuedAt: w.At.Truncate(time.Second), ExpiresAt: w.Expires(w.At).Truncate(time.Second)}
	c := Claims(w, w.At)
	c["iss"], c["aud"], c["client_id"], c["scope"], c["jti"] = t.issuer, a.Audience, string(a.Client), strings.Join(a.Scopes, " "), a.ID
	c["iat"], c["exp"] = a.IssuedAt.Unix(), a.ExpiresAt.Unix()
	if a.JKT != "" {
		c["cnf"] = map[string]any{"jkt": a.JKT}
	}
	raw, err = t.sign(ctx, w.Client, AccessType, c)
	return raw, a, err
}

// IDToken signs an ID token (OpenID Connect Core §2) for the application, with the nonce of its request and the hash of the
// access token beside it (§3.1.3.6).
func (t *Tokens) IDToken(ctx context.Context, w Who, accessToken string) (string, error) {
	c := Claims(w, w.At)
	c["iss"], c["aud"], c["iat"], c["exp"] = t.issuer, string(w.Client.ID), w.At.Unix(), seconds(w.Expires(w.At))
	if w.Grant.Nonce != "" {
		c["nonce"] = w.Grant.Nonce
	}
	if accessToken != "" {
		c["at_hash"] = halfHash(accessToken)
	}
	return t.sign(ctx, w.Client, IDType, c)
}

// sign signs the claims with the application's algorithm.
func (t *Tokens) sign(ctx context.Context, c application.Client, typ string, claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	algorithm := c.Algorithm
	if algorithm == "" {
		algorithm = keys.ES256
	}
	return t.keys.Sign(ctx, algorithm, typ, payload)
}

// halfHash is the left half of the token's SHA-256, which both algorithms use (OpenID Connect Core §3.1.3.6).
func halfHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

// short tells one token of a grant from another.
func short() string { return standin.NewSecret()[:16] }
