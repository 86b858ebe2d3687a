package client

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// spool keeps what waits for Standin on disk, in segments that are appended to and dropped once they are sent. A line is the
// CRC-32 of its JSON in hex, a space, the JSON. How far was sent stands in a file of its own, which may lag: what is sent
// twice is recorded once.
//
// Lines that are appended at the same time share one sync.
type spool struct {
	dir  string
	lock *os.File
	now  func() time.Time
	most int64 // bytes that may wait

	disk sync.Mutex // held while the active segment is written
	file *os.File
	size int64 // of the active segment

	mu      sync.Mutex
	moved   *sync.Cond // durable or sent have moved, or it is closed
	group   *group     // who shares the next sync
	waiting int64      // bytes that are not sent
	durable place
	sent    place
	broken  error // the disk could not be brought to a known state: nothing is accepted until the next start
	closed  bool

	sender sender
}

// place is a position in the spool.
type place struct{ segment, offset int64 }

func (p place) before(o place) bool {
	return p.segment < o.segment || p.segment == o.segment && p.offset < o.offset
}

// group is lines that are synced together.
type group struct {
	lines []byte
	done  chan struct{}
	err   error
}

const (
	spoolBytes   = 256 << 20
	segmentBytes = 1 << 20
	longestLine  = 64 << 10
)

// openSpool opens the spool in dir, makes it where there is none, and drops what a killed process had half written and so
// never promised.
func openSpool(dir string, now func() time.Time) (*spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("standin: the spool: %w", err)
	}
	lock, err := lockFile(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("standin: the spool in %s is another program's, or cannot be held: %w", dir, err)
	}
	s := &spool{dir: dir, lock: lock, now: now, most: spoolBytes}
	s.moved = sync.NewCond(&s.mu)
	if err := s.recover(); err != nil {
		return nil, errors.Join(fmt.Errorf("standin: the spool in %s: %w", dir, err), lock.Close())
	}
	return s, nil
}

