// The script of every page, which works without it; it counts down, warns, and notices that an identity has changed.
"use strict";

const fill = (text, values) => text.replace(/\{(\w)\}/g, (_, name) => values[name]);

const copy = async (fields, done) => {
  const text = fields.map((f) => f.value).filter((v) => v.trim()).join("\n\n");
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    fields[0]?.select();
    document.execCommand("copy");
  }
  done();
};

// The banner: data-left is what the server said is left, in milliseconds, so the clock of this machine may be wrong.
customElements.define("standin-banner", class extends HTMLElement {
  connectedCallback() {
    this.find = (name) => this.querySelector(`[data-${name}]`);
    this.said = new Set();
    this.take(Number(this.dataset.left));
    for (const mark of [10, 5]) if (this.left() < mark * 60000) this.said.add(mark);
    this.tick();
    this.clock = setInterval(() => this.tick(), 1000);
    addEventListener("visibilitychange", () => document.hidden || this.ask());
    addEventListener("pageshow", (e) => e.persisted && this.ask());
    addEventListener("online", () => this.ask());
    this.watch = setInterval(() => document.hidden || this.ask(), 1500);
    for (const form of this.querySelectorAll("[action='/extend']")) form.addEventListener("submit", (e) => { e.preventDefault(); this.stay(form); });
    this.find("close")?.addEventListener("click", () => this.find("ask").close());
    const button = this.find("copy");
    button.addEventListener("click", () => copy(this.typed(), () => { button.lastChild.textContent = this.dataset.copied; }));
  }

  take(left) {
    this.end = Date.now() + left;
    this.steady = performance.now() + left;
    for (const mark of this.said) if (left > mark * 60000) this.said.delete(mark);
  }

  // left is the shorter of two clocks: one stands still while a machine sleeps, the other may be set by hand.
  left() { return Math.max(0, Math.min(this.end - Date.now(), this.steady - performance.now())); }

  tick() {
    const left = this.left(), minutes = Math.floor(left / 60000);
    const [text, n] = left < 60000 ? ["seconds", Math.ceil(left / 1000)] : minutes < 120 ? ["minutes", minutes] : ["hours", Math.floor(minutes / 60)];
    const line = fill(this.dataset[text], { n, m: minutes % 60 });
    if (!this.silent && this.find("count").textContent !== line) this.find("count").textContent = line;
    this.find("extend")?.toggleAttribute("hidden", left > 300000);
    for (const mark of [10, 5, 1]) {
      if (left <= mark * 60000 && left > 0 && !this.said.has(mark)) {
        this.said.add(mark);
        this.find("spoken").textContent = fill(this.dataset.say, { n: mark });
        if (mark === 1 && !document.querySelector("dialog[open]")) this.find("ask").showModal();
      }
    }
    if (left <= 0) this.ask();
  }

  // ask hears from the server who this browser is now and how long it may stay so.
  async ask() {
    if (this.over || this.asking) return;
    this.asking = true;
    try {
      const answer = await fetch("/whoami", { cache: "no-store", headers: { Accept: "application/json" } });
      if (!answer.ok && answer.status !== 401) throw new Error(answer.status);
      const now = await answer.json();
      this.silent = false;
      if (now.identity !== this.dataset.stamp) this.finish(now);
      else this.take(now.left);
    } catch {
      this.silent = true;
      this.find("count").textContent = this.dataset.offline;
    } finally {
      this.asking = false;
    }
  }

  // stay asks for more time and leaves the page, with what is typed on it, as it is.
  async stay(form) {
    try {
      const answer = await fetch("/extend", { method: "POST", redirect: "manual", body: new URLSearchParams(new FormData(form)) });
      if (answer.type === "opaqueredirect") {
        this.find("ask").close();
        this.find("spoken").textContent = this.dataset.stayed;
      }
    } catch { /* the clock goes on, and is asked again */ }
    await this.ask();
    this.tick();
  }

  typed() {
    return [...document.querySelectorAll("main textarea, main input:not([type=hidden], [type=password], [type=checkbox], [type=radio])")]
      .filter((f) => f.value !== f.defaultValue);
  }

  finish(now) {
    this.over = true;
    clearInterval(this.clock);
    clearInterval(this.watch);
    this.classList.add("over");
    this.find("ask").close();
    const typed = this.typed().length > 0;
    this.find("typed").hidden = !typed;
    this.find("copy").hidden = !typed;
    this.find("sentence").textContent = now.sentence || "";
    if (now.to) {
      const to = this.find("to");
      [to.href, to.textContent, to.hidden, this.find("stop").hidden] = [now.to, now.again, false, true];
    }
    const dialog = this.find("ended");
    dialog.addEventListener("cancel", (e) => e.preventDefault());
    dialog.showModal();
  }

  disconnectedCallback() {
    clearInterval(this.clock);
    clearInterval(this.watch);
  }
});

// A menu closes with Escape and when something else is pressed.
const menu = document.querySelector("details.menu");
if (menu) {
  document.addEventListener("click", (e) => menu.contains(e.target) || menu.removeAttribute("open"));
  menu.addEventListener("keydown", (e) => {
    if (e.key !== "Escape" || !menu.open) return;
    menu.removeAttribute("open");
    menu.querySelector("summary").focus();
  });
}

// What is wrong is read out first.
document.getElementById("problems")?.focus();

// Texts that a page kept can be copied at once.
for (const button of document.querySelectorAll("[data-copy-kept]")) {
  button.hidden = false;
  const said = document.querySelector("p[data-copied]");
  button.addEventListener("click", () => copy([...document.querySelectorAll("[data-kept]")], () => { said.textContent = said.dataset.done; }));
}

// Colleagues are found while one types; what is picked stays picked.
const naming = document.querySelector("form[data-naming]");
if (naming) {
  const find = naming.elements.find, people = naming.querySelector("[data-people]");
  let asked = 0, waiting;
  const seek = async () => {
    const mine = ++asked, form = new URLSearchParams(new FormData(naming));
    form.set("do", "find");
    people.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(naming.getAttribute("action"), { method: "POST", body: form, headers: { "X-Part": "people" } });
      const part = answer.ok ? await answer.text() : "";
      if (mine !== asked || !part) return;
      people.innerHTML = part;
      naming.elements.found.value = form.get("find").trim();
      naming.querySelector("[data-found]").textContent = people.querySelector("[data-said]")?.textContent ?? "";
    } catch {
      // The button beside the field asks again.
    } finally {
      if (mine === asked) people.removeAttribute("aria-busy");
    }
  };
  find.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(seek, 150); });
  find.addEventListener("keydown", (e) => { if (e.key === "Enter") { e.preventDefault(); seek(); } });
  people.addEventListener("change", () => people.hasAttribute("aria-busy") && seek());
}
