//go:build recipes

package recipes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// oneClick lets Ben act for Clara in an application that was not changed but for the two lines of the banner, in Chromium,
// and switch back by one click there. The page allows scripts and styles of its own origin alone.
func (k *kitchen) oneClick(acting, own string) {
	k.t.Helper()
	tab := chromium(k.t)
	see(k.t, tab, chromedp.Navigate(k.values.App+"/page"),
		chromedp.SendKeys("#email", "ben@acme.example", chromedp.ByQuery, chromedp.NodeVisible),
		chromedp.SendKeys("#password", "only-for-trials", chromedp.ByQuery, chromedp.NodeVisible),
		chromedp.Click("main form button", chromedp.ByQuery, chromedp.NodeVisible),
		chromedp.Click(`button[name="delegation"][value="d-1"]`, chromedp.ByQuery, chromedp.NodeVisible))
	reaches(k.t, tab, k.values.App+"/page", acting)
	eventually(k.t, "the banner does not say who acts for whom", func() bool {
		said := inBanner(k.t, tab, `function () { return this.textContent; }`)
		return strings.Contains(said, "Clara Hoffmann") && strings.Contains(said, "Ben Fischer")
	})
	begun := time.Now()
	eventually(k.t, "the banner has no button to stop", func() bool {
		return inBanner(k.t, tab, `function () {
			const stop = [...this.querySelectorAll("button, a")].find(e => e.checkVisibility() && e.innerText.includes("Switch back to myself"));
			stop?.click();
			return stop ? "pressed" : "";
		}`) == "pressed"
	})
	reaches(k.t, tab, k.values.App+"/", own)
	k.t.Logf("one click, and Ben is himself after %d ms", time.Since(begun).Milliseconds())
}

// reaches waits until the tab shows a page below an address that says something, over whatever pages it is led there.
func reaches(t *testing.T, tab context.Context, address, text string) {
	t.Helper()
	is := fmt.Sprintf(`location.href.startsWith(%q) && (document.body?.innerText ?? "").includes(%q)`, address, text)
	defer func() {
		if t.Failed() {
			var at string
			_ = chromedp.Run(tab, chromedp.Evaluate(`location.href + ": " + (document.body?.innerText ?? "")`, &at))
			t.Logf("the browser is at %s", at)
		}
	}()
	eventually(t, "the browser does not reach "+address, func() (there bool) {
		return chromedp.Run(tab, chromedp.Evaluate(is, &there)) == nil && there // an error where the page changes meanwhile
	})
}

// see does what a person does in the tab.
func see(t *testing.T, tab context.Context, actions ...chromedp.Action) {
	t.Helper()
	ctx, cancel := context.WithTimeout(tab, 2*patience)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		var at string
		_ = chromedp.Run(tab, chromedp.Evaluate(`location.href + ": " + (document.body?.innerText ?? "")`, &at))
		t.Fatalf("%v, at %s", err, at)
	}
}

// errNoBanner says that the page has none yet, or gave way to another.
var errNoBanner = errors.New("there is no banner")

// inBanner evaluates a function in the banner's closed shadow root, which only a debugger reaches. It returns "" while the
// page has no banner.
func inBanner(t *testing.T, tab context.Context, function string) (said string) {
	t.Helper()
	err := chromedp.Run(tab, chromedp.ActionFunc(func(ctx context.Context) error {
		root, err := dom.GetDocument().WithDepth(-1).WithPierce(true).Do(ctx)
		if err != nil {
			return err
		}
		host := bannerIn(root)
		if host == nil {
			return errNoBanner
		}
		object, err := dom.ResolveNode().WithNodeID(host.ShadowRoots[0].NodeID).Do(ctx)
		if err != nil {
			return err
		}
		got, problem, err := runtime.CallFunctionOn(function).WithObjectID(object.ObjectID).WithReturnByValue(true).Do(ctx)
		if err != nil {
			return err
		}
		if problem != nil {
			return problem
		}
		return json.Unmarshal(got.Value, &said)
	}))
	if err != nil && !errors.Is(err, errNoBanner) && !strings.Contains(err.Error(), "No node with given id") {
		t.Fatal(err)
	}
	return said
}

func bannerIn(n *cdp.Node) *cdp.Node {
	if n.NodeName == "STANDIN-BANNER" && len(n.ShadowRoots) > 0 {
		return n
	}
	for _, child := range n.Children {
		if found := bannerIn(child); found != nil {
			return found
		}
	}
	return nil
}

// chromium starts a browser with a profile of its own that asks nothing of the network, and returns its tab.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		t.Fatal("no chromium: make setup installs it")
	}
	profile, err := os.MkdirTemp("", "standin-recipe-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // its last processes may write to it for a moment yet
		still := 0
		eventually(t, "the browser does not let go of its profile", func() bool {
			if _, err := os.Lstat(profile); errors.Is(err, os.ErrNotExist) {
				still++
			} else if still = 0; os.RemoveAll(profile) != nil {
				return false
			}
			return still == 5
		})
	})
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.Headless,
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Flag("lang", "en")}
	for _, flag := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync",
		"disable-dev-shm-usage", "disable-default-apps"} {
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
	bounded, cancel := context.WithTimeout(tab, 5*time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Run(bounded); err != nil {
		t.Fatalf("chromium does not start: %v", err)
	}
	return bounded
}
