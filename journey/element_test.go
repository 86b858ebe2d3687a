//go:build journey

package journey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/standin-id/standin/provider/session"
	"github.com/standin-id/standin/web/words"
)

func inWords(preferences ...string) session.Words { return words.In(preferences...) }

// element evaluates the function in the element's closed shadow root, which only a debugger reaches.
func (p *person) element(function string, result any) {
	p.t.Helper()
	inside := func(ctx context.Context) error {
		root, err := dom.GetDocument().WithDepth(-1).WithPierce(true).Do(ctx)
		if err != nil {
			return err
		}
		host := hostIn(root)
		if host == nil {
			return errNoElement
		}
		if host.ShadowRoots[0].ShadowRootType != cdp.ShadowRootTypeClosed {
			return fmt.Errorf("the shadow root is %s", host.ShadowRoots[0].ShadowRootType)
		}
		object, err := dom.ResolveNode().WithNodeID(host.ShadowRoots[0].NodeID).Do(ctx)
		if err != nil {
			return err
		}
		got, problem, err := runtime.CallFunctionOn(function).WithObjectID(object.ObjectID).WithReturnByValue(true).WithAwaitPromise(true).Do(ctx)
		if err != nil {
			return err
		}
		if problem != nil {
			return problem
		}
		return json.Unmarshal(got.Value, result)
	}
	p.run(chromedp.ActionFunc(func(ctx context.Context) error {
		for {
			err := inside(ctx)
			if err == nil || ctx.Err() != nil || !changing(err) { // the page changed meanwhile
				return err
			}
		}
	}))
}

// errNoElement says that the page has no element yet.
var errNoElement = errors.New("there is no <standin-banner> with a shadow root")

// changing reports whether the error may be of a page that is just becoming another.
func changing(err error) bool {
	return errors.Is(err, errNoElement) || strings.Contains(err.Error(), "No node with given id") || strings.Contains(err.Error(), "Cannot find context") ||
		strings.Contains(err.Error(), "Could not find") || strings.Contains(err.Error(), "does not belong to the document")
}

func hostIn(n *cdp.Node) *cdp.Node {
	if n.NodeName == "STANDIN-BANNER" && len(n.ShadowRoots) > 0 {
		return n
	}
	for _, child := range n.Children {
		if found := hostIn(child); found != nil {
			return found
		}
	}
	return nil
}

// says is what somebody reads of the element.
const says = `function () {
	return [...this.children].filter(e => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length).map(e => e.innerText).join(" | ").replace(/\s+/g, " ").trim();
}`

// says returns what somebody reads of the element.
func (p *person) says() (text string) { p.t.Helper(); p.element(says, &text); return text }

// untilSays waits until the element says all of it, and returns how long that took.
func (p *person) untilSays(texts ...string) time.Duration {
	p.t.Helper()
	begun := time.Now()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for said := ""; ; <-tick.C {
		said = p.says()
		all := true
		for _, text := range texts {
			all = all && strings.Contains(said, text)
		}
		if all {
			return time.Since(begun)
		}
		if time.Since(begun) > patience {
			p.t.Fatalf("got an element that says %q, want it to say %q", said, texts)
		}
	}
}

// before runs the script at the start of every page from now on.
func (p *person) before(script string) (id page.ScriptIdentifier) {
	p.t.Helper()
	p.run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		id, err = page.AddScriptToEvaluateOnNewDocument(script).Do(ctx)
		return err
	}))
	return id
}

// pushes clicks what reads so in the element, with the mouse.
func (p *person) pushes(text string) {
	p.t.Helper()
	var at struct {
		X, Y  float64
		Found bool
	}
	p.element(fmt.Sprintf(`function () {
		const within = this.querySelector("dialog[open]") ?? this;
		const e = [...within.querySelectorAll("button, a")].find(e => e.checkVisibility() && e.innerText.includes(%q));
		if (!e) return {Found: false};
		const box = e.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
		return {X: x, Y: y, Found: this.elementFromPoint(x, y)?.closest("button, a") === e};
	}`, text), &at)
	if !at.Found {
		p.t.Fatalf("%q of the element cannot be pressed: %s", text, p.says())
	}
	p.clicks++
	p.run(chromedp.MouseClickXY(at.X, at.Y))
}

