// The timeline of a day: drawn by the hub, moved and zoomed here. A window is [from, to) in ms since 1970.
// Moving changes the viewBox at once; when it rests, the hub draws the same window in finer detail.
import { hms, now, span } from "./clock.js";

const MIN_MS = 10000, REST_MS = 220;
const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

export class Timeline {
  onMove = () => {};
  onSettle = () => {};
  onPoint = () => {};
  moving = false;

  constructor(box) {
    this.box = box;
    this.pointers = new Map();
    this.resting = 0;
    this.asking = null;
    this.adopt();
    box.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    box.addEventListener("pointerdown", (e) => this.down(e));
    box.addEventListener("pointermove", (e) => this.drag(e));
    for (const name of ["pointerup", "pointercancel"]) box.addEventListener(name, (e) => this.up(e));
    box.addEventListener("pointerleave", () => this.point(null));
    box.addEventListener("keydown", (e) => this.key(e));
    box.addEventListener("dblclick", (e) => this.zoom(0.4, this.at(e.clientX)));
    for (const button of document.querySelectorAll("[data-move]")) button.addEventListener("click", () => this.press(button.dataset.move));
  }

  // What the hub has just drawn.
  adopt() {
    this.chart = this.box.querySelector(".chart");
    const d = this.chart.dataset;
    [this.day, this.next, this.from, this.to] = [d.day, d.next, d.from, d.to].map(Number);
    this.spans = JSON.parse(d.spans);
    this.place();
  }

  holdsNow() { const at = now(); return this.to > at - 30000 && this.day <= at && at < this.next + 3600000; }
  width() { return this.to - this.from; }
  at(x) { const r = this.chart.getBoundingClientRect(); return this.from + (x - r.left) / r.width * this.width(); }

