// The board's own: show one state only, order and range of the strips, sizes of the wall.
import "./live.js";
import "./copy.js";

const sheet = new CSSStyleSheet();
document.adoptedStyleSheets.push(sheet);
let only = new URLSearchParams(location.search).get("only") ?? "";

function apply() {
  const is = `[data-s="${CSS.escape(only)}"]`;
  sheet.replaceSync(only ? `
    .board .tile:not(${is}),.board .site:not(:has(.tile${is})){display:none}
    .board:not(:has(.tile${is})) .noneshown{display:block!important}` : "");
  for (const chip of document.querySelectorAll("[data-only]")) {
    chip.setAttribute("aria-pressed", String(chip.dataset.only === only));
    if (chip.dataset.only === only) chip.disabled = false;
  }
}

document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-only]");
  if (!chip) return;
  only = chip.dataset.only === only ? "" : chip.dataset.only;
  const here = new URL(location.href);
  if (only) here.searchParams.set("only", only); else here.searchParams.delete("only");
  history.replaceState(null, "", here);
  apply();
});
document.querySelector(".choices")?.addEventListener("change", (event) => event.currentTarget.requestSubmit());
document.addEventListener("htmx:sse:after:message", () => { if (only) apply(); });
if (only) apply();
