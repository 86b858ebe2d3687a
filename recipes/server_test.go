//go:build recipes

// Package recipes follows docs/recipes to the letter: it puts the files of each recipe before the programs that the recipe
// is for, none of which were written here, and lets Ben sign in as deputy of Clara through them, at the program as it is
// shipped. It refuses a recipe that does not do what it says.
package recipes

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"text/template"
	"time"

	"github.com/standin-id/standin/docs/recipes"
)

// TestMain builds the program once, as it is shipped.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "standin-recipes-")
	if err != nil {
		panic(err)
	}
	built = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

var built string

var shipped = sync.OnceValues(func() (string, error) {
	return build("..", "standin", "github.com/standin-id/standin/cmd/standin")
})

// build builds a command of the module in dir.
func build(dir, name, pkg string) (string, error) {
	path := filepath.Join(built, name)
	cmd := exec.Command("go", "build", "-o", path, pkg)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return path, nil
}

// serving is the line of the log that tells the address.
var serving = regexp.MustCompile(`msg=serving .*?url=(\S+)`)

// kitchen is a recipe that is being followed: Standin with the recipe's client, and where the application will be.
type kitchen struct {
	t      *testing.T
	recipe recipes.Recipe
	path   string   // of the program
	where  []string // its database and keys
	values recipes.Values
	listen string     // where the application listens
	https  *authority // nil where everything speaks plain http
	swap   []string
	dir    string // where the recipe's files are
	server *program
}

// registered is what a recipe tells to register.
var registered = regexp.MustCompile("(?s)```yaml file=clients.yaml\n(.*?)```")

// follow starts Standin with the client of a recipe, of which more may be registered than the recipe says.
func follow(t *testing.T, id, more string, database ...string) *kitchen {
	t.Helper()
	return (&kitchen{}).follow(t, id, more, database...)
}

// followSecurely is follow where browsers, applications and Standin speak https.
func followSecurely(t *testing.T, id string, database ...string) *kitchen {
	t.Helper()
	return (&kitchen{https: trusted(t)}).follow(t, id, "", database...)
}

func (k *kitchen) follow(t *testing.T, id, more string, database ...string) *kitchen {
	t.Helper()
	t.Parallel()
	path, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	recipe, known := recipes.Get(id)
	if !known {
		t.Fatalf("there is no recipe %s", id)
	}
	k.t, k.recipe, k.path, k.listen, k.dir = t, recipe, path, free(t), open(t)
	k.values.App = "http://localhost:" + port(t, k.listen)
	if k.https != nil {
		k.values.App = "https://localhost:" + port(t, k.https.before(t, k.listen))
	}
	k.swap = []string{"https://app.example", k.values.App}
	document, err := os.ReadFile("../docs/recipes/" + id + ".md")
	if err != nil {
		t.Fatal(err)
	}
	clients := registered.FindSubmatch(document)
	if clients == nil {
		t.Fatal("the recipe does not say what is registered")
	}
	own := t.TempDir()
	world := write(t, own, "world.yaml", company(t)+strings.NewReplacer(k.swap...).Replace(string(clients[1]))+more, 0o600)
	if len(database) == 0 {
		database = []string{"--data", filepath.Join(own, "data")}
	}
	k.where = append([]string{"--keys", filepath.Join(own, "keys")}, database...)
	serve := append([]string{"serve", "--listen", "127.0.0.1:0", "--world", world}, k.where...)
	if k.https != nil {
		serve = append(serve, "--tls-cert", k.https.cert, "--tls-key", k.https.key)
	}
	p := begin(t, own, k.https.env(), path, serve...)
	k.server = p
	eventually(t, "Standin does not say its address", func() bool {
		select {
		case <-p.over:
			t.Fatalf("Standin ended at once:\n%s", p.said)
		default:
		}
		found := serving.FindStringSubmatch(p.said.String())
		if found != nil {
			k.values.Issuer = found[1]
		}
		return found != nil
	})
	t.Cleanup(func() {
		if strings.Contains(p.said.String(), "level=ERROR") {
			t.Errorf("Standin logged errors:\n%s", p.said)
		}
	})
	k.swap = append(k.swap, "https://standin.example", k.values.Issuer)
	return k
}

// swaps says what stands in this test in the place of a text of the recipe. The recipe must have it.
func (k *kitchen) swaps(old, new string) {
	k.t.Helper()
	for _, b := range k.recipe.Blocks() {
		if strings.Contains(b.With(recipes.Values{}), old) {
			k.swap = append(k.swap, old, new)
			return
		}
	}
	k.t.Fatalf("the recipe does not say %q", old)
}

// file writes a file of the recipe as it is written there, but for what this test swaps, and returns its path.
func (k *kitchen) file(name string) string {
	k.t.Helper()
	for _, b := range k.recipe.Blocks() {
		if b.File == name {
			text := strings.NewReplacer(k.swap...).Replace(b.With(recipes.Values{}))
			return write(k.t, k.dir, name, text, 0o644)
		}
	}
	k.t.Fatalf("the recipe has no file %s", name)
	return ""
}

// company returns the world with its dates counted from today.
func company(t *testing.T) string {
	t.Helper()
	text, err := template.New("world.yaml").Funcs(template.FuncMap{"day": func(n int) string {
		return time.Now().UTC().AddDate(0, 0, n).Format("2006-01-02") + "T00:00:00Z"
	}}).ParseFiles("testdata/world.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := text.Execute(&b, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// record is what the test reads of one record.
type record struct {
	Action    string
	Outcome   string
	Actor     string
	Principal string
}

// records returns what Standin recorded of an action, as an auditor exports it beside the running server.
func (k *kitchen) records(action string) (all []record) {
	k.t.Helper()
	cmd := exec.CommandContext(k.t.Context(), k.path, append([]string{"audit", "export", "--organisation", "acme"}, k.where...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	cmd.Dir = k.dir
	out, err := cmd.Output()
	if err != nil {
		k.t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct{ Record record }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			k.t.Fatal(err)
		}
		if line.Record.Action == action {
			all = append(all, line.Record)
		}
	}
	return all
}