// states are what each state of the gallery says, and does not.
var states = map[string]struct{ says, lacks []string }{
	"acting":          {says: []string{"You are acting for Ann Lee.", "Recorded as you, Ada Lovelace.", "min left in this session", "Switch person", "Switch back to myself"}, lacks: []string{"Stay"}},
	"top":             {says: []string{"You are acting for"}},
	"read-only":       {says: []string{"You can look, and change nothing."}},
	"five-minutes":    {says: []string{"min left in this session", "Stay 1 hour longer"}},
	"last-minute":     {says: []string{"s left in this session", "Less than a minute left", "Stay 1 hour longer", "If you do nothing"}},
	"cover-ends":      {says: []string{"min until your cover ends"}, lacks: []string{"Stay"}},
	"support":         {says: []string{"You are viewing as Ann Lee — read-only.", "Stop"}},
	"long-names":      {says: []string{"Maximiliane-Theodora", "<b>Ada</b> ecalevoL"}},
	"hebrew":          {says: []string{"\u2068רות לוי\u2069"}},
	"german":          {says: []string{"Sie handeln für Ann Lee.", "Zurück zu mir selbst"}},
	"hostile":         {says: []string{"You are acting for Ann Lee.", "Switch back to myself"}},
	"checking":        {says: []string{"Checking your access…"}, lacks: []string{"min left"}},
	"changed":         {says: []string{"Your access as deputy of Ann Lee has ended.", "It was stopped, here or in another window.", "Continue as myself"}},
	"switched":        {says: []string{"Your access as deputy of Ann Lee has ended.", "You work as somebody else by now", "Go on with the new choice"}},
	"switch":          {says: []string{"Switch person"}, lacks: []string{"acting"}},
	"nothing":         {},
	"signed-out":      {says: []string{"You have been signed out.", "Sign in again"}},
	"ended-stopped":   {says: []string{"Nothing more will be sent in their name.", "It was stopped"}},
	"ended-time_up":   {says: []string{"The time of this session is up.", "Continue as myself", "Look at the page"}},
	"ended-revoked":   {says: []string{"Ann Lee ended your access at"}},
	"ended-withdrawn": {says: []string{"Your access was ended at"}},
}

// exhibition serves the gallery of the element; open makes its shadow root open, so that axe sees into it. Nothing else of
// the script differs.
func exhibition(t *testing.T, open bool) string {
	t.Helper()
	shown := session.Gallery(inWords)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !open || !strings.HasSuffix(r.URL.Path, "/banner.js") {
			shown.ServeHTTP(w, r)
			return
		}
		plain := httptest.NewRecorder()
		r.Header.Del("Accept-Encoding")
		r.Header.Del("If-None-Match")
		shown.ServeHTTP(plain, r)
		script := plain.Body.Bytes()
		if n := bytes.Count(script, []byte(`"closed"`)); n != 1 {
			t.Errorf("got %d places that close a shadow root, want 1", n)
		}
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(bytes.Replace(script, []byte(`"closed"`), []byte(`"open"`), 1))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// exhibited returns the names of all states.
func exhibited(t *testing.T, url string) (names []string) {
	t.Helper()
	answer, err := http.Get(url + "/gallery/element")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	doc, err := goquery.NewDocumentFromReader(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	doc.Find("li a").Each(func(_ int, s *goquery.Selection) { names = append(names, s.Text()) })
	if len(names) < len(states) {
		t.Fatalf("got %d states, want at least %d", len(names), len(states))
	}
	return names
}

// TestElementInEveryState reads the closed element in every state, as it is shipped, under a policy that allows no script
// and no style but those of the page's own origin, and no text as HTML.
func TestElementInEveryState(t *testing.T) {
	url := exhibition(t, false)
	browser := open(t)
	p := visit(t, browser, url)
	calm := quiet(t, p)
	p.before(`addEventListener("standin-live", () => { window.live = true; })`)
	for _, name := range exhibited(t, url) {
		t.Run(name, func(t *testing.T) {
			p.t = t
			p.evaluate(`"ok"`, new(string))
			p.open("/gallery/element/" + name)
			want := states[name]
			if strings.HasPrefix(name, "ended-") {
				want.says = append(want.says, "Your access as deputy of Ann Lee has ended.")
			}
			if name == "nothing" {
				p.until(`window.live`)
			} else {
				p.untilSays(want.says...)
			}
			for _, text := range want.lacks {
				if said := p.says(); strings.Contains(said, text) {
					t.Errorf("got %q, want it without %q", said, text)
				}
			}
			if name == "nothing" && p.says() != "" {
				t.Errorf("got %q, want nothing", p.says())
			}
			p.pictured("element-" + name)
		})
	}
	p.t = t
	calm()
}

// pictured takes pictures of the window in all looks, where they are wanted.
func (p *person) pictured(name string) {
	p.t.Helper()
	dir := os.Getenv("STANDIN_SCREENSHOTS")
	if dir == "" {
		return
	}
	for _, l := range []struct {
		width int64
		theme string
	}{{320, "dark"}, {320, "light"}, {1280, "dark"}, {1280, "light"}} {
		p.looks(l.width, l.theme)
		var png []byte
		p.run(chromedp.CaptureScreenshot(&png))
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, l.width, l.theme)), png, 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
}

// TestElementIsAccessible runs axe into the element in every state, light and dark, narrow and wide, and in forced colours.
func TestElementIsAccessible(t *testing.T) {
	url := exhibition(t, true)
	browser := open(t)
	p := visit(t, browser, url)
	for _, name := range exhibited(t, url) {
		if strings.HasPrefix(name, "ended-") && name != "ended-revoked" {
			continue // they differ by a sentence, which TestElementInEveryState reads
		}
		t.Run(name, func(t *testing.T) {
			p.t = t
			p.looks(1280, "light")
			p.open("/gallery/element/" + name)
			p.until(fmt.Sprintf(`(%s).call(document.querySelector("standin-banner").shadowRoot).length > 0 || %t`, says, name == "nothing"))
			p.run(page.SetBypassCSP(true))
			p.run(chromedp.Evaluate(axe, nil))
			for _, width := range []int64{1280, 320} {
				for _, theme := range []string{"light", "dark"} {
					p.looks(width, theme)
					var wrong []string
					p.evaluate("("+judge+`)({resultTypes: ["violations"]})`, &wrong)
					var small []string
					p.evaluate(`[...document.querySelector("standin-banner").shadowRoot.querySelectorAll("button, a")].filter(e => { const b = e.getBoundingClientRect(); return b.width && (b.height < 24 || b.width < 24 || b.right > innerWidth + 1 || b.left < -1); }).map(e => e.outerHTML)`, &small)
					for _, w := range append(wrong, small...) {
						t.Errorf("%d px, %s: %s", width, theme, w)
					}
				}
			}
			if name == "acting" {
				p.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "forced-colors", Value: "active"}}))
				var border string
				p.evaluate(`getComputedStyle(document.querySelector("standin-banner").shadowRoot.querySelector(".bar")).borderTopStyle`, &border)
				if border != "solid" {
					t.Errorf("got border %q in forced colours, want one", border)
				}
			}
		})
	}
}

