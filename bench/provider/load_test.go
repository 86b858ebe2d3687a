package provider

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// kind is a kind of request to the token endpoint.
type kind struct {
	name       string
	signatures int // in one answer
	// form returns the request's parameters for the tokens that the line holds, and next those that it holds afterwards.
	form func(held tokens) url.Values
	next func(held, given tokens) tokens
}

var (
	refresh = kind{"refresh", 2, func(held tokens) url.Values {
		return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {held.Refresh}}
	}, func(_, given tokens) tokens { return given }}
	exchange = kind{"exchange", 1, func(held tokens) url.Values {
		return url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "subject_token": {held.Access},
			"subject_token_type":   {"urn:ietf:params:oauth:token-type:access_token"},
			"requested_token_type": {"urn:ietf:params:oauth:token-type:access_token"}}
	}, func(held, _ tokens) tokens { return held }}
)

// tokens are what an application holds of one sign-in.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	ID      string `json:"id_token"`
}

// loaded is what came of a round: answers per second, and what one of them took of the processors, in seconds.
type loaded struct{ rate, work float64 }

// load asks over all connections for so long, each as soon as it was answered. Every answer has to hold a token.
func load(b *testing.B, s *server, k kind, d time.Duration) loaded {
	b.Helper()
	if k.name == exchange.name {
		s.renew(b) // access tokens are over soon
	}
	before := s.worked(b)
	var count atomic.Int64
	var wait sync.WaitGroup
	fails := make(chan error, connections)
	began := time.Now()
	end := began.Add(d)
	for i := range connections {
		wait.Go(func() {
			if err := s.ask(k, i, end, &count); err != nil {
				fails <- err
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
	return loaded{n / time.Since(began).Seconds(), (s.worked(b) - before) / n}
}

func (s *server) ask(k kind, line int, end time.Time, count *atomic.Int64) error {
	c, err := net.Dial("tcp", s.address)
	if err != nil {
		return err
	}
	defer c.Close()
	in := bufio.NewReaderSize(c, 16<<10)
	for time.Now().Before(end) {
		given, err := s.once(c, in, k.form(s.held[line]))
		if err != nil {
			return err
		}
		s.held[line] = k.next(s.held[line], given)
		count.Add(1)
	}
	return nil
}

// once asks with as little work as that takes, so that what is measured is the server.
func (s *server) once(c net.Conn, in *bufio.Reader, form url.Values) (given tokens, err error) {
	body := form.Encode()
	if _, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Basic %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
		s.tokenPath, s.address, s.basic, len(body), body); err != nil {
		return given, err
	}
	r, err := http.ReadResponse(in, nil)
	if err != nil {
		return given, err
	}
	defer r.Body.Close()
	var text bytes.Buffer
	if _, err := io.Copy(&text, r.Body); err != nil {
		return given, err
	}
	if r.StatusCode != http.StatusOK {
		return given, fmt.Errorf("%s: %s %s", s.address, r.Status, text.String())
	}
	if err := json.Unmarshal(text.Bytes(), &given); err != nil || given.Access == "" {
		return given, fmt.Errorf("%s: no token in %s", s.address, text.String())
	}
	return given, nil
}

// renew refreshes what every line holds.
func (s *server) renew(b *testing.B) {
	c, err := net.Dial("tcp", s.address)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	in := bufio.NewReaderSize(c, 16<<10)
	for i := range s.held {
		if s.held[i], err = s.once(c, in, refresh.form(s.held[i])); err != nil {
			b.Fatal(err)
		}
	}
}
