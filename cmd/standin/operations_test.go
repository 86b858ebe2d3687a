package main

import (
	"encoding/json"
	"go/types"
	"maps"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"

	"github.com/standin-id/standin/world/table"
)

// pagesOnly are the use cases that pages call and no operation does, each with its reason.
var pagesOnly = map[string]string{
	"signin.Demo.ContinueAs": "only the command demo has it, on a page of its own",
	"signin.Signin.Glance":   "only browsers look at a page again and again to see whether the identity is still the same",
	"token.Tokens.Request":   "is a browser's own, and names the application to whoever is on the way to it",
	"token.Tokens.Redeem":    "programs do it at the token endpoint; the page of a test sign-in does it for its own",
	"token.Tokens.EndGrant":  "the page of a test sign-in ends its own at once; people end theirs by EndOwn",
	"signin.Signin.Renew":    "replaces a browser's cookie by itself, after an application stopped what was acted in its sign-in",
}

// TestEveryPageUseCaseHasAnOperation fails when a page calls a use case that no program can call: every method of a room
// that pages call is called by the API, too, or stands in pagesOnly.
func TestEveryPageUseCaseHasAnOperation(t *testing.T) {
	called := useCases(t)
	pages, operations := called[module+"/web"], called[module+"/api"]
	if len(pages) < 10 || len(operations) < 10 {
		t.Fatalf("only %d use cases of pages and %d of operations were found: this test looks in the wrong place", len(pages), len(operations))
	}
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		switch reason := pagesOnly[name]; {
		case !operations[name] && reason == "":
			t.Errorf("pages call %s, and no operation does: give the API one, or say in pagesOnly why none is needed", name)
		case operations[name] && reason != "":
			t.Errorf("%s has an operation and needs no reason in pagesOnly", name)
		}
	}
	for name := range pagesOnly {
		if !pages[name] {
			t.Errorf("no page calls %s, which stands in pagesOnly", name)
		}
	}
}

// TestListsMayBeLarge shows that the operations which take lists, and no others, are sent more than other requests.
func TestListsMayBeLarge(t *testing.T) {
	text, err := os.ReadFile("../../api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var described struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]any `json:"content"`
			} `json:"requestBody"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(text, &described); err != nil {
		t.Fatal(err)
	}
	large := 0
	for path, methods := range described.Paths {
		for method, operation := range methods {
			want := int64(0)
			if operation.RequestBody.Content["text/csv"] != nil {
				large++
				want = table.MostBytes
			}
			if got := uploads(httptest.NewRequest(strings.ToUpper(method), path, nil)); got != want {
				t.Errorf("%s %s: got %d bytes, want %d", method, path, got, want)
			}
		}
	}
	if large != 2 {
		t.Errorf("got %d operations that take lists, want those for people and delegations", large)
	}
}

const module = "github.com/standin-id/standin"

// rooms hold the use cases.
var rooms = []string{module + "/application", module + "/directory", module + "/delegation", module + "/acting", module + "/signin", module + "/ledger", module + "/token",
	module + "/directory/checks", module + "/acting/impact", module + "/world/lists", module + "/world/exports",
	module + "/token/keys", module + "/token/logout"}

// useCases returns which use cases each adapter calls: methods of the rooms' main types that are given a context and begin
// a transaction of their own. Those that are given a transaction are parts of one.
func useCases(t *testing.T) map[string]map[string]bool {
	t.Helper()
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes |
		packages.NeedTypesInfo | packages.NeedImports | packages.NeedExportFile}, module+"/web/...", module+"/api/...")
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]map[string]bool{}
	for _, p := range loaded {
		for _, problem := range p.Errors {
			t.Fatal(problem)
		}
		adapter := module + "/web"
		if strings.HasPrefix(p.PkgPath, module+"/api") {
			adapter = module + "/api"
		}
		if called[adapter] == nil {
			called[adapter] = map[string]bool{}
		}
		for _, used := range p.TypesInfo.Uses {
			if name := useCase(used); name != "" {
				called[adapter][name] = true
			}
		}
	}
	return called
}

// useCase returns "delegation.Name" for the method of that room, "" for what is no use case.
func useCase(used types.Object) string {
	f, ok := used.(*types.Func)
	if !ok || f.Pkg() == nil || !slices.Contains(rooms, f.Pkg().Path()) {
		return ""
	}
	s := f.Signature()
	if s.Recv() == nil || s.Params().Len() == 0 || s.Params().At(0).Type().String() != "context.Context" {
		return ""
	}
	if s.Params().Len() > 1 && s.Params().At(1).Type().String() == "*"+module+"/db.Tx" {
		return ""
	}
	receiver, ok := s.Recv().Type().(*types.Pointer)
	if !ok {
		return ""
	}
	kind := receiver.Elem().(*types.Named).Obj().Name()
	return strings.TrimPrefix(f.Pkg().Path(), module+"/") + "." + kind + "." + f.Name()
}
