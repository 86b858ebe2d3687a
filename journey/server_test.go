//go:build journey

package journey

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/standin-id/standin/db/dbtest"
)

// TestMain builds the program once, as it is shipped.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "standin-journey-")
	if err != nil {
		panic(err)
	}
	shippedTo = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

var shippedTo string

var shipped = sync.OnceValues(func() (string, error) {
	path := filepath.Join(shippedTo, "standin")
	out, err := exec.Command("go", "build", "-o", path, "github.com/standin-id/standin/cmd/standin").CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return path, nil
})

// serving is the line of the log that tells the address.
var serving = regexp.MustCompile(`msg=serving .*?url=(\S+)`)

// setUpLink is where the log tells the link that sets up an empty installation.
var setUpLink = regexp.MustCompile(`there is no organisation yet.*? link="([^"]+)"`)

// serve starts the program on an embedded database and returns its address.
func serve(t *testing.T) string {
	t.Helper()
	return start(t, "--data", t.TempDir())
}

// servePostgres starts it on a PostgreSQL.
func servePostgres(t *testing.T) string {
	t.Helper()
	return start(t, "--database", dbtest.PostgresSchema(t))
}

// start starts it with the company of the world file.
func start(t *testing.T, where ...string) string {
	t.Helper()
	world := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(world, company(t), 0o600); err != nil {
		t.Fatal(err)
	}
	said := launch(t, append([]string{"--world", world}, where...)...)
	return serving.FindStringSubmatch(said)[1]
}

// serveEmpty starts it with nothing and returns its address and the link that sets it up.
func serveEmpty(t *testing.T, where ...string) (url, link string) {
	t.Helper()
	said := launch(t, where...)
	found := setUpLink.FindStringSubmatch(said)
	if found == nil {
		t.Fatalf("the server of an empty database logs no link:\n%s", said)
	}
	return serving.FindStringSubmatch(said)[1], found[1]
}

// launch starts the program and returns what it logged until it served.
func launch(t *testing.T, args ...string) string {
	t.Helper()
	path, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, append([]string{"serve", "--listen", "127.0.0.1:0", "--keys", filepath.Join(t.TempDir(), "keys")}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	talk, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	ready := make(chan string, 1)
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		defer close(ready)
		lines := bufio.NewScanner(talk)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			said.Write(append(lines.Bytes(), '\n'))
			if serving.Match(lines.Bytes()) {
				ready <- said.String()
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-heard
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
		if log := said.String(); strings.Contains(log, "level=ERROR") {
			t.Errorf("the server logged errors:\n%s", log)
		}
	})
	select {
	case log, ok := <-ready:
		if !ok {
			t.Fatalf("the server ended at once:\n%s", said.String())
		}
		return log
	case <-time.After(time.Minute):
		t.Fatal("the server does not say its address")
	}
	return ""
}

// company returns the world with its dates counted from today.
func company(t *testing.T) []byte {
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
	return b.Bytes()
}