// TestThreat70BannerCannotBeHidden: a page whose style hides all that it can, and clips, moves and fades what the element
// is in, hides nothing of it: it lies on top, can be read and pressed, and comes back above what opens over it.
func TestThreat70BannerCannotBeHidden(t *testing.T) {
	p := visit(t, open(t), exhibition(t, false))
	p.open("/gallery/element/hostile")
	p.untilSays("You are acting for")
	covered := `(() => { const at = document.elementFromPoint(innerWidth / 2, innerHeight - 12); return at?.localName ?? ""; })()`
	var top string
	if p.evaluate(covered, &top); top != "standin-banner" {
		t.Errorf("got %q where the banner is, want it on top", top)
	}
	p.evaluate(`(() => { const over = document.querySelector("main"); over.popover = "manual"; over.showPopover();
		Object.assign(over.style, {position: "fixed", inset: "0", width: "100vw", height: "100vh", maxWidth: "none", background: "#fff"}); return 1; })()`, new(int))
	p.until(covered + ` === "standin-banner"`)
	p.evaluate(`(() => { document.querySelector(".wrap").style.setProperty("display", "none", "important"); return 1; })()`, new(int))
	p.until(covered + ` === "standin-banner"`)
	p.untilSays("You are acting for", "Switch back to myself")
	// Elements that are named as what scripts ask the document for, and the banner anew among them.
	p.evaluate(`(() => { const banner = document.querySelector("standin-banner"), anew = banner.cloneNode(true), named = ["hidden", "adoptedStyleSheets",
		"createElement", "createElementNS", "elementFromPoint", "documentElement"].map((name) => Object.assign(document.createElement("img"), {name}));
		banner.after(anew, ...named); banner.remove(); return 1; })()`, new(int))
	p.until(`Document.prototype.elementFromPoint.call(document, innerWidth / 2, innerHeight - 12)?.localName === "standin-banner"`)
}

