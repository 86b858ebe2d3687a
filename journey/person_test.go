//go:build journey

package journey

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const password = "only-for-trials"

// patience is how long a page may take on a busy machine. Nothing waits so long when all is well.
const patience = 20 * time.Second

// person is somebody at a browser of their own, at one server.
type person struct {
	t   *testing.T
	tab context.Context
	url string

	clicks, typed int // since counting began
	width         int64
	theme         string
}

// visit opens a window that shares nothing with others of the same browser.
func visit(t *testing.T, browser context.Context, url string) *person {
	t.Helper()
	own, err := target.CreateBrowserContext().Do(root(browser))
	if err != nil {
		t.Fatal(err)
	}
	window, err := target.CreateTarget("about:blank").WithBrowserContextID(own).WithNewWindow(true).Do(root(browser))
	if err != nil {
		t.Fatal(err)
	}
	tab, closeTab := chromedp.NewContext(browser, chromedp.WithTargetID(window))
	t.Cleanup(closeTab)
	if err := chromedp.Run(tab); err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, tab: tab, url: url}
	p.looks(1280, "light")
	return p
}

// root is the context in which the browser itself is told something, and none of its tabs.
func root(browser context.Context) context.Context {
	return cdp.WithExecutor(browser, chromedp.FromContext(browser).Browser)
}

// looks sets the width of the window and what its machine prefers.
func (p *person) looks(width int64, theme string) {
	p.t.Helper()
	p.width, p.theme = width, theme
	p.run(emulation.SetDeviceMetricsOverride(width, 800, 1, false), emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"}}))
}

// withoutScript turns scripts off.
func (p *person) withoutScript() { p.run(emulation.SetScriptExecutionDisabled(true)) }

func (p *person) run(actions ...chromedp.Action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.tab, patience)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		p.t.Fatalf("%v, at %s", err, p.text())
	}
}

// leads does what leads to another page, and waits for it.
func (p *person) leads(actions ...chromedp.Action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.tab, patience)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, actions...); err != nil {
		p.t.Fatalf("%v, at %s", err, p.text())
	}
}

func (p *person) open(path string) { p.t.Helper(); p.leads(chromedp.Navigate(p.url + path)) }

// find returns where in the window the first thing is that can be pressed and reads so, after bringing it into sight, and
// what lies over it.
const find = `(text => {
	const within = document.querySelector("dialog[open]") ?? document;
	const e = [...within.querySelectorAll("button, a, summary, label, input")].find(e => e.checkVisibility({visibilityProperty: true}) &&
		(e.innerText || e.value || "").replace(/\s+/g, " ").includes(text) && !e.disabled);
	if (!e) return {Found: false};
	e.scrollIntoView({block: "center", behavior: "instant"});
	const box = e.getClientRects()[0], x = box.x + box.width / 2, y = box.y + box.height / 2, top = document.elementFromPoint(x, y);
	return {Found: true, X: x, Y: y, Over: top && (e.contains(top) || top.contains(e)) ? "" : top?.outerHTML.slice(0, 120) ?? "nothing"};
})(%q)`

// click is the click of a mouse on what reads so.
func (p *person) click(text string) chromedp.Action {
	p.t.Helper()
	var at struct {
		Found bool
		X, Y  float64
		Over  string
	}
	p.evaluate(fmt.Sprintf(find, text), &at)
	if !at.Found || at.Over != "" {
		p.t.Fatalf("%q cannot be pressed, %q lies over it: %s", text, at.Over, p.text())
	}
	p.clicks++
	return chromedp.MouseClickXY(at.X, at.Y)
}

// press clicks what reads so; it leads to another page.
func (p *person) press(text string) { p.t.Helper(); p.leads(p.click(text)) }

// pick clicks what reads so; it stays on the page.
func (p *person) pick(text string) { p.t.Helper(); p.run(p.click(text)) }

// types types into the field with the id.
func (p *person) types(id, text string) {
	p.t.Helper()
	p.typed++
	p.run(chromedp.SendKeys("#"+id, text, chromedp.ByQuery, chromedp.NodeVisible))
}

