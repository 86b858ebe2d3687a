// <standin-banner> tells everybody in front of an application who acts for whom, and for how long yet; where nobody acts, it
// offers the switch to those who stand in for somebody. It asks the application's own origin, from where it was loaded, and
// needs nothing else: no library, no cookie of its own, no exception from a policy. It is a sign and no lock: Standin
// refuses what is over, whatever this shows.
import css from "./banner.min.css";

// Elements of the page with a name hide what document has by that name ("<img name=hidden>"); its prototype has it still.
const page = new Proxy(document, {
  get(of, key) {
    const own = Reflect.get(Document.prototype, key, of);
    return own?.call ? own.bind(of) : own;
  },
  set: (of, key, to) => Reflect.set(Document.prototype, key, to, of),
});

const make = (tag, props, ...inside) => {
  const e = page.createElement(tag);
  e.append(...inside);
  return Object.assign(e, props);
};
const drawn = (path) => {
  const svg = page.createElementNS("http://www.w3.org/2000/svg", "svg"), line = page.createElementNS(svg.namespaceURI, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.ariaHidden = true;
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
};
const sheet = (text) => {
  const made = new CSSStyleSheet();
  made.replaceSync(text);
  return made;
};
const arrows = "m2 9 3-3 3 3M13 18H7a2 2 0 0 1-2-2V6M22 15l-3 3-3-3M11 6h6a2 2 0 0 1 2 2v10";
const look = sheet(css);
const minute = 60000;
const silence = 12000; // after which nothing is known of the access
const retry = 7000; // after which a silent stream is opened anew
const grace = 3000; // what is left of the silence once a stream was cut
const waiting = { en: "Checking your access…", de: "Ihr Zugang wird geprüft …" };

customElements.get("standin-banner") || customElements.define("standin-banner", class extends HTMLElement {
  #root = this.attachShadow({ mode: "closed" });
  #room = sheet(""); // what the page leaves free for the bar
  #said = new Set();

  connectedCallback() {
    if (!this.#bar) this.#build();
    this.popover = "manual";
    this.showPopover?.();
    page.adoptedStyleSheets.push(this.#room);
    const until = this.#gone = new AbortController(), on = (type, react) => addEventListener(type, react, until);
    on("visibilitychange", () => this.#listen());
    on("online", () => this.#listen());
    on("offline", () => this.#lost());
    on("pageshow", (e) => e.persisted && this.#listen());
    on("beforeprint", () => this.hidePopover?.());
    on("afterprint", () => this.showPopover?.());
    this.#clock = setInterval(() => this.#tick(), 500);
    this.#sized = new ResizeObserver(() => this.#reserve());
    this.#sized.observe(this.#bar);
    this.#listen();
  }

  disconnectedCallback() {
    this.#gone.abort();
    clearInterval(this.#clock);
    this.#sized.disconnect();
    this.#source?.close();
    page.adoptedStyleSheets = page.adoptedStyleSheets.filter((s) => s !== this.#room);
  }

  #bar; #what; #note; #count; #acts; #pill; #spoken; #box; #gone; #clock; #sized; #source; #heard; #asked; #now; #end; #steady; #checking; #over; #above;

  #build() {
    this.#what = make("b");
    this.#note = make("span");
    this.#count = make("span", { role: "timer" });
    this.#acts = make("div", { className: "acts" });
    this.#bar = make("section", { className: "bar", hidden: true }, drawn(arrows),
      make("p", { className: "what", dir: "auto" }, this.#what, " ", this.#note), make("p", { className: "left", dir: "auto" }, this.#count), this.#acts);
    this.#pill = make("nav", { className: "pill", hidden: true });
    this.#spoken = make("p", { className: "sr", ariaLive: "assertive" });
    this.#box = make("dialog");
    this.#root.adoptedStyleSheets = [look];
    this.#root.append(this.#bar, this.#pill, this.#spoken, this.#box);
  }

  #at(name) {
    const url = new URL(name, import.meta.url), lang = this.closest("[lang]")?.lang;
    if (lang) url.searchParams.set("lang", lang);
    return url;
  }

  // #listen hears what happens while the page is looked at; what is hidden hears nothing, and asks when it is seen again.
  #listen() {
    this.#source?.close();
    this.#source = null;
    if (page.hidden || this.#over) return;
    this.#heard ??= performance.now();
    this.#asked = performance.now();
    const source = this.#source = new EventSource(this.#at("events"));
    source.addEventListener("state", (e) => this.#take(JSON.parse(e.data)));
    source.addEventListener("beat", () => this.#hear());
    source.onerror = () => {
      if (source !== this.#source) return;
      this.#heard = Math.min(this.#heard, performance.now() - silence + grace);
      if (source.readyState === 2) this.#ask();
    };
  }

  // #ask asks once, where nothing is to be heard.
  async #ask() {
    this.#source = null;
    this.#asked = performance.now();
    try {
      const answer = await fetch(this.#at("state"), { cache: "no-store", redirect: "manual" });
      if (answer.status >= 500 || answer.status === 429) throw answer;
      this.#take(answer.ok || answer.status === 401 ? await answer.json().catch(() => ({})) : {});
    } catch {
      if (performance.now() - this.#heard > silence) this.#lost();
    }
  }

  #hear() {
    this.#heard = performance.now();
    if (!this.#checking) return;
    this.#checking = false;
    this.#show();
    this.#tell("standin-live");
  }

  // #lost holds the clock: nobody knows whether the access still stands.
  #lost() {
    if (this.#checking || this.#over || !this.#now?.acting) return;
    this.#checking = true;
    this.#bar.ariaBusy = true;
    this.#count.textContent = this.#now?.words.offline ?? waiting[(this.closest("[lang]")?.lang || "").slice(0, 2)] ?? waiting.en;
    this.#tell("standin-held");
  }

  #tell(type, detail) { this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail })); }

  #take(now) {
    if (this.#over) return;
    const before = this.#now;
    if (now.ended || before?.identity && now.identity !== before.identity && (before.acting || now.identity)) return this.#finish(now);
    this.#now = now;
    this.#end = Date.now() + now.left;
    this.#steady = performance.now() + now.left;
    for (const mark of [10, 5, 1]) {
      if (now.left > mark * minute) this.#said.delete(mark);
      else if (!before && mark > 1) this.#said.add(mark);
    }
    this.#checking = true;
    this.#hear();
  }

  // #left is the shorter of two clocks: one stands still while a machine sleeps, the other may be set by hand.
  get #left() { return Math.max(0, Math.min(this.#end - Date.now(), this.#steady - performance.now())); }

  #show() {
    const now = this.#now, words = now.words, acting = now.acting;
    this.#bar.hidden = !acting;
    this.#bar.ariaBusy = null;
    this.#pill.hidden = acting || !now.choices;
    if (acting) {
      this.#bar.classList.toggle("support", now.kind === "support");
      this.#bar.ariaLabel = words.label;
      this.#bar.ariaDescription = words.until;
      this.#bar.lang = this.#box.lang = words.language;
      this.#what.textContent = words.acting;
      this.#what.title = now.principal.id;
      this.#note.textContent = words.recorded;
      this.#count.parentNode.title = words.until ?? "";
      this.#acts.replaceChildren(this.#stay(""), make("a", { className: "go", href: now.switch_url, textContent: words.switch }), this.#back("main"));
    } else if (now.choices) {
      this.#pill.ariaLabel = words.switch;
      this.#pill.lang = words.language;
      this.#pill.replaceChildren(make("a", { className: "go", href: now.switch_url, title: words.self }, drawn(arrows), words.switch));
    }
    this.#tick();
  }

  #stay(className) { return make("button", { className, hidden: !this.#now.extend, textContent: this.#now.words.stay, onclick: () => this.#do("extend") }); }

  #back(className) { return make("button", { className, textContent: this.#now.words.back, onclick: () => this.#do("stop") }); }

  async #do(what) {
    const now = this.#now;
    try {
      const answer = await fetch(this.#at(what), { method: "POST", redirect: "manual" });
      if (!answer.ok) throw answer;
      if (what === "stop") return this.#leave(now);
      this.#take(await answer.json());
      this.#box.close();
      this.#spoken.textContent = now.words.stayed;
    } catch {
      if (what === "stop") location.assign(now.stop_url); // Standin's own page stops it, too
      else this.#ask();
    }
  }

  // #leave goes where the application signs in anew: as whoever was chosen last.
  #leave(now) {
    this.#over = true;
    if (now.target) location.assign(now.target);
    else location.reload();
  }

  #tick() {
    const now = this.#now, mono = performance.now();
    if (!page.hidden && !this.#over) {
      if (mono - this.#heard > silence) this.#lost();
      if (mono - Math.max(this.#asked, this.#heard) > retry) this.#listen();
    }
    if (!now?.acting || this.#over) return;
    this.#raise();
    const left = this.#left, minutes = Math.floor(left / minute);
    const [unit, n] = left < minute ? ["seconds", Math.ceil(left / 1000)] : minutes < 120 ? ["minutes", minutes] : ["hours", Math.floor(minutes / 60)];
    const line = now.words[unit].replace("{n}", n).replace("{m}", minutes % 60);
    if (!this.#checking && this.#count.textContent !== line) this.#count.textContent = line;
    this.#acts.firstChild.hidden = !now.extend || left > 5 * minute;
    for (const mark of [10, 5, 1]) {
      if (left > mark * minute || !left || this.#said.has(mark)) continue;
      this.#said.add(mark);
      this.#spoken.textContent = now.words.say.replace("{n}", Math.ceil(left / minute));
      if (mark === 1) this.#open(now.words.ask_title, now.words.ask, this.#stay("main"), this.#back(""), this.#close(now.words.go_on));
    }
    if (!left && mono - this.#asked > 1000) this.#listen();
  }

  #close(text) { return make("button", { textContent: text, onclick: () => this.#box.close() }); }

  #open(title, text, ...acts) {
    const box = this.#box;
    box.replaceChildren(make("h2", { textContent: title, dir: "auto" }), make("p", { textContent: text, dir: "auto" }), make("div", { className: "acts" }, ...acts));
    box.ariaLabel = title;
    if (!box.open) box.showModal();
  }

  // #finish says that the page no longer is who it was made for, and why.
  #finish(now) {
    const was = this.#now?.identity ? this.#now : now, words = { ...now.words, ...was.words }, acting = was.acting || now.ended && words.ended;
    this.#source?.close();
    this.#over = true;
    this.#box.close();
    this.#pill.hidden = true;
    this.#bar.hidden = false;
    this.#bar.ariaBusy = null;
    this.#bar.ariaLabel = words.ended_title;
    this.#bar.classList.add("over");
    const sentence = now.ended?.sentence ?? (now.acting ? words.changed : now.identity ? words.stopped ?? words.changed : "");
    this.#what.textContent = acting ? words.ended : sentence;
    this.#note.textContent = acting ? sentence : "";
    this.#count.textContent = "";
    const on = () => make("button", { className: "main", textContent: acting && !now.acting ? words.as_myself : (now.words ?? words).go_again, onclick: () => this.#leave(was) });
    this.#acts.replaceChildren(on());
    if (acting) this.#open(words.ended_title, words.ended + " " + sentence, on(), this.#close(words.look));
    this.#tell("standin-ended", { how: now.ended?.how ?? "changed", sentence });
  }

  // #reserve keeps the end of the page, and what has the focus, from lying under the bar.
  #reserve() {
    const height = this.#bar.offsetHeight, side = this.getAttribute("side") === "top" ? "top" : "bottom";
    this.#room.replaceSync(height ? `@media screen { html { scroll-padding-${side}: ${height + 8}px !important; padding-${side}: ${height}px !important } }` : "");
  }

  // #raise brings the bar back: from within what the page does not show, and above what it opened over it since, once for each
  // such thing.
  #raise() {
    const html = page.documentElement;
    if (!this.checkVisibility() && this.parentNode !== html) html.append(this);
    const box = this.#bar.getBoundingClientRect(), above = page.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    if (above === this || above === this.#above || this.#box.open) return;
    this.#above = above;
    this.hidePopover?.();
    this.showPopover?.();
  }
});
