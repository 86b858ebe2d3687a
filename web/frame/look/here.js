// The script of pages for people whom the server does not know yet: the browser knows where they are.
"use strict";

const here = Intl.DateTimeFormat().resolvedOptions().timeZone, zone = document.querySelector("#zone");
if (here && zone?.value === "UTC" && !document.querySelector("#problems")) zone.value = here;
for (const time of document.querySelectorAll("time[data-here]"))
  time.textContent = new Date(time.dateTime).toLocaleString(document.documentElement.lang, { dateStyle: "full", timeStyle: "long" });
