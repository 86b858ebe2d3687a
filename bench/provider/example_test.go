package provider

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// example is the storage of zitadel/oidc's example, but that it signs with ES256 and gives out access tokens that are
// signed, as Standin does.
type example struct {
	*storage.Storage
	key *ecdsa.PrivateKey
}

func (e *example) SigningKey(context.Context) (op.SigningKey, error) { return signingKey{e.key}, nil }
func (e *example) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.ES256}, nil
}
func (e *example) KeySet(context.Context) ([]op.Key, error) { return []op.Key{publicKey{e.key}}, nil }

func (e *example) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := e.Storage.GetClientByClientID(ctx, id)
	return client{c}, err
}

type client struct{ op.Client }

func (client) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }

type signingKey struct{ key *ecdsa.PrivateKey }

func (signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.ES256 }
func (k signingKey) Key() any                                  { return k.key }
func (signingKey) ID() string                                  { return "one" }

type publicKey struct{ key *ecdsa.PrivateKey }

func (publicKey) ID() string                         { return "one" }
func (publicKey) Algorithm() jose.SignatureAlgorithm { return jose.ES256 }
func (publicKey) Use() string                        { return oidc.KeyUseSignature }
func (k publicKey) Key() any                         { return &k.key.PublicKey }

func serveExample(address string) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	people, err := storage.StoreFromFile(os.Getenv("STANDIN_BENCH_PEOPLE"))
	if err != nil {
		log.Fatal(err)
	}
	storage.RegisterClients(storage.WebClient("desk", secret, callback))
	log.Fatal(http.ListenAndServe(address, exampleop.SetupServer("http://"+address+"/", &example{storage.NewStorage(people), key}, nil, false)))
}

// startExample runs the example in a process of its own and signs everybody in.
func startExample(b *testing.B) *server {
	people := map[string]storage.User{}
	for i := range connections {
		id := fmt.Sprintf("p-%d", i)
		people[id] = storage.User{ID: id, Username: id, Password: password, FirstName: "Actor", LastName: fmt.Sprint(i), IsAdmin: true}
	}
	file := filepath.Join(b.TempDir(), "people.json")
	text, err := json.Marshal(people)
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		b.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	s := &server{address: free(b), tokenPath: "/oauth/token"}
	c := exec.Command(self)
	c.Env = append(os.Environ(), "STANDIN_BENCH_EXAMPLE="+s.address, "STANDIN_BENCH_PEOPLE="+file)
	s.run(b, c, "/ready")
	for i := range connections {
		w := newBrowser(b, s)
		form := w.get("/auth?" + asked())
		given := w.post("/login/username", "username", fmt.Sprintf("p-%d", i), "password", password, "id", form.Query().Get("authRequestID"))
		s.held = append(s.held, s.redeem(b, given.Query().Get("code")))
	}
	return s
}
