package client_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/standin-id/standin/client"
)

// A whole application: everybody signs in, every page knows who is there and for whom, and what changes something is asked
// for, and recorded, under both names.
func Example() {
	ctx := context.Background()
	standin, err := client.New(ctx, client.Config{
		Issuer:      "https://standin.example",
		ClientID:    "desk",
		RedirectURL: "https://desk.example/auth/callback",
		Key:         "the API key, made for decide and record",
		Spool:       "/var/lib/desk/standin",
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer standin.Close()
	approve := func(w http.ResponseWriter, r *http.Request) {
		answer, err := standin.Decide(r.Context(), client.Question{Type: "desk:expense", Action: "approve", ID: r.PathValue("id"),
			Owner: "p-7", Unit: "sales"})
		if err != nil || !answer.Permit {
			http.Error(w, "You may not approve this.", http.StatusForbidden)
			return
		}
		err = standin.Record(r.Context(), client.Entry{Type: "desk:expense", Action: "approve", ID: r.PathValue("id"),
			Before: map[string]string{"state": "open"}, After: map[string]string{"state": "approved"}})
		if err != nil {
			http.Error(w, "This cannot be recorded now, so it was not done.", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "approved")
	}
	mux := http.NewServeMux()
	mux.Handle("POST /expenses/{id}/approve", standin.RequireFresh(http.HandlerFunc(approve)))
	log.Print(http.ListenAndServe("127.0.0.1:9000", standin.Middleware(mux)))
}

func ExampleFrom() {
	page := func(ctx context.Context) {
		who, ok := client.From(ctx)
		if !ok {
			fmt.Println("nobody")
			return
		}
		fmt.Println(who, who.Acting())
	}
	ben := client.Person{ID: "p-2", Name: "Ben Bold"}
	ada := client.Person{ID: "p-1", Name: "Ada Able"}
	page(context.Background())
	page(client.With(context.Background(), client.Identity{Principal: ben, Actor: ben}))
	page(client.With(context.Background(), client.Identity{Principal: ada, Actor: ben, Session: "s-1"}))
	// Output:
	// nobody
	// Ben Bold false
	// Ben Bold (for Ada Able) true
}

func ExampleClient_Decide() {
	standin, err := client.New(context.Background(), client.Config{Issuer: "http://127.0.0.1:1", Key: "a key"})
	if err != nil {
		log.Fatal(err)
	}
	ada := client.Person{ID: "p-1", Name: "Ada Able"}
	ctx := client.With(context.Background(), client.Identity{Principal: ada, Actor: ada})
	answer, err := standin.Decide(ctx, client.Question{Type: "desk:expense", Action: "approve", ID: "e-1", Owner: "p-7", Unit: "sales"})
	fmt.Println(answer.Permit, err != nil) // nobody answers at that address, and any doubt is a no
	// Output: false true
}

// reports keeps saved reports by person, in place of the application's database.
type reports map[string]map[string]string

func (r reports) All(_ context.Context, person string) (map[string]string, error) {
	return r[person], nil
}

func (r reports) Put(_ context.Context, person, name, report string) error {
	r[person][name] = report
	return nil
}

func (r reports) Delete(_ context.Context, person, name string) error {
	delete(r[person], name)
	return nil
}

// Ben acts for Ada and asked to see her reports. What he saves lies over hers in his session, and goes with it.
func ExampleOverlay() {
	standin, err := client.New(context.Background(), client.Config{Issuer: "https://standin.example"})
	if err != nil {
		log.Fatal(err)
	}
	saved := reports{"p-1": {"budget": "by month"}, "p-2": {}}
	seen := client.NewOverlay(standin, saved)
	ctx := client.With(context.Background(), client.Identity{Principal: client.Person{ID: "p-1"}, Actor: client.Person{ID: "p-2"},
		Session: "s-1", Limits: client.Limits{View: true}})
	fmt.Println(seen.All(ctx))
	if err := seen.Put(ctx, "budget", "by week"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(seen.All(ctx))
	fmt.Println(saved)
	// Output:
	// map[budget:by month] <nil>
	// map[budget:by week] <nil>
	// map[p-1:map[budget:by month] p-2:map[]]
}
