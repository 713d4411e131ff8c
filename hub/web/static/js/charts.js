// Telemetry: one chart for each chosen signal, its band from least to greatest and its mean, over the timeline's
// window and with its cursor. Times on the axis are local to the site, in the 24-hour way.
import { hm, hms } from "./clock.js";

const HEIGHT = 190;
const round = (value) => value === null || value === undefined ? "—" : Number(value.toPrecision(5)).toLocaleString("en-US");

// A colour of the page as the canvas understands it.
function colour(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

export class Charts {
  constructor(box, timeline) {
    this.box = box;
    this.timeline = timeline;
    this.plots = new Map();
    this.holder = box.querySelector(".plots");
    box.querySelector(".picks").addEventListener("change", () => this.choose());
    new ResizeObserver(() => this.resize()).observe(this.holder);
    this.choose();
  }

  choose() {
    const chosen = [...this.box.querySelectorAll(".picks input:checked")];
    const names = new Set(chosen.map((input) => input.name));
    for (const [name, plot] of this.plots) if (!names.has(name)) { plot.chart?.destroy(); plot.root.remove(); this.plots.delete(name); }
    for (const input of chosen) if (!this.plots.has(input.name)) this.add(input.name, input.dataset.unit);
    this.load();
  }

  add(name, unit) {
    const root = document.createElement("figure");
    root.className = "plot";
    root.innerHTML = '<h3><span class="code"></span><small class="unit"></small><small class="values"></small></h3><div class="canvas" role="img"></div><p class="nodata" hidden></p>';
    root.querySelector("h3 span").textContent = name;
    root.querySelector(".unit").textContent = unit;
    root.querySelector(".canvas").setAttribute("aria-label", this.box.dataset.label.replace("{signal}", name));
    root.querySelector(".nodata").textContent = this.box.dataset.nodata;
    this.holder.append(root);
    this.plots.set(name, { root, chart: null });
  }

  options() {
    const ink = colour("--mute"), line = colour("--line"), accent = colour("--accent");
    const band = accent.replace(/rgba?\(([^)]+)\)/, (_, c) => `rgba(${c.split(",").slice(0, 3).join(",")},.22)`);
    const gutter = parseInt(getComputedStyle(this.box).getPropertyValue("--gutter"), 10);
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: "12px BIZ, system-ui, sans-serif" };
    const times = (u, splits, _a, _s, step) => splits.map((s) => (s * 1000 <= u.scales.x.min * 1000 || s >= u.scales.x.max ? "" : (step < 60 ? hms : hm)(s * 1000)));
    return {
      width: this.holder.clientWidth, height: HEIGHT, padding: [8, 0, 0, 0], legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false, setScale: false }, sync: { key: "machine" } },
      scales: { x: { time: true, auto: false, range: () => [this.timeline.from / 1000, this.timeline.to / 1000] } },
      // As wide as the gutter before the timeline, so that one moment stands in one line through all charts.
      axes: [{ ...axis, values: times }, { ...axis, size: gutter, values: (u, v) => v.map(round) }],
      series: [{}, { stroke: "transparent", spanGaps: false }, { stroke: "transparent", spanGaps: false }, { stroke: accent, width: 1.6, spanGaps: false, points: { show: false } }],
      bands: [{ series: [2, 1], fill: band }],
      hooks: {
        setCursor: [(u) => this.cursor(u)],
        setSelect: [(u) => { const { left, width } = u.select; if (width > 8) this.timeline.show(u.posToVal(left, "x") * 1000, u.posToVal(left + width, "x") * 1000); u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false); }],
      },
    };
  }

  async load() {
    const { from, to } = this.timeline;
    await Promise.all([...this.plots].map(async ([name, plot]) => {
      const query = new URLSearchParams({ signal: name, from: Math.round(from), to: Math.round(to) });
      let data;
      try {
        const answer = await fetch(`${this.box.dataset.path}?${query}`, { headers: { "HX-Request": "true" } });
        if (!answer.ok) return;
        data = await answer.json();
      } catch { return; }
      if (!this.plots.has(name)) return;
      const columns = [data.t, data.min, data.max, data.mean], empty = !data.t.length;
      plot.root.querySelector(".nodata").hidden = !empty;
      plot.root.querySelector(".canvas").hidden = empty;
      if (empty) return;
      if (plot.chart) plot.chart.setData(columns);
      else plot.chart = new uPlot(this.options(), columns, plot.root.querySelector(".canvas"));
    }));
  }

  follow() {
    const range = { min: this.timeline.from / 1000, max: this.timeline.to / 1000 };
    for (const { chart } of this.plots.values()) chart?.setScale("x", range);
  }
  resize() {
    const width = this.holder.clientWidth;
    for (const { chart } of this.plots.values()) if (chart && width) chart.setSize({ width, height: HEIGHT });
  }

  // The timeline's cursor is the charts' cursor, and the other way round.
  point(ms) {
    this.led = true;
    for (const { chart } of this.plots.values()) {
      if (!chart) continue;
      const left = ms === null ? -10 : chart.valToPos(ms / 1000, "x");
      chart.setCursor({ left, top: 10 }, true, false);
    }
    this.led = false;
  }
  cursor(u) {
    const i = u.cursor.idx, values = u.root.closest(".plot").querySelector(".values");
    values.textContent = i === null || i === undefined ? ""
      : `${hms(u.data[0][i] * 1000)}  ${this.box.dataset.mean} ${round(u.data[3][i])}  (${round(u.data[1][i])} – ${round(u.data[2][i])})`;
    if (!this.led && u.cursor.event) this.timeline.point(i === null || i === undefined ? null : u.posToVal(u.cursor.left, "x") * 1000, false);
  }
}