// recover finds what waits and opens the last segment.
func (s *spool) recover() error {
	segments, err := s.segments()
	if err != nil {
		return err
	}
	if len(segments) == 0 {
		segments = []int64{1}
	}
	s.sent = s.readSent(segments[0])
	last := segments[len(segments)-1]
	if s.file, err = os.OpenFile(s.path(last), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600); err != nil {
		return err
	}
	if s.size, err = whole(s.file); err == nil {
		err = errors.Join(s.file.Truncate(s.size), s.file.Sync(), syncDir(s.dir))
	}
	if err != nil {
		return err
	}
	s.durable = place{last, s.size}
	if s.durable.before(s.sent) {
		s.sent = s.durable
	}
	for _, n := range segments {
		info, err := os.Stat(s.path(n))
		if err != nil {
			return err
		}
		switch {
		case n < s.sent.segment:
			err = os.Remove(s.path(n))
		case n == s.sent.segment:
			s.waiting += info.Size() - min(s.sent.offset, info.Size())
		default:
			s.waiting += info.Size()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *spool) path(segment int64) string {
	return filepath.Join(s.dir, fmt.Sprintf("%012d.spool", segment))
}

// segments returns the numbers of those that are there, in order.
func (s *spool) segments() ([]int64, error) {
	names, err := filepath.Glob(filepath.Join(s.dir, "*.spool"))
	if err != nil {
		return nil, err
	}
	var all []int64
	for _, name := range names { // Glob sorts, and all have as many digits
		if n, err := strconv.ParseInt(strings.TrimSuffix(filepath.Base(name), ".spool"), 10, 64); err == nil {
			all = append(all, n)
		}
	}
	return all, nil
}

// readSent returns how far was sent as far as that is known, else the beginning.
func (s *spool) readSent(first int64) place {
	p := place{segment: first}
	text, err := os.ReadFile(filepath.Join(s.dir, "sent"))
	if err != nil {
		return p
	}
	var found place
	if n, err := fmt.Sscanf(string(text), "%d %d\n", &found.segment, &found.offset); err == nil && n == 2 && found.segment >= first && found.offset >= 0 {
		return found
	}
	return p
}

// whole returns how much of the file is whole lines that were written as they are.
func whole(f *os.File) (int64, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	var good, at int64
	lines := bufio.NewReaderSize(f, longestLine)
	for {
		line, err := lines.ReadSlice('\n')
		at += int64(len(line))
		if err == nil && sound(line) != nil {
			good = at
		}
		switch {
		case errors.Is(err, io.EOF):
			return good, nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return 0, err
		}
	}
}

// written returns the line of a deed.
func written(d deed) ([]byte, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	line := fmt.Appendf(make([]byte, 0, len(text)+10), "%08x %s\n", crc32.ChecksumIEEE(text), text)
	if len(line) > longestLine {
		return nil, errors.New("standin: this is too long to be recorded")
	}
	return line, nil
}

// sound returns the JSON of a line that is as it was written, else nil.
func sound(line []byte) []byte {
	sum, text, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
	if want, err := strconv.ParseUint(string(sum), 16, 32); !ok || err != nil || crc32.ChecksumIEEE(text) != uint32(want) {
		return nil
	}
	return text
}

// append returns once the deed is durable.
func (s *spool) append(d deed) error {
	line, err := written(d)
	if err != nil {
		return err
	}
	s.mu.Lock()
	switch {
	case s.closed:
		s.mu.Unlock()
		return errors.New("standin: the client is closed")
	case s.broken != nil:
		defer s.mu.Unlock()
		return s.broken
	case s.waiting+int64(len(line)) > s.most:
		s.mu.Unlock()
		return ErrFull
	}
	g, leads := s.group, false
	if g == nil {
		g, leads = &group{done: make(chan struct{})}, true
		s.group = g
	}
	g.lines = append(g.lines, line...)
	s.waiting += int64(len(line))
	s.mu.Unlock()
	if leads {
		s.commit(g)
	}
	<-g.done
	return g.err
}

// commit writes and syncs a group, which others join until the disk is free.
func (s *spool) commit(g *group) {
	s.disk.Lock()
	defer s.disk.Unlock()
	s.mu.Lock()
	s.group = nil
	s.mu.Unlock()
	err := s.write(g.lines)
	s.mu.Lock()
	if g.err = err; err != nil {
		s.waiting -= int64(len(g.lines))
	}
	s.durable.offset = s.size
	s.moved.Broadcast()
	s.mu.Unlock()
	close(g.done)
	if err == nil && s.size > segmentBytes {
		s.next()
	}
}

// write appends to the active segment. What fails is taken back; where that fails, too, nothing more is accepted.
func (s *spool) write(lines []byte) error {
	_, err := s.file.Write(lines)
	if err == nil {
		err = s.file.Sync()
	}
	if err == nil {
		s.size += int64(len(lines))
		return nil
	}
	err = fmt.Errorf("standin: the spool could not be written: %w", err)
	if back := errors.Join(s.file.Truncate(s.size), s.file.Sync()); back != nil {
		s.mu.Lock()
		s.broken = errors.Join(err, back)
		s.mu.Unlock()
	}
	return err
}

// next begins another segment; where it cannot, the present one goes on.
func (s *spool) next() {
	n := s.durable.segment + 1
	f, err := os.OpenFile(s.path(n), os.O_CREATE|os.O_EXCL|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return
	}
	if err := syncDir(s.dir); err != nil {
		_ = errors.Join(f.Close(), os.Remove(s.path(n)))
		return
	}
	_ = s.file.Close() // all of it is synced
	s.file, s.size = f, 0
	s.mu.Lock()
	s.durable = place{segment: n}
	s.moved.Broadcast()
	s.mu.Unlock()
}

// close stops the sender and lets go of the directory.
func (s *spool) close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.moved.Broadcast()
	s.mu.Unlock()
	s.sender.stop()
	s.disk.Lock()
	defer s.disk.Unlock()
	return errors.Join(s.file.Close(), s.lock.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