  show(from, to) {
    const width = clamp(to - from, MIN_MS, this.next - this.day);
    this.from = clamp((from + to - width) / 2, this.day, this.next - width);
    this.to = this.from + width;
    this.place();
    this.onMove();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => { this.refresh(); this.onSettle(); }, REST_MS);
  }
  zoom(factor, around = (this.from + this.to) / 2) {
    const width = clamp(this.width() * factor, MIN_MS, this.next - this.day);
    const left = around - (around - this.from) / this.width() * width;
    this.show(left, left + width);
  }
  pan(share) { const by = this.width() * share; this.show(this.from + by, this.to + by); }
  press(how) {
    if (how === "in") this.zoom(0.5);
    else if (how === "out") this.zoom(2);
    else this.show(this.day, this.next);
  }

  // Puts everything where the window wants it.
  place() {
    const percent = (ms) => (ms - this.from) / this.width() * 100;
    this.chart.querySelector(".states svg").setAttribute("viewBox", `${(this.from - this.day) / 1000} 0 ${this.width() / 1000} 100`);
    for (const bar of this.chart.querySelectorAll(".lane i")) {
      bar.style.left = percent(bar.dataset.a) + "%";
      bar.style.width = (bar.dataset.b - bar.dataset.a) / this.width() * 100 + "%";
    }
    for (const mark of this.chart.querySelectorAll("[data-at]")) {
      const left = percent(mark.dataset.at);
      mark.style.left = left + "%";
      if (mark.className === "nowline") mark.hidden = left < 0 || left > 100;
    }
    const brush = this.box.querySelector(".brush"), day = this.next - this.day;
    brush.style.left = (this.from - this.day) / day * 100 + "%";
    brush.style.width = this.width() / day * 100 + "%";
    brush.hidden = this.width() > day * 0.995;
    document.querySelector('[data-move="all"]').disabled = brush.hidden;
    document.querySelector('[data-move="out"]').disabled = brush.hidden;
  }

  async refresh() {
    this.asking?.abort();
    this.asking = new AbortController();
    const whole = this.width() > (this.next - this.day) * 0.995;
    const { path, date } = this.box.dataset;
    const query = new URLSearchParams({ day: date });
    if (!whole) { query.set("from", Math.round(this.from)); query.set("to", Math.round(this.to)); }
    history.replaceState(null, "", whole && !location.search ? path : `${path}?${query}`);
    query.set("from", Math.round(this.from));
    query.set("to", Math.round(this.to));
    const failed = document.getElementById("failed");
    try {
      const answer = await fetch(`${path}/window?${query}`, { signal: this.asking.signal, headers: { "HX-Request": "true" } });
      if (answer.status === 401) location.reload();
      if (!answer.ok) throw new Error(answer.status);
      const parts = document.createElement("template");
      parts.innerHTML = await answer.text();
      this.swap(parts.content);
      failed.hidden = true;
    } catch (error) {
      if (error.name !== "AbortError") failed.hidden = false;
    }
  }
  swap(content) {
    const focused = this.chart === document.activeElement;
    for (const part of content.querySelectorAll("[data-part]")) document.getElementById(part.dataset.part).replaceChildren(...part.childNodes);
    this.adopt();
    if (focused) this.chart.focus({ preventScroll: true });
  }

  // What lies under a moment.
  span(ms) {
    let low = 0, high = this.spans.length - 1;
    while (low <= high) {
      const mid = (low + high) >> 1, [a, b] = this.spans[mid];
      if (ms < a) high = mid - 1;
      else if (ms >= b) low = mid + 1;
      else return mid;
    }
    return -1;
  }
  point(ms, say = true) {
    const cursor = this.chart.querySelector(".cursor"), out = document.getElementById("readout");
    const inside = ms !== null && ms >= this.from && ms <= this.to;
    cursor.hidden = !inside;
    if (inside) cursor.style.left = (ms - this.from) / this.width() * 100 + "%";
    if (say) this.onPoint(inside ? ms : null);
    if (!inside) { out.replaceChildren(); return; }
    this.tell(out, ms);
  }
  tell(out, ms) {
    const words = this.chart.dataset, index = this.span(ms);
    const [a, b, state, program] = this.spans[index] ?? [null, null, "unknown", null];
    if (index < 0 && ms > now()) { out.replaceChildren(words.notyet); return; }
    const chip = document.createElement("b");
    chip.className = "chip";
    chip.dataset.s = state;
    chip.innerHTML = `<svg aria-hidden="true"><use href="#g-${state}"/></svg>`;
    chip.append(words["word" + state[0].toUpperCase() + state.slice(1)] ?? words[`word-${state}`] ?? state);
    const times = a === null ? hms(ms) : `${hms(a)} – ${hms(b)}`;
    const parts = [chip, times, a === null ? "" : span((b - a) / 1000), program ?? ""];
    out.replaceChildren(...parts.filter(Boolean).map((part) => {
      if (part instanceof Node) return part;
      const text = document.createElement("span");
      text.textContent = part;
      return text;
    }));
  }

  wheel(e) {
    if (!e.target.closest(".chart")) return;
    e.preventDefault();
    if (Math.abs(e.deltaX) > Math.abs(e.deltaY) || e.shiftKey) this.pan((e.deltaX || e.deltaY) / 1200);
    else this.zoom(Math.exp(clamp(e.deltaY, -120, 120) / 400), this.at(e.clientX));
  }
  down(e) {
    if (e.button) return;
    const over = e.target.closest(".overview");
    if (over) { this.brushing = over; this.moving = true; over.setPointerCapture(e.pointerId); this.brush(e); return; }
    if (!e.target.closest(".chart")) return;
    this.pointers.set(e.pointerId, e.clientX);
    this.start = { from: this.from, to: this.to, xs: [...this.pointers.values()] };
    this.point(this.at(e.clientX));
  }
  drag(e) {
    if (this.brushing) { this.brush(e); return; }
    if (!this.pointers.has(e.pointerId)) { if (e.target.closest(".chart")) this.point(this.at(e.clientX)); return; }
    this.pointers.set(e.pointerId, e.clientX);
    const xs = [...this.pointers.values()], wide = this.chart.getBoundingClientRect().width;
    const { from, to, xs: first } = this.start;
    if (!this.moving && xs.length === 1 && Math.abs(xs[0] - first[0]) < 5) return;
    if (!this.moving) { this.moving = true; this.chart.classList.add("moving"); this.chart.setPointerCapture(e.pointerId); }
    if (xs.length === 1) {
      const by = (first[0] - xs[0]) / wide * (to - from);
      this.show(from + by, to + by);
      return;
    }
    const scale = clamp(Math.abs(first[0] - first[1]) / Math.max(1, Math.abs(xs[0] - xs[1])), 0.02, 50);
    const left = this.chart.getBoundingClientRect().left, middle = (xs[0] + xs[1]) / 2 - left;
    const held = from + ((first[0] + first[1]) / 2 - left) / wide * (to - from), width = clamp((to - from) * scale, MIN_MS, this.next - this.day);
    this.show(held - middle / wide * width, held + (1 - middle / wide) * width);
  }
  brush(e) {
    const r = this.brushing.getBoundingClientRect(), at = this.day + (e.clientX - r.left) / r.width * (this.next - this.day);
    const width = this.width() > (this.next - this.day) * 0.995 ? 2 * 3600000 : this.width();
    this.show(at - width / 2, at + width / 2);
  }
  up(e) {
    this.brushing = null;
    this.pointers.delete(e.pointerId);
    this.start = { from: this.from, to: this.to, xs: [...this.pointers.values()] };
    if (!this.pointers.size) { this.moving = false; this.chart.classList.remove("moving"); }
  }
  key(e) {
    if (!e.target.closest(".chart") || e.ctrlKey || e.metaKey || e.altKey) return;
    const does = {
      ArrowLeft: () => this.pan(-0.2), ArrowRight: () => this.pan(0.2), "+": () => this.zoom(0.5), ";": () => this.zoom(0.5),
      "-": () => this.zoom(2), 0: () => this.press("all"), Home: () => this.show(this.day, this.day + this.width()),
      End: () => this.show(this.next - this.width(), this.next), "[": () => this.step(-1), "]": () => this.step(1),
    }[e.key];
    if (!does) return;
    e.preventDefault();
    does();
  }
  step(by) {
    if (!this.spans.length) return;
    this.chosen = this.chosen === undefined ? (by > 0 ? 0 : this.spans.length - 1) : clamp(this.chosen + by, 0, this.spans.length - 1);
    const [a, b] = this.spans[this.chosen];
    if (a < this.from || b > this.to) this.show(a - this.width() / 2, a + this.width() / 2);
    this.point(Math.min((a + b) / 2, this.to));
  }
}
