package front_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/standin-id/standin/cmd/standin/front"
)

// soon returns when what is said holds.
func soon(t *testing.T, what string, holds func() bool) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for deadline := time.After(20 * time.Second); !holds(); {
		select {
		case <-deadline:
			t.Fatal("waited in vain until " + what)
		case <-again.C:
		}
	}
}

func listening(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestRequestsInFlightAreFinished shows the order of an orderly end: nothing new is accepted, what is being answered is
// answered, and only then the background work ends, whose work that answer may have made.
func TestRequestsInFlightAreFinished(t *testing.T) {
	l, log := listening(t), slog.New(slog.DiscardHandler)
	in, out := make(chan struct{}), make(chan struct{})
	answered, workEnded := make(chan string, 1), make(chan bool, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(in)
		<-out
		select {
		case <-workEnded:
			_, _ = io.WriteString(w, "too late")
		default:
			_, _ = io.WriteString(w, "in time")
		}
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- front.ServeUntil(ctx, log, map[net.Listener]*http.Server{l: front.Server(handler, log)},
			[]front.Work{{Name: "work", Run: func(ctx context.Context) error {
				<-ctx.Done()
				workEnded <- true
				return nil
			}}})
	}()
	go func() {
		response, err := http.Get("http://" + l.Addr().String())
		if err != nil {
			answered <- err.Error()
			return
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		answered <- string(text)
	}()
	<-in
	stop()
	soon(t, "nothing new is accepted", func() bool {
		c, err := net.Dial("tcp", l.Addr().String())
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	close(out)
	if got := <-answered; got != "in time" {
		t.Errorf("the request in flight got %q", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
	if len(workEnded) != 1 {
		t.Error("the background work did not end before ServeUntil returned")
	}
}

func TestTheServerEndsWithWhatItCannotBeWithout(t *testing.T) {
	l, log := listening(t), slog.New(slog.DiscardHandler)
	broken := errors.New("the record is damaged")
	err := front.ServeUntil(t.Context(), log, map[net.Listener]*http.Server{l: front.Server(http.NotFoundHandler(), log)},
		[]front.Work{{Name: "sequencer", Run: func(context.Context) error { return broken }}})
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want what the work failed with", err)
	}
	if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
		c.Close()
		t.Error("it still accepts")
	}
}

// pair writes a new certificate of that name and its key, each file whole or not at all.
func pair(t *testing.T, dir, name string) (cert, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, secret.Public(), secret)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{key: {Type: "PRIVATE KEY", Bytes: raw}, cert: {Type: "CERTIFICATE", Bytes: signed}} {
		if err := os.WriteFile(path+".new", pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// TestAChangedCertificateIsTakenUp shows that a new pair is used without a restart, and that one that cannot be used leaves
// the former in place.
func TestAChangedCertificateIsTakenUp(t *testing.T) {
	dir := t.TempDir()
	cert, key := pair(t, dir, "first")
	log := &text{}
	c, err := front.LoadCertificate(cert, key, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(c.NotAfter()); left < 50*time.Minute || left > time.Hour {
		t.Errorf("good for %v, want an hour", left)
	}
	server, err := tls.Listen("tcp", "127.0.0.1:0", c.Config())
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			_ = conn.(*tls.Conn).Handshake()
			conn.Close()
		}
	}()
	shown := func() string {
		t.Helper()
		conn, err := tls.Dial("tcp", server.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	if got := shown(); got != "first" {
		t.Fatalf("got the certificate %q", got)
	}
	pair(t, dir, "second")
	soon(t, "the new certificate is taken up", func() bool { return shown() == "second" })
	if err := os.WriteFile(cert, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := front.LoadCertificate(cert, key, nil); err == nil {
		t.Error("rubbish is taken for a certificate")
	}
	soon(t, "the log tells of the spoilt file", func() bool {
		if got := shown(); got != "second" {
			t.Fatalf("got %q after the file was spoilt", got)
		}
		return strings.Contains(log.String(), "the one before stays")
	})
}

// text is a log that may be read while it is written.
type text struct {
	sync.Mutex
	strings.Builder
}

func (l *text) Write(b []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	return l.Builder.Write(b)
}

func (l *text) String() string {
	l.Lock()
	defer l.Unlock()
	return l.Builder.String()
}
