// Package recipes owns how applications are connected to Standin, as its documents tell: which addresses an application of
// a kind has, and the files and commands with which it is configured. The documents are the only place where these texts
// stand; pages show them with an installation's own values, and tests run them. It refuses nothing and knows no
// installation.
package recipes

import (
	"embed"
	"net/url"
	"strings"
)

//go:embed *.md
var documents embed.FS

// Recipe is how applications of one kind are connected. Paths are on the application's own origin, "" where it has none.
type Recipe struct {
	ID          string // the document is ID.md, where there is one
	Redirect    string // where browsers come back to
	BackChannel string // where the application is told of sign-outs
	Initiate    string // where signing in begins
	PostLogout  string // where browsers come to after signing out
	ReadsAct    bool   // the application itself reads who acts
	Proxied     bool   // it is a proxy before the application, which changes nothing
}

// Values are what stands in a recipe's texts for an installation and an application.
type Values struct {
	Issuer string // https://standin.example
	App    string // the application's origin, https://app.example; by http it listens on this origin's port itself
	Client string // my-app
	Secret string // my-app-secret
	Random string // 32 random letters that the application keeps for itself
}

// ownPort is where applications listen in the documents, by http and for nobody but this machine.
const ownPort = "8080"

// example are the values that the documents hold.
var example = Values{"https://standin.example", "https://app.example", "my-app", "my-app-secret", "0123456789abcdef0123456789abcdef"}

// Block is a file or some commands of a recipe.
type Block struct {
	Language string // as in "nginx"
	File     string // "" for commands
	text     string
	listens  bool // the application itself, on ownPort
}

// With returns the block's text with these values. Values that are "" leave the document's examples.
func (b Block) With(v Values) string {
	var pairs []string
	for _, p := range [][2]string{{example.Issuer, v.Issuer}, {example.App, v.App}, {example.Secret, v.Secret}, {example.Client, v.Client},
		{example.Random, v.Random}} { // the secret before the client's id, with which it begins
		if p[1] == "" {
			p[1] = p[0]
		}
		pairs = append(pairs, p[0], p[1])
	}
	if at, err := url.Parse(v.App); err == nil && b.listens && at.Scheme == "http" { // by https something before it listens there
		port := at.Port()
		if port == "" {
			port = "80"
		}
		pairs = append(pairs, ownPort, port)
	}
	return strings.NewReplacer(pairs...).Replace(b.text)
}

// All returns the recipes in the order in which they are offered. The last is for every other application that speaks
// OpenID Connect, and has no document.
func All() []Recipe {
	library := Recipe{Redirect: "/callback", BackChannel: "/backchannel-logout", Initiate: "/login", PostLogout: "/", ReadsAct: true}
	proxy := Recipe{Redirect: "/oauth2/callback", Initiate: "/oauth2/start?rd=%2F", PostLogout: "/", Proxied: true}
	all := []Recipe{
		{ID: "apache", Redirect: "/oauth2callback", BackChannel: "/oauth2callback?logout=backchannel", Initiate: "/signin-again", PostLogout: "/", Proxied: true},
		proxy.named("nginx"), proxy.named("caddy"), library.named("node"), library.named("go"), library.named("python"),
		{ID: "sdk", Redirect: "/auth/callback", BackChannel: "/auth/backchannel", Initiate: "/auth/login", PostLogout: "/", ReadsAct: true},
		{ID: "other", Redirect: "/callback", PostLogout: "/"},
	}
	return all
}

func (r Recipe) named(id string) Recipe {
	r.ID = id
	return r
}

// Get returns the recipe with the id.
func Get(id string) (Recipe, bool) {
	for _, r := range All() {
		if r.ID == id {
			return r, true
		}
	}
	return Recipe{}, false
}

// registration is the file in which a document shows what is registered at Standin.
const registration = "clients.yaml"

// Blocks returns what the recipe's document tells to put into files and to run, in its order, without what is registered at
// Standin itself and what pages of the application show. There are none where there is no document.
func (r Recipe) Blocks() (all []Block) {
	for _, b := range r.document() {
		if b.File != registration && (b.File != "" || b.Language == "sh") {
			b.listens = !r.Proxied
			all = append(all, b)
		}
	}
	return all
}

// document returns the blocks of the recipe's document: its fenced code (CommonMark §4.5), whose info string is a language
// and perhaps file=NAME.
func (r Recipe) document() (all []Block) {
	page, err := documents.ReadFile(r.ID + ".md")
	if err != nil {
		return nil // there is no document
	}
	const fence = "```"
	inside := false
	for line := range strings.Lines(string(page)) {
		info, marks := strings.CutPrefix(strings.TrimRight(line, "\n"), fence)
		switch {
		case marks && inside:
			inside = false
		case marks:
			inside = true
			language, rest, _ := strings.Cut(info, " ")
			file, _ := strings.CutPrefix(strings.TrimSpace(rest), "file=")
			all = append(all, Block{Language: language, File: file})
		case inside:
			all[len(all)-1].text += line
		}
	}
	return all
}
