// One machine's page: the timeline leads, charts and tables follow its window; live events ask for a fresh one.
import "./live.js";
import { Timeline } from "./timeline.js";
import { Charts } from "./charts.js";

const timeline = new Timeline(document.getElementById("timeline"));
const chartBox = document.getElementById("charts");
const charts = chartBox.querySelector(".plots") ? new Charts(chartBox, timeline) : null;

timeline.onMove = () => charts?.follow();
timeline.onSettle = () => charts?.load();
timeline.onPoint = (ms) => charts?.point(ms);

// The day's date, once chosen, opens that day.
document.querySelector(".days input")?.addEventListener("change", (event) => {
  if (event.target.value && event.target.checkValidity()) event.target.form.requestSubmit();
});

// Runs: their bar lights up beside their row; a click shows the run alone.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-zoom]");
  if (!button) return;
  const row = button.closest("[data-a]"), a = Number(row.dataset.a), b = Number(row.dataset.b);
  const room = Math.max(5000, (b - a) * 0.15);
  timeline.show(a - room, b + room);
  document.getElementById("timeline").scrollIntoView({ block: "center", behavior: "smooth" });
});
function light(event) {
  const row = event.target.closest?.(".runtable tr[data-a], .lane.runs i");
  for (const lit of document.querySelectorAll(".lit")) lit.classList.remove("lit");
  if (!row) return;
  for (const twin of document.querySelectorAll(`.runtable tr[data-a="${row.dataset.a}"], .lane.runs i[data-a="${row.dataset.a}"]`)) twin.classList.add("lit");
}
document.addEventListener("pointerover", light);
document.addEventListener("focusin", light);

// Today's window is asked anew when the machine changed, and now and then so that time moves on.
let due = 0;
function fresh() {
  if (!timeline.holdsNow() || document.hidden || timeline.moving) return;
  timeline.refresh();
  charts?.load();
}
document.addEventListener("changed", () => {
  clearTimeout(due);
  due = setTimeout(fresh, 600);
});
setInterval(fresh, 20000);
