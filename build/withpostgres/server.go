//go:build linux

package main

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
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is one running cluster.
type server struct {
	dir      string // holds data, the socket and the log; removed by stop
	port     int
	password string
	cmd      *exec.Cmd
	gone     chan error // gets the server's end
}

// start makes a cluster in a new directory below parent and returns when it accepts connections.
func start(parent string, port int) (*server, error) {
	bin, err := programs()
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
	s := &server{dir: dir, port: port, password: rand.Text(), gone: make(chan error, 1)}
	if err := s.begin(bin, owner); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *server) begin(bin string, owner *syscall.Credential) error {
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(s.password+"\n"), 0o600); err != nil {
		return err
	}
	if owner != nil {
		for _, path := range []string{s.dir, secret} {
			if err := os.Chown(path, int(owner.Uid), int(owner.Gid)); err != nil {
				return err
			}
		}
	}
	// md5 is enough for a password that is random and short-lived, and costs no iterations at each connection.
	initdb := s.command(owner, filepath.Join(bin, "initdb"), "--pgdata", s.data(), "--username", "postgres",
		"--pwfile", secret, "--auth-host", "md5", "--auth-local", "md5", "--encoding", "UTF8", "--locale", "C",
		"--locale-provider", "icu", "--icu-locale", "en-US")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if s.port != 0 {
		return s.serve(bin, owner)
	}
	// Somebody else may take the free port before the server does; then another one is tried.
	var err error
	for range 5 {
		if s.port, err = freePort(); err != nil {
			return err
		}
		if err = s.serve(bin, owner); err == nil {
			return nil
		}
	}
	return err
}

// serve starts the server and waits until it accepts connections.
func (s *server) serve(bin string, owner *syscall.Credential) error {
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
	s.cmd = s.command(owner, filepath.Join(bin, "postgres"), args...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	go func(cmd *exec.Cmd) { s.gone <- cmd.Wait() }(s.cmd)
	deadline := time.After(60 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-s.gone:
			return fmt.Errorf("the server did not start (%v):\n%s", err, s.log())
		case <-deadline:
			s.cmd.Process.Signal(syscall.SIGQUIT)
			<-s.gone
			return fmt.Errorf("the server did not accept connections within a minute:\n%s", s.log())
		case <-tick.C:
			if s.ready() {
				return nil
			}
		}
	}
}

// ready reports whether the server's pid file says so; its eighth line is the server's state.
func (s *server) ready() bool {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	lines := strings.Split(string(text), "\n")
	return err == nil && len(lines) >= 8 && strings.TrimSpace(lines[7]) == "ready"
}

// stop ends the server, politely at first, and removes what it wrote.
func (s *server) stop() error {
	s.cmd.Process.Signal(syscall.SIGINT) // fast shutdown: open connections are closed
	select {
	case <-s.gone:
	case <-time.After(15 * time.Second):
		s.cmd.Process.Signal(syscall.SIGQUIT)
		<-s.gone
	}
	return os.RemoveAll(s.dir)
}

func (s *server) url() string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword("postgres", s.password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: "/postgres", RawQuery: "sslmode=disable"}
	return u.String()
}

func (s *server) data() string    { return filepath.Join(s.dir, "data") }
func (s *server) logFile() string { return filepath.Join(s.dir, "log") }

// log returns the last lines that the server wrote.
func (s *server) log() string {
	text, _ := os.ReadFile(s.logFile())
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

// command prepares a program to run as the cluster's owner, out of reach of the terminal's interrupt, and to be stopped
// at once should we be killed.
func (s *server) command(owner *syscall.Credential, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGQUIT, Credential: owner}
	return cmd
}

// programs returns the directory of PostgreSQL's server programs: the newest of Debian's, else that of initdb in PATH.
func programs() (string, error) {
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