// TestElementByKeyboard walks to what the element offers, and uses it, by keys alone; the focus of the page is never under
// the bar.
func TestElementByKeyboard(t *testing.T) {
	p := visit(t, open(t), exhibition(t, false))
	p.looks(320, "light")
	p.open("/gallery/element/five-minutes")
	p.untilSays("Stay 1 hour longer")
	focused := `function () { return this.activeElement?.innerText ?? ""; }`
	reached := ""
	for range 20 {
		p.key(kb.Tab)
		var wrong string
		p.evaluate(`(() => { const e = document.activeElement, banner = document.querySelector("standin-banner"); if (e === banner || e === document.body) return "";
			const box = e.getBoundingClientRect(), over = banner.getBoundingClientRect();
			return box.bottom > over.top + 1 && box.height < innerHeight - over.height ? e.outerHTML + " lies under the banner" : ""; })()`, &wrong)
		if wrong != "" {
			t.Error(wrong)
		}
		if p.element(focused, &reached); strings.HasPrefix(reached, "Stay") {
			break
		}
	}
	if !strings.HasPrefix(reached, "Stay") {
		t.Fatalf("got the focus on %q, want it to reach what extends", reached)
	}
	p.key(kb.Enter)
	p.untilSays("63 min left", "You have more time now.")
	p.open("/gallery/element/last-minute")
	p.untilSays("Less than a minute left")
	var named string
	if p.element(`function () { return this.querySelector("dialog[open]")?.ariaLabel ?? ""; }`, &named); named != "Less than a minute left" {
		t.Errorf("got a dialog named %q", named)
	}
	p.key(kb.Enter) // the first that a dialog offers has the focus
	p.untilSays("60 min left")
	p.open("/gallery/element/ended-revoked")
	p.untilSays("ended your access")
	p.leads(chromedp.KeyEvent(kb.Enter))
	p.reads("The banner in every state")
}

// TestElementCountsBySeveralClocks: the countdown follows Standin's clock, whatever this machine's says, and is right at
// once after a sleep in which the page's clock stood still.
func TestElementCountsBySeveralClocks(t *testing.T) {
	p := visit(t, open(t), exhibition(t, false))
	for _, c := range []struct{ name, clock, want string }{
		{"a machine that is a day late", `const now = Date.now; Date.now = () => now() - 864e5`, "41 min left"},
		{"a machine that is a day early", `const now = Date.now; Date.now = () => now() + 864e5`, "41 min left"},
		{"after a sleep of half an hour", `const now = Date.now; setTimeout(() => { Date.now = () => now() + 18e5 }, 1500)`, "11 min left"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.t = t
			id := p.before(c.clock)
			p.open("/gallery/element/acting")
			p.untilSays(c.want)
			p.run(page.RemoveScriptToEvaluateOnNewDocument(id))
		})
	}
}

// TestElementIsSpoken: what a screen reader is told, and when; the countdown itself is silent.
func TestElementIsSpoken(t *testing.T) {
	p := visit(t, open(t), exhibition(t, false))
	p.before(`const now = Date.now; let skip = 0; Date.now = () => now() + skip; addEventListener("skip", (e) => { skip = e.detail * 6e4; });`)
	p.open("/gallery/element/acting")
	p.untilSays("41 min left")
	spoken := `function () { return this.querySelector("[aria-live=assertive]").textContent; }`
	for _, c := range []struct {
		skip int
		want string
	}{{30, ""}, {33, "9 min left"}, {38, "4 min left"}, {41, "1 min left"}} {
		p.evaluate(fmt.Sprintf(`dispatchEvent(new CustomEvent("skip", {detail: %d})), 1`, c.skip), new(int))
		p.untilSays(map[bool]string{true: "s left", false: fmt.Sprint(41-c.skip) + " min left"}[c.skip == 41])
		var got string
		if p.element(spoken, &got); got != c.want {
			t.Errorf("got %q spoken after %d min, want %q", got, c.skip, c.want)
		}
	}
	var roles string
	p.element(`function () { const bar = this.querySelector(".bar"); return bar.localName + " " + bar.ariaLabel + ", " + this.querySelector("[role=timer]").ariaLive; }`, &roles)
	if want := "section You are acting for somebody else, null"; roles != want {
		t.Errorf("got %q, want %q", roles, want)
	}
}

// TestElementInPrint: a printed page says who acted, in its own place and not over what is printed.
func TestElementInPrint(t *testing.T) {
	p := visit(t, open(t), exhibition(t, false))
	p.open("/gallery/element/acting")
	p.untilSays("You are acting for")
	var position string
	p.evaluate(`(() => { dispatchEvent(new Event("beforeprint")); return 1; })()`, new(int))
	p.run(emulation.SetEmulatedMedia().WithMedia("print"))
	if p.evaluate(`getComputedStyle(document.querySelector("standin-banner")).position`, &position); position != "static" {
		t.Errorf("got position %q in print, want static", position)
	}
	if said := p.says(); !strings.Contains(said, "You are acting for") || strings.Contains(said, "Switch") {
		t.Errorf("got %q in print, want who acts and no buttons", said)
	}
}
