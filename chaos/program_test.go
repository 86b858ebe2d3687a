//go:build linux

package chaos_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the program under test, built as it ships.
var binary string

func TestMain(m *testing.M) { os.Exit(built(m)) }

func built(m *testing.M) int {
	dir, err := os.MkdirTemp("", "standin-chaos-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "standin")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/standin").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// installation is a database with its keys, on which the program is started again and again.
type installation struct {
	t        *testing.T
	dir      string
	database []string // the flags that name it
}

// command prepares one run of the program on the installation.
func (i *installation) command(args ...string) *exec.Cmd {
	cmd := exec.Command(binary, append(args, i.database...)...)
	cmd.Dir = i.dir
	cmd.Env = append(os.Environ(), "STANDIN_TEST_POSTGRES=")
	return cmd
}

// run runs a command to its end, which must be a success, and returns what it wrote.
func (i *installation) run(args ...string) []byte {
	i.t.Helper()
	cmd := i.command(args...)
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	if err := cmd.Run(); err != nil {
		i.t.Fatalf("standin %v: %v\n%s%s", args, err, &out, &talk)
	}
	return out.Bytes()
}

// program is one life of the server.
type program struct {
	cmd  *exec.Cmd
	url  string
	done chan error // yields its end

	mu  sync.Mutex
	log bytes.Buffer
}

// serve starts the server and returns when it listens.
func (i *installation) serve(args ...string) *program {
	i.t.Helper()
	p := &program{cmd: i.command(append([]string{"serve", "--listen", "127.0.0.1:0", "--log-format", "json"}, args...)...), done: make(chan error, 1)}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	talk, err := p.cmd.StderrPipe()
	if err != nil {
		i.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { p.cmd.Process.Kill() })
	serving := make(chan string, 1)
	go func() {
		p.read(talk, serving)
		p.done <- p.cmd.Wait()
	}()
	select {
	case p.url = <-serving:
	case err := <-p.done:
		i.t.Fatalf("the server did not start: %v\n%s", err, p.said())
	case <-time.After(time.Minute):
		i.t.Fatalf("the server does not listen after a minute:\n%s", p.said())
	}
	return p
}

// read keeps the log and tells the address once it is there.
func (p *program) read(talk io.Reader, serving chan<- string) {
	lines := bufio.NewScanner(talk)
	for lines.Scan() {
		p.mu.Lock()
		p.log.Write(append(lines.Bytes(), '\n'))
		p.mu.Unlock()
		var entry struct{ Msg, URL string }
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "serving" {
			serving <- entry.URL
		}
	}
}

// said returns the last lines of its log.
func (p *program) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := strings.SplitAfter(p.log.String(), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "")
}

// kill ends the program at once, by SIGKILL, and returns when it is gone.
func (p *program) kill() error {
	if err := p.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("it ended before it was killed: %w\n%s", err, p.said())
	}
	exit, ok := errors.AsType[*exec.ExitError](<-p.done)
	if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		return fmt.Errorf("it did not end by the kill\n%s", p.said())
	}
	return nil
}

// stop ends the program as an operator does.
func (p *program) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := <-p.done; err != nil {
		return fmt.Errorf("it did not end well: %w\n%s", err, p.said())
	}
	return nil
}
