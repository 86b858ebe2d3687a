package world

import (
	"os"
	"testing"
	"time"
)

func demo(t testing.TB, now time.Time) *File {
	t.Helper()
	text, err := os.Open("../cmd/standin/demo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	f, err := LoadTrial("demo.yaml", text, now)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestDemoLoads(t *testing.T) {
	demo(t, time.Now())
}
