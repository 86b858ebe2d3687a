package front

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/standin-id/standin"
)

// Certificate is a key pair from files that are read again when they change. A pair that cannot be read leaves the one
// before in use, and the log says so.
type Certificate struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate
	seen   [2]fileState
	looked time.Time
}

type fileState struct {
	changed time.Time
	size    int64
}

// lookAgain is how long files are taken as unchanged.
const lookAgain = time.Second

// LoadCertificate reads a key pair. log may be nil where nothing is served with it.
func LoadCertificate(cert, key string, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{cert: cert, key: key, log: log}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, standin.Refuse(standin.Invalid, "front.certificate", "serve.bad_certificate",
			"The certificate and its key cannot be used. Check --tls-cert and --tls-key.").Because(err)
	}
	c.pair, c.seen, c.looked = &pair, c.state(), time.Now()
	return c, nil
}

func (c *Certificate) state() (s [2]fileState) {
	for i, path := range []string{c.cert, c.key} {
		if info, err := os.Stat(path); err == nil {
			s[i] = fileState{info.ModTime(), info.Size()}
		}
	}
	return s
}

// get is tls.Config.GetCertificate.
func (c *Certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < lookAgain {
		return c.pair, nil
	}
	c.looked = time.Now()
	now := c.state()
	if now == c.seen {
		return c.pair, nil
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		c.log.Error("the changed certificate cannot be used; the one before stays", "file", c.cert, "error", err)
		return c.pair, nil
	}
	c.pair, c.seen = &pair, now
	c.log.Info("the certificate changed", "file", c.cert, "until", pair.Leaf.NotAfter.UTC().Format(time.RFC3339))
	return c.pair, nil
}

// Config returns how to speak TLS with it.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get, NextProtos: []string{"h2", "http/1.1"}}
}

// NotAfter returns until when it is good.
func (c *Certificate) NotAfter() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pair.Leaf.NotAfter // LoadX509KeyPair fills it in
}