// retypes types into the field in place of what it holds.
func (p *person) retypes(id, text string) {
	p.t.Helper()
	p.run(chromedp.Focus("#"+id, chromedp.ByQuery), chromedp.KeyEvent("a", chromedp.KeyModifiers(input.ModifierCtrl)), chromedp.KeyEvent(kb.Backspace))
	if text != "" {
		p.types(id, text)
	}
}

// chooses takes the entry that reads so from the list with the id.
func (p *person) chooses(id, text string) {
	p.t.Helper()
	var there bool
	p.evaluate(fmt.Sprintf(`((id, text) => {
		const list = document.getElementById(id), entry = [...list?.options ?? []].find(o => o.text.trim() === text);
		if (!entry || !list.checkVisibility({visibilityProperty: true})) return false;
		list.focus();
		list.value = entry.value;
		for (const event of ["input", "change"]) list.dispatchEvent(new Event(event, {bubbles: true}));
		return true;
	})(%q, %q)`, id, text), &there)
	if !there {
		p.t.Fatalf("%q cannot be chosen from %q: %s", text, id, p.text())
	}
}

// unfold opens the part of a form with the legend.
func (p *person) unfold(legend string) {
	p.t.Helper()
	var there bool
	p.evaluate(fmt.Sprintf(`(legend => {
		const part = [...document.querySelectorAll("fieldset")].find(f => f.querySelector("legend")?.innerText.trim() === legend);
		part?.querySelector("summary")?.click();
		return !!part?.querySelector("details[open]");
	})(%q)`, legend), &there)
	if !there {
		p.t.Fatalf("there is no %q to unfold: %s", legend, p.text())
	}
}

// signIn signs the person in, and leaves them where that leads.
func (p *person) signIn(id string) {
	p.t.Helper()
	p.open("/signin")
	p.types("email", id+"@acme.example")
	p.types("password", password)
	p.leads(chromedp.Click("main form button", chromedp.ByQuery, chromedp.NodeVisible))
	p.clicks, p.typed = 0, 0
}

