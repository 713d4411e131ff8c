// The terminal works without any of this; with it, a form that finds no answer is sent again by itself (the same form:
// its id is recorded once), a scanner is heard anywhere, measurements say in or out at once, and marks stay current.
"use strict";

const POLL_MS = 3000;
const RETRY_MS = 1500;
const SCAN_GAP_MS = 120;

function waiting() {
  return [...document.querySelectorAll("[data-tap]:not([data-tap=''])")];
}

async function poll() {
  const strip = document.getElementById("strip");
  if (!strip || document.hidden) return;
  const marks = waiting();
  const ids = [...new Set(marks.map((mark) => mark.dataset.tap))].slice(0, 100);
  try {
    const answer = await fetch(`/state?taps=${ids.join(",")}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return;
    const state = await answer.json();
    if (strip.innerHTML !== state.strip) strip.innerHTML = state.strip;
    for (const mark of marks) {
      const there = state.delivered.includes(mark.dataset.tap);
      if (!there && !state.refused.includes(mark.dataset.tap)) continue;
      mark.textContent = there ? mark.dataset.there : mark.dataset.aside;
      mark.className = there ? "mark there" : "mark aside";
      mark.dataset.tap = "";
    }
  } catch {
    // the agent is being started: the strip stays as it was and is asked again
  }
}

// --- sending, again and again with the same id until there is an answer ---

function overlay(text) {
  const shown = document.createElement("div");
  shown.className = "trying";
  shown.setAttribute("role", "alert");
  shown.textContent = text;
  document.body.append(shown);
  return shown;
}

async function send(form, button) {
  const body = new URLSearchParams(new FormData(form));
  if (button && button.name) body.set(button.name, button.value);
  let shown = null;
  for (;;) {
    try {
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body });
      if (answer.redirected) {
        location.assign(answer.url);
        return;
      }
      const page = await answer.text();
      if (answer.status === 401) {
        location.assign("/");
        return;
      }
      if (shown) shown.remove();
      const parsed = new DOMParser().parseFromString(page, "text/html");
      document.title = parsed.title;
      document.body.replaceWith(parsed.body);
      begin();
      window.scrollTo(0, 0);
      return;
    } catch {
      shown = shown || overlay(document.body.dataset.trying);
      await new Promise((again) => setTimeout(again, RETRY_MS));
    }
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.getAttribute("action") !== "/tap") return;
  event.preventDefault();
  if (form.dataset.sent) return;
  form.dataset.sent = "1";
  send(form, event.submitter);
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// --- counts and measurements ---

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  if (!button) return;
  const field = document.getElementById(button.dataset.for);
  const now = Number.parseInt(field.value.normalize("NFKC"), 10) || 0;
  field.value = String(Math.max(0, now + Number(button.dataset.step)));
});

document.addEventListener("input", (event) => {
  if (event.target.matches(".check .value")) judge(event.target);
});

function judge(field) {
  const check = field.closest(".check");
  const shown = check.querySelector("output");
  const text = field.value.normalize("NFKC").trim();
  const value = Number(text);
  const { lower, upper } = check.dataset;
  shown.className = "";
  shown.textContent = "";
  if (!text || Number.isNaN(value) || (lower === "" && upper === "")) return;
  const inside = (lower === "" || value >= Number(lower)) && (upper === "" || value <= Number(upper));
  shown.className = inside ? "in" : "out";
  shown.textContent = inside ? shown.dataset.in : shown.dataset.out;
}

// --- scanners: a keyboard that types fast and ends with Enter, wherever the focus is ---

let typed = "";
let last = 0;

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, textarea") || event.ctrlKey || event.altKey || event.metaKey) return;
  const gap = event.timeStamp - last;
  last = event.timeStamp;
  if (event.key === "Enter") {
    if (typed.length >= 2 && gap < SCAN_GAP_MS) {
      event.preventDefault();
      heard(typed);
    }
    typed = "";
  } else if (event.key.length === 1) {
    typed = gap < SCAN_GAP_MS ? typed + event.key : event.key;
  }
});

function heard(code) {
  const field = document.querySelector("input.scanned");
  if (field) {
    field.value = code;
    if (field.id === "badge") field.form.requestSubmit();
  } else {
    location.assign(`/scan?code=${encodeURIComponent(code)}`);
  }
}

// --- camera: where the browser can read codes, and lets a page see (https or this computer itself) ---

function camera() {
  const button = document.getElementById("camera");
  const view = document.getElementById("view");
  if (!button || !view || !("BarcodeDetector" in window) || !window.isSecureContext) return;
  button.hidden = false;
  const open = button.textContent;
  let stream = null;
  const close = () => {
    for (const track of stream ? stream.getTracks() : []) track.stop();
    stream = null;
    view.hidden = true;
    button.textContent = open;
  };
  button.addEventListener("click", async () => {
    if (stream) {
      close();
      return;
    }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      button.hidden = true;
      return;
    }
    button.textContent = button.dataset.stop;
    view.srcObject = stream;
    view.hidden = false;
    await view.play();
    const detector = new BarcodeDetector({ formats: ["qr_code", "code_39", "code_128"] });
    while (stream) {
      const found = await detector.detect(view).catch(() => []);
      if (found.length) {
        close();
        heard(found[0].rawValue);
        return;
      }
      await new Promise((again) => setTimeout(again, 150));
    }
  });
}

function begin() {
  document.querySelectorAll(".check .value").forEach(judge);
  camera();
  if (matchMedia("(pointer: fine)").matches) document.querySelector("#code, #badge")?.focus();
}

begin();
setInterval(poll, POLL_MS);
