package housetest

import (
	"io"
	"strings"
)

// Slow is a body of which something happens before its first byte comes; before may be nil.
func Slow(text string, before func()) io.Reader { return &slow{strings.NewReader(text), before} }

type slow struct {
	io.Reader
	before func()
}

func (s *slow) Read(b []byte) (int, error) {
	if s.before != nil {
		s.before()
		s.before = nil
	}
	return s.Reader.Read(b)
}
