// Times that tick without the network: <time data-tick> says how long since, <time data-clock> what time it is.
// The hub's clock is the measure: every beat of the live stream says its time, in milliseconds since 1970.
let ahead = 0;
const unit = document.body.dataset;
const pair = (a, ua, b, ub) => a + ua + (b ? (unit.unitH === "時間" ? "" : " ") + b + ub : "");

export const now = () => Date.now() + ahead;
export const setNow = (ms) => { ahead = Math.abs(ms - Date.now()) > 1500 ? ms - Date.now() : 0; };

export function span(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return s + unit.unitS;
  const d = Math.floor(s / 86400), h = Math.floor(s / 3600) % 24, m = Math.floor(s / 60) % 60;
  if (d) return pair(d, unit.unitD, h, unit.unitH);
  if (h) return pair(h, unit.unitH, m, unit.unitM);
  return m + unit.unitM;
}

const wall = new Intl.DateTimeFormat("ja-JP", {
  timeZone: unit.zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});
export const hms = (ms) => wall.format(ms);
export const hm = (ms) => hms(ms).slice(0, 5);

export function tick() {
  const at = now();
  for (const time of document.querySelectorAll("time[data-tick]")) {
    const long = span((at - Date.parse(time.dateTime)) / 1000);
    const text = time.dataset.ago ? time.dataset.ago.replace("{span}", long) : long;
    if (time.textContent !== text) time.textContent = text;
  }
  for (const clock of document.querySelectorAll("time[data-clock]")) clock.textContent = hm(at);
}

tick();
setInterval(tick, 1000);
