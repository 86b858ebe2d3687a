//go:build linux

// Package postgres owns a PostgreSQL server of one's own for tests: a fresh cluster in a temporary directory, on loopback
// only, behind a random password, sorting by a collation that is not C, and as durable as Standin demands. It refuses to
// touch any other server, and leaves nothing behind.
package postgres

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Server is one running cluster. It must not be used by several goroutines at once. It dies with this process.
type Server struct {
	dir      string // holds data, the socket and the log; removed by Stop
	bin      string
	owner    *syscall.Credential
	port     int
	password string
	cmd      *exec.Cmd
	gone     chan error // closed after it got the server's end
}

// Start makes a cluster in a new directory below parent and returns when it accepts connections at 127.0.0.1, at a free
// port if port is 0.
func Start(parent string, port int) (*Server, error) {
	bin, err := Programs()
	if err != nil {
		return nil, err
	}
	owner, err := ownerOfCluster()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(parent, "standin-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, bin: bin, owner: owner, port: port, password: rand.Text()}
	if err := s.begin(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) begin() error {
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(s.password+"\n"), 0o600); err != nil {
		return err
	}
	if s.owner != nil {
		for _, path := range []string{s.dir, secret} {
			if err := os.Chown(path, int(s.owner.Uid), int(s.owner.Gid)); err != nil {
				return err
			}
		}
	}
	// md5 is enough for a password that is random and short-lived, and costs no iterations at each connection.
	initdb := s.command("initdb", "--pgdata", s.data(), "--username", "postgres",
		"--pwfile", secret, "--auth-host", "md5", "--auth-local", "md5", "--encoding", "UTF8", "--locale", "C",
		"--locale-provider", "icu", "--icu-locale", "en-US")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if s.port != 0 {
		return s.serve()
	}
	// Somebody else may take the free port before the server does; then another one is tried.
	var err error
	for range 5 {
		if s.port, err = freePort(); err != nil {
			return err
		}
		if err = s.serve(); err == nil {
			return nil
		}
	}
	return err
}

// serve starts the server and waits until it accepts connections.
func (s *Server) serve() error {
	log, err := os.Create(s.logFile())
	if err != nil {
		return err
	}
	defer log.Close()
	args := []string{"-D", s.data()}
	for _, setting := range []string{
		"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(s.port), "unix_socket_directories=" + s.dir,
		"max_connections=200", "fsync=on", "synchronous_commit=on", "full_page_writes=on",
		"max_locks_per_transaction=256", "shared_buffers=256MB", "max_wal_size=2GB", "timezone=Asia/Kathmandu",
	} {
		args = append(args, "-c", setting)
	}
	s.cmd = s.command("postgres", args...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if s.gone, err = wait(s.cmd); err != nil {
		return err
	}
	deadline := time.After(60 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-s.gone:
			return fmt.Errorf("the server did not start (%v):\n%s", err, s.Log())
		case <-deadline:
			s.cmd.Process.Signal(syscall.SIGQUIT)
			<-s.gone
			return fmt.Errorf("the server did not accept connections within a minute:\n%s", s.Log())
		case <-tick.C:
			if s.ready() {
				return nil
			}
		}
	}
}

// wait starts the command and returns the channel that yields when it has ended. The command dies with the thread that
// started it, so that thread does nothing else.
func wait(cmd *exec.Cmd) (chan error, error) {
	gone, started := make(chan error, 1), make(chan error)
	go func() {
		runtime.LockOSThread()
		defer close(gone)
		err := cmd.Start()
		started <- err
		if err == nil {
			gone <- cmd.Wait()
		}
	}()
	return gone, <-started
}

// ready reports whether the pid file says so: its first line is the server's id, its eighth the server's state. A file
// that a crash left behind is of another id.
func (s *Server) ready() bool {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	lines := strings.Split(string(text), "\n")
	return err == nil && len(lines) >= 8 && lines[0] == strconv.Itoa(s.cmd.Process.Pid) && strings.TrimSpace(lines[7]) == "ready"
}

// Gone returns a channel that yields once the server has ended, for whatever reason. After Restart there is a new one.
func (s *Server) Gone() <-chan error { return s.gone }

// Stop ends the server, politely at first, and removes what it wrote.
func (s *Server) Stop() error {
	s.cmd.Process.Signal(syscall.SIGINT) // fast shutdown: open connections are closed
	select {
	case <-s.gone:
	case <-time.After(15 * time.Second):
		s.cmd.Process.Signal(syscall.SIGQUIT)
		<-s.gone
	}
	return os.RemoveAll(s.dir)
}

// Crash kills the server and everything it runs with SIGKILL, as a power cut would, and returns when all of it is gone.
// The cluster's files stay.
func (s *Server) Crash() error {
	master := s.cmd.Process.Pid
	s.cmd.Process.Signal(syscall.SIGSTOP) // so that it cannot tidy up after its children
	children, err := s.Backends()
	for _, pid := range children {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	s.cmd.Process.Kill()
	<-s.gone
	for _, pid := range children {
		for alive(pid) {
			runtime.Gosched()
		}
	}
	if err != nil {
		return fmt.Errorf("the children of %d: %w", master, err)
	}
	return nil
}

// Restart starts the server again at the same port, on what it left. It recovers first, if it crashed.
func (s *Server) Restart() error { return s.serve() }

// Backends returns the ids of the processes that the server has started: one for each connection, and its own.
func (s *Server) Backends() ([]int, error) {
	pid := strconv.Itoa(s.cmd.Process.Pid)
	text, err := os.ReadFile("/proc/" + pid + "/task/" + pid + "/children")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, field := range strings.Fields(string(text)) {
		child, err := strconv.Atoi(field)
		if err != nil {
			return nil, err
		}
		pids = append(pids, child)
	}
	return pids, nil
}

// alive reports whether the process still holds anything; one that merely waits to be reaped does not.
func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, after, found := strings.Cut(string(stat), ") ")
	return err == nil && found && !strings.HasPrefix(after, "Z")
}

// URL returns the address of a superuser's connection to the database postgres.
func (s *Server) URL() string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword("postgres", s.password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: "/postgres", RawQuery: "sslmode=disable"}
	return u.String()
}

func (s *Server) data() string    { return filepath.Join(s.dir, "data") }
func (s *Server) logFile() string { return filepath.Join(s.dir, "log") }

// Log returns the last lines that the server wrote.
func (s *Server) Log() string {
	text, _ := os.ReadFile(s.logFile())
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

// command prepares one of PostgreSQL's programs to run as the cluster's owner, out of reach of the terminal's interrupt, and to be stopped
// at once should we be killed.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGQUIT, Credential: s.owner}
	return cmd
}

// Programs returns the directory of PostgreSQL's server programs: the newest of Debian's, else that of initdb in PATH.
func Programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
		return filepath.Dir(newest), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("PostgreSQL's initdb is neither in PATH nor below /usr/lib/postgresql; make setup installs it")
	}
	return filepath.Dir(path), nil
}

// version returns the number in /usr/lib/postgresql/NUMBER/bin/initdb.
func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// ownerOfCluster returns whom the server runs as: nil, ourselves, unless we are root, which PostgreSQL refuses.
func ownerOfCluster() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		who, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL refuses to run as root, and there is no account to run it as: %w", err)
	}
	uid, err := strconv.ParseUint(who.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(who.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
