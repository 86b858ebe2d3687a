//go:build recipes

package recipes

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long something may take on a busy machine. Nothing waits so long when all is well.
const patience = 30 * time.Second

// lines is what a program says, kept until the test ends.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// program is one that runs until the test ends.
type program struct {
	name string
	id   *os.Process
	said *lines
	over chan struct{} // closed when it has ended
}

// begin starts a program in a directory. It is ended by its own process id when the test ends; what it said is shown where
// the test failed.
func begin(t *testing.T, dir string, env []string, name string, args ...string) *program {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LANG=C.UTF-8"}, env...)
	p := &program{name: filepath.Base(name), said: &lines{}, over: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.said, p.said
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v (make setup installs what the recipes need)", name, err)
	}
	p.id = cmd.Process
	go func() {
		defer close(p.over)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		p.end(t)
		if t.Failed() {
			t.Logf("%s said:\n%s", p.name, p.said)
		}
	})
	return p
}

// end ends the program and waits until it has ended.
func (p *program) end(t *testing.T) {
	t.Helper()
	_ = p.id.Signal(syscall.SIGTERM)
	select {
	case <-p.over:
	case <-time.After(10 * time.Second):
		t.Errorf("%s does not end when it is told to", p.name)
		_ = p.id.Kill()
		<-p.over
	}
}

// listens waits until somebody answers at the address.
func (p *program) listens(t *testing.T, address string) {
	t.Helper()
	eventually(t, "nobody listens at "+address, func() bool {
		select {
		case <-p.over:
			t.Fatalf("the program ended at once:\n%s", p.said)
		default:
		}
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// eventually waits until something is true.
func eventually(t *testing.T, otherwise string, true func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !true() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal(otherwise)
		}
	}
}

// run runs a command to its end and returns what it said.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// given are the addresses that free returned: tests run side by side, and none is to meet another's program.
var given sync.Map

// free returns the address of a port on loopback at which nobody listens.
func free(t *testing.T) string {
	t.Helper()
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := l.Addr().String()
		_ = l.Close()
		if _, taken := given.LoadOrStore(address, true); !taken {
			return address
		}
	}
}

// port is the port of an address.
func port(t *testing.T, address string) string {
	t.Helper()
	_, p, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// open is a directory that programs which give up root may read.
func open(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "standin-recipe-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// write writes a file of the directory.
func write(t *testing.T, dir, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}
