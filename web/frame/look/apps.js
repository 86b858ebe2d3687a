// The script of an application's page, which works without it; it hears on, and copies what is to be pasted.
"use strict";

for (const part of document.querySelectorAll("[data-listen]")) {
  setInterval(async () => {
    if (document.hidden || part.contains(document.activeElement)) return;
    try {
      const answer = await fetch(part.dataset.listen, { headers: { "X-Part": "heard" } });
      const text = answer.ok && !answer.redirected ? await answer.text() : "";
      if (text && text !== part.dataset.now) part.innerHTML = part.dataset.now = text;
    } catch { /* asked again soon */ }
  }, 3000);
}

for (const button of document.querySelectorAll("[data-copies]")) {
  const text = document.getElementById(button.dataset.copies);
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
    } catch {
      getSelection().selectAllChildren(text);
      document.execCommand("copy");
    }
    button.lastChild.textContent = button.dataset.done;
  });
}
