package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// sender sends what the spool holds, in order, until it is stopped.
type sender struct {
	cancel context.CancelFunc
	done   chan struct{}
}

const (
	leastPause = 200 * time.Millisecond
	mostPause  = 30 * time.Second
)

// start begins sending.
func (s *spool) start(ctx context.Context, c *Client) {
	ctx, s.sender.cancel = context.WithCancel(ctx)
	s.sender.done = make(chan struct{})
	go func() {
		defer close(s.sender.done)
		s.run(ctx, c)
	}()
}

func (s *sender) stop() {
	if s.cancel != nil {
		s.cancel()
		<-s.done
	}
}

// run sends batch after batch. What Standin does not take now is sent again, later and later; what it never takes is put aside.
func (s *spool) run(ctx context.Context, c *Client) {
	pause, most := leastPause, mostDeeds
	for s.await() {
		b, err := s.batch(most)
		if err == nil {
			err = s.deliver(ctx, c, &b)
		}
		switch {
		case err == nil:
			s.forward(b)
			pause, most = leastPause, min(2*most, mostDeeds)
			continue
		case errors.Is(err, errForm) && len(b.deeds) > 1:
			most = max(1, len(b.deeds)/2) // one of them is at fault: find it
			continue
		case ctx.Err() != nil:
			return
		}
		c.log.Warn("records wait for Standin", "bytes", s.backlog(), "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause/2 + rand.N(pause)):
		}
		pause = min(2*pause, mostPause)
	}
}

// await returns once something waits, false once the spool is closed.
func (s *spool) await() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.closed && !s.sent.before(s.durable) {
		s.moved.Wait()
	}
	return !s.closed
}

// batch is what is sent at once, and where the spool goes on after it.
type batch struct {
	deeds  []deed
	damage []string // lines that are not as they were written
	bytes  int64
	next   place
}

// batch reads what is sent next: at most so many deeds, of one segment.
func (s *spool) batch(most int) (batch, error) {
	s.mu.Lock()
	from, until := s.sent, s.durable
	s.mu.Unlock()
	b := batch{next: from}
	f, err := os.Open(s.path(from.segment))
	if errors.Is(err, os.ErrNotExist) && from.segment < until.segment {
		b.next = place{segment: from.segment + 1}
		return b, nil
	}
	if err != nil {
		return b, err
	}
	defer f.Close()
	if _, err := f.Seek(from.offset, io.SeekStart); err != nil {
		return b, err
	}
	lines := bufio.NewReaderSize(f, longestLine)
	for len(b.deeds) < most && b.bytes < mostBatch && b.next.before(until) {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 && from.segment < until.segment {
			b.next = place{segment: from.segment + 1}
			return b, nil
		}
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return b, errors.New("the spool is shorter than it was")
		}
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return b, err
		}
		var d deed
		if text := sound(line); text == nil || json.Unmarshal(text, &d) != nil {
			b.damage = append(b.damage, string(line))
		} else {
			b.deeds = append(b.deeds, d)
		}
		b.bytes += int64(len(line))
		b.next.offset += int64(len(line))
	}
	return b, nil
}

// deliver sends the batch, and puts aside what is refused for good.
func (s *spool) deliver(ctx context.Context, c *Client, b *batch) error {
	var receipts []receipt
	if len(b.deeds) > 0 {
		var err error
		if receipts, err = c.send(ctx, b.deeds); err != nil {
			if !errors.Is(err, errForm) || len(b.deeds) > 1 {
				return err
			}
			receipts = []receipt{{ID: b.deeds[0].ID, Code: "form", Detail: err.Error()}}
		}
	}
	for i, r := range receipts {
		if r.Code == "" {
			continue
		}
		c.log.Error("Standin refused a record; it was put aside", "id", r.ID, "code", r.Code, "detail", r.Detail)
		if err := s.aside(map[string]any{"code": r.Code, "detail": r.Detail, "record": b.deeds[i]}); err != nil {
			return err
		}
	}
	for _, line := range b.damage {
		c.log.Error("a line of the spool is damaged; it was put aside")
		if err := s.aside(map[string]any{"code": "damaged", "line": line}); err != nil {
			return err
		}
	}
	return nil
}

// aside keeps what Standin does not take, in the file refused, where people find it.
func (s *spool) aside(what map[string]any) error {
	text, err := json.Marshal(what)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(s.dir, "refused"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

// forward notes that the batch was sent, and drops the segments before it.
func (s *spool) forward(b batch) {
	path := filepath.Join(s.dir, "sent")
	if err := os.WriteFile(path+".new", fmt.Appendf(nil, "%d %d\n", b.next.segment, b.next.offset), 0o600); err == nil {
		_ = os.Rename(path+".new", path) // what it does not know is sent again, and recorded once
	}
	s.mu.Lock()
	former := s.sent.segment
	s.sent = b.next
	s.waiting -= b.bytes
	s.moved.Broadcast()
	s.mu.Unlock()
	for n := former; n < b.next.segment; n++ {
		_ = os.Remove(s.path(n)) // the next start removes what stays
	}
}

// backlog returns how many bytes wait.
func (s *spool) backlog() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting
}

// flush waits until what is durable now was sent.
func (s *spool) flush(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.moved.Broadcast()
	})()
	s.mu.Lock()
	defer s.mu.Unlock()
	for want := s.durable; s.sent.before(want); s.moved.Wait() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.closed {
			return errors.New("standin: the client is closed")
		}
	}
	return nil
}
