// The page of a run that goes on: asks every two seconds what is new, and comes anew with what was chosen in it.
const LIVE = "tunejob";
let pressed = false;

function remember() {
  const chosen = { metric: state.metric, x: pair.x && pair.x.name, y: pair.y && pair.y.name, pair: pair.chosen, trial: curve.trial, share: keep.share, ranges: [...ranges], table, scroll: scrollY };
  sessionStorage.setItem(LIVE, JSON.stringify(chosen));
}
function recall() {
  const chosen = JSON.parse(sessionStorage.getItem(LIVE) || "null");
  if (!chosen) return;
  const named = (name) => data.params.find((param) => param.name === name);
  if (chosen.metric < data.metrics.length) state.metric = chosen.metric;
  const select = document.getElementById("metric");
  if (select) select.selectedIndex = state.metric;
  if (chosen.pair) Object.assign(pair, { x: named(chosen.x), y: named(chosen.y), chosen: true });
  curve.trial = chosen.trial;
  if (chosen.share !== null) keep.share = document.getElementById("share").value = chosen.share;
  for (const [name, range] of chosen.ranges) ranges.set(name, range);
  Object.assign(table, chosen.table);
  addEventListener("load", () => scrollTo({ top: chosen.scroll, behavior: "instant" }));
}
async function renew() {
  const sign = document.getElementById("live");
  try {
    const version = await (await fetch("version", { cache: "no-store" })).text();
    sign.textContent = "live";
    if (version !== document.getElementById("live").dataset.version && !pressed && !document.querySelector("select:focus")) {
      remember();
      location.reload();
    }
  } catch {
    sign.textContent = "no longer live: tunejob report --live has ended";
  }
}
document.addEventListener("pointerdown", () => (pressed = true));
document.addEventListener("pointerup", () => (pressed = false));
recall();
setInterval(renew, 2000);
