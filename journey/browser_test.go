//go:build journey

// Package journey owns the tests that need a browser: a person's whole way through the pages, and what only a browser can
// see of them. It refuses to be part of the ordinary tests, for it needs chromium.
package journey

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browsers are the names under which chromium may be installed.
var browsers = []string{"chromium", "chromium-browser", "google-chrome"}

// open starts a browser with a profile of its own that asks nothing of the network, and returns its first tab.
func open(t testing.TB) context.Context {
	t.Helper()
	path := ""
	for _, name := range browsers {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal("no chromium: make setup installs it")
	}
	profile, err := os.MkdirTemp("", "standin-journey-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { removed(t, profile) })
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.Headless,
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck}
	for _, flag := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync",
		"disable-dev-shm-usage", "disable-default-apps", "hide-scrollbars"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	tab, closeTab := chromedp.NewContext(allocator, chromedp.WithErrorf(func(format string, args ...any) {
		if said := fmt.Sprintf(format, args...); !strings.Contains(said, "unhandled") { // events newer than the library
			t.Log(said)
		}
	}))
	t.Cleanup(closeTab)
	if err := chromedp.Run(tab); err != nil {
		t.Fatalf("chromium does not start: %v", err)
	}
	bounded, cancel := context.WithTimeout(tab, 10*time.Minute)
	t.Cleanup(cancel)
	return bounded
}

// removed removes the profile of a browser, whose last processes may be writing to it for a moment yet.
func removed(t testing.TB, profile string) {
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := os.RemoveAll(profile)
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Errorf("the browser does not let go of its profile: %v", err)
			return
		}
	}
}
