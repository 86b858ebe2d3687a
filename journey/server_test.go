//go:build journey

package journey

import (
	"bufio"
	"bytes"
	"io"
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

func start(t *testing.T, where ...string) string {
	t.Helper()
	path, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	world := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(world, company(t), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, append([]string{"serve", "--listen", "127.0.0.1:0", "--world", world, "--keys", filepath.Join(t.TempDir(), "keys")}, where...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	talk, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	url := make(chan string, 1)
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		defer close(url)
		lines := bufio.NewScanner(io.TeeReader(talk, &said))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if found := serving.FindStringSubmatch(lines.Text()); found != nil {
				url <- found[1]
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
	case address, ok := <-url:
		if !ok {
			t.Fatalf("the server ended at once:\n%s", said.String())
		}
		return address
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