// evaluate runs the expression in the page.
func (p *person) evaluate(expression string, result any) {
	p.t.Helper()
	p.run(chromedp.Evaluate(expression, result, func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
}

// text is what the page says, as somebody reads it.
func (p *person) text() string {
	ctx, cancel := context.WithTimeout(p.tab, patience)
	defer cancel()
	var text string
	if err := chromedp.Run(ctx, chromedp.Evaluate(`document.body?.innerText ?? ""`, &text)); err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(text), " ")
}

// reads asserts that the page says all of it.
func (p *person) reads(texts ...string) {
	p.t.Helper()
	got := p.text()
	for _, text := range texts {
		if !strings.Contains(got, text) {
			p.t.Errorf("got a page without %q: %s", text, got)
		}
	}
}

// misses asserts that the page says none of it.
func (p *person) misses(texts ...string) {
	p.t.Helper()
	got := p.text()
	for _, text := range texts {
		if strings.Contains(got, text) {
			p.t.Errorf("got a page with %q: %s", text, got)
		}
	}
}

// until waits until the expression is true in the page, and returns how long that took.
func (p *person) until(expression string) time.Duration {
	p.t.Helper()
	begun := time.Now()
	ctx, cancel := context.WithTimeout(p.tab, patience)
	defer cancel()
	if err := chromedp.Run(ctx, chromedp.Poll(expression, nil, chromedp.WithPollingInterval(20*time.Millisecond))); err != nil {
		p.t.Fatalf("waiting for %s: %v, at %s", expression, err, p.text())
	}
	return time.Since(begun)
}

// key presses keys.
func (p *person) key(keys string) { p.t.Helper(); p.run(chromedp.KeyEvent(keys)) }

// tabTo moves the focus by the Tab key to what reads so, and checks on the way that each stop can be seen.
func (p *person) tabTo(text string) {
	p.t.Helper()
	for range 80 {
		p.key(kb.Tab)
		var at struct {
			Text, Wrong string
		}
		p.evaluate(focused, &at)
		if at.Wrong != "" {
			p.t.Errorf("the focus on %q %s", at.Text, at.Wrong)
		}
		if strings.Contains(at.Text, text) {
			return
		}
	}
	p.t.Fatalf("the Tab key does not reach %q: %s", text, p.text())
}

// focused tells what has the focus, and whether an eye finds it: it is in the window, shows it has the focus, and no
// banner lies over it.
const focused = `(() => {
	const e = document.activeElement, label = e.closest("label") ?? document.querySelector("label[for='" + e.id + "']");
	const text = ((label ?? e).innerText || e.getAttribute("aria-label") || e.name || "").replace(/\s+/g, " ").trim();
	if (e === document.body) return {Text: "", Wrong: ""};
	const shown = e.matches("[type=checkbox], [type=radio]") && label ? label : e, box = shown.getBoundingClientRect();
	const marks = (x) => { const s = getComputedStyle(x); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== "none"; };
	let wrong = "";
	if (!marks(shown) && !marks(e)) wrong = "cannot be told";
	const banner = document.querySelector("standin-banner .strip");
	if (banner && !banner.contains(e) && !e.closest("dialog")) {
		const over = banner.getBoundingClientRect();
		if (box.bottom > over.top + 1 && box.top < over.bottom && box.height < innerHeight) wrong = "lies under the banner";
	}
	if (box.bottom < 0 || box.top > innerHeight) wrong = "is out of sight";
	return {Text: text, Wrong: wrong};
})()`

// accessible runs axe over the page as it stands and looks now. Where pictures are wanted it does so narrow and wide, light
// and dark; otherwise TestGalleryIsAccessible does, for every page.
func (p *person) accessible(name string) {
	p.t.Helper()
	type look struct {
		width int64
		theme string
	}
	now := look{p.width, p.theme}
	looks := []look{now}
	if os.Getenv("STANDIN_SCREENSHOTS") != "" {
		looks = []look{{1280, "light"}, {1280, "dark"}, {320, "dark"}, {320, "light"}}
	}
	var there bool
	p.evaluate(`"axe" in window`, &there)
	if !there {
		p.run(chromedp.Evaluate(axe, nil))
	}
	for _, l := range looks {
		p.looks(l.width, l.theme)
		var wrong []string
		p.evaluate("("+judge+`)({resultTypes: ["violations"]})`, &wrong)
		for _, w := range wrong {
			p.t.Errorf("%s at %d px, %s: %s", name, l.width, l.theme, w)
		}
		p.picture(fmt.Sprintf("%s-%d-%s", name, l.width, l.theme))
	}
	p.looks(now.width, now.theme)
}

// picture takes one where STANDIN_SCREENSHOTS names a directory: of the window where a dialog is open, else of the page.
func (p *person) picture(name string) {
	p.t.Helper()
	dir := os.Getenv("STANDIN_SCREENSHOTS")
	if dir == "" {
		return
	}
	var png []byte
	var dialog bool
	p.evaluate(`!!document.querySelector("dialog[open]")`, &dialog)
	if dialog {
		p.run(chromedp.CaptureScreenshot(&png))
	} else {
		p.run(chromedp.FullScreenshot(&png, 100))
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// banner is what the banner says.
func (p *person) banner() string {
	p.t.Helper()
	var text string
	p.evaluate(`document.querySelector("standin-banner .strip")?.innerText.replace(/\s+/g, " ") ?? ""`, &text)
	return text
}

// quiet asserts that the browser complained about nothing: no script failed, the policy was broken by nothing.
func quiet(t *testing.T, p *person) (check func()) {
	t.Helper()
	var complaints []string
	chromedp.ListenTarget(p.tab, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError {
				for _, a := range e.Args {
					complaints = append(complaints, string(a.Value))
				}
			}
		}
	})
	return func() {
		t.Helper()
		if len(complaints) > 0 {
			t.Errorf("the browser complains: %s", strings.Join(slices.Compact(complaints), "; "))
		}
	}
}
