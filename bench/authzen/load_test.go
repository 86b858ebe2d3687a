package authzen

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// loaded is what came of a round: answers per second, and what one of them took of the processors, in seconds.
type loaded struct{ rate, work float64 }

// load asks over all connections for so long, each as soon as it was answered. Every answer has to be a yes.
func load(b *testing.B, s *server, requests [][]byte, d time.Duration) loaded {
	b.Helper()
	address, worked := s.address, s.worked(b)
	var (
		count atomic.Int64
		wait  sync.WaitGroup
		fails = make(chan error, connections)
		lines []net.Conn
	)
	for range connections {
		c, err := net.Dial("tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		lines = append(lines, c)
	}
	began := time.Now()
	end := began.Add(d)
	for i, c := range lines {
		request := bytes.Replace(requests[i%len(requests)], []byte("Host: 127.0.0.1"), []byte("Host: "+address), 1)
		wait.Go(func() {
			defer c.Close()
			in := bufio.NewReader(c)
			for time.Now().Before(end) {
				if err := ask(c, in, request); err != nil {
					fails <- err
					return
				}
				count.Add(1)
			}
		})
	}
	wait.Wait()
	select {
	case err := <-fails:
		b.Fatal(err)
	default:
	}
	n := float64(count.Load())
	return loaded{n / time.Since(began).Seconds(), (s.worked(b) - worked) / n}
}

// ask sends the request and reads the answer with as little work as that takes, so that what is measured is the server.
func ask(c net.Conn, in *bufio.Reader, request []byte) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	status, err := in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200")) {
		rest := make([]byte, min(in.Buffered(), 2000))
		_, _ = io.ReadFull(in, rest)
		return fmt.Errorf("%s%s", status, rest)
	}
	length := -1
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if name, value, _ := strings.Cut(string(line), ":"); textproto.CanonicalMIMEHeaderKey(name) == "Content-Length" {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return err
			}
		}
	}
	if length < 0 || length > 1000 {
		return errors.New("an answer without its length")
	}
	var body [1000]byte
	if _, err := io.ReadFull(in, body[:length]); err != nil {
		return err
	}
	if !bytes.Contains(body[:length], []byte(`"decision":true`)) {
		return fmt.Errorf("got %s", body[:length])
	}
	return nil
}
