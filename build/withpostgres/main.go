//go:build linux

// Command withpostgres runs a command beside a PostgreSQL server of its own and stops the server when the command ends.
//
//	withpostgres [-port N] [-dir DIR] COMMAND [ARGUMENT...]
//
// The server is that of package postgres, at a free port unless one is given. The command finds it through
// STANDIN_TEST_POSTGRES, the URL of a superuser's connection. The exit status is the command's.
// It owns nothing that stays: the cluster goes with the command, also when either is interrupted.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/standin-id/standin/build/postgres"
)

func main() {
	port := flag.Int("port", 0, "port on 127.0.0.1; 0 picks a free one")
	dir := flag.String("dir", os.TempDir(), "directory in which the cluster's temporary directory is made")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: withpostgres [-port N] [-dir DIR] COMMAND [ARGUMENT...]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	status, err := run(*dir, *port, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpostgres:", err)
	}
	os.Exit(status)
}

// run returns the command's exit status, or 1 and the reason for which there is none.
func run(dir string, port int, command []string) (status int, err error) {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)

	s, err := postgres.Start(dir, port)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()

	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "STANDIN_TEST_POSTGRES="+s.URL())
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case sig := <-signals:
			cmd.Process.Signal(sig)
		case err := <-s.Gone():
			cmd.Process.Signal(syscall.SIGTERM)
			<-done
			return 1, fmt.Errorf("the server ended by itself (%v):\n%s", err, s.Log())
		case err := <-done:
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				if exit.ExitCode() < 0 {
					return 1, fmt.Errorf("%s: %v", command[0], exit)
				}
				return exit.ExitCode(), nil
			}
			if err != nil {
				return 1, err
			}
			return 0, nil
		}
	}
}
