// Whether the page is live: says so, says since when it is not, and sees to it that it is again.
import { hm, now, setNow, tick } from "./clock.js";

const SILENT_MS = 12000, SAY_AFTER_MS = 1500, RETRY_MS = 2500;
const source = () => document.querySelector("[hx-sse\\:connect]");
const badges = () => document.querySelectorAll("[data-live]");
const since = () => performance.now() - beat;
let heard = now(), beat = performance.now(), tried = beat, lost = true;

function show(state) {
  for (const badge of badges()) {
    if (badge.dataset.live === state) continue;
    badge.dataset.live = state;
    const text = { on: badge.dataset.on, connecting: badge.dataset.connecting, lost: badge.dataset.lost.replace("{time}", hm(heard)) };
    badge.querySelector("span").textContent = text[state];
    const banner = document.getElementById("lost");
    if (banner) {
      banner.hidden = state !== "lost";
      banner.querySelector("strong").textContent = text.lost;
    }
  }
  document.body.classList.toggle("stale", state === "lost");
}

function alive() {
  heard = now();
  beat = performance.now();
  lost = false;
  show("on");
}

function gone(event) {
  const status = event.detail?.status ?? event.detail?.ctx?.response?.status;
  if (status === 401) location.reload();
  if (event.detail?.reason === "removed") return;
  lost = true;
}

for (const name of ["htmx:sse:after:connection", "htmx:sse:after:message"]) document.addEventListener(name, alive);
for (const name of ["htmx:sse:error", "htmx:sse:close", "htmx:error", "htmx:response:error"]) document.addEventListener(name, gone);
document.addEventListener("htmx:sse:after:message", tick);
document.addEventListener("beat", (event) => setNow(Number(event.detail.data)));

function watch() {
  const quiet = since();
  if (document.hidden) return;
  if (quiet > SILENT_MS) lost = true;
  if (lost && quiet > SAY_AFTER_MS) show("lost");
  if (!lost || performance.now() - tried < RETRY_MS) return;
  tried = performance.now();
  const element = source(), stream = element?._htmx?.sse;
  if (!element) return;
  if (!stream) htmx.ajax("GET", element.getAttribute("hx-sse:connect"), { source: element, swap: "none" });
  else if (quiet > SILENT_MS) stream.reader?.cancel();
}
setInterval(watch, 500);
