// The data, small functions for elements and numbers, and the tooltip that links one trial through all charts.
document.documentElement.dataset.script = "on";
const data = JSON.parse(document.getElementById("data").textContent);
const state = { metric: data.metric };
const count = data.trials.number.length;
const everyTrial = Array.from({ length: count }, (_, i) => i);
const SVG = "http://www.w3.org/2000/svg";
const SHADES = 12;

function make(node, attributes, parent) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "text") node.textContent = value;
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  if (parent) parent.append(node);
  return node;
}
const html = (name, attributes, parent) => make(document.createElement(name), attributes, parent);
const svg = (name, attributes, parent) => make(document.createElementNS(SVG, name), attributes, parent);

function short(value, digits = 4) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(digits - 2).replace(/\.?0+e/, "e").replace("e+", "e");
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}
// A time as people write it: 48 ms, 3.2 s, 1 min 32 s, 2 h 5 min.
function duration(seconds) {
  if (seconds === null) return "–";
  if (seconds === 0) return "0 s";
  if (seconds < 0.9995) return seconds < 95e-6 ? "less than 0.1 ms" : `${Number((seconds * 1e3).toFixed(seconds < 0.0095 ? 1 : 0))} ms`;
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`;
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  for (let n = 0; n < 3; n++) {
    const [[size, unit], [part, lesser]] = [units[n], units[n + 1]];
    const parts = Math.round(seconds / part);
    const [many, rest] = [Math.floor(parts / (size / part)), parts % (size / part)];
    if (many) return rest ? `${many} ${unit} ${rest} ${lesser}` : `${many} ${unit}`;
  }
  return `${Math.round(seconds)} s`;
}
const whole = (number) => number.toLocaleString("en");
const metricName = () => data.metrics[state.metric];
// Scores as people say them: an error is positive, and less of it is better. Better is up in all charts.
const said = () => data.said[state.metric];
const scoreTitle = () => (said().sign < 0 ? `${said().name}, less is better` : said().name);
const scoreText = (value, digits = 4) => (value === null ? "–" : short(value === 0 ? 0 : said().sign * value, digits));
const score = (i) => data.trials.mean[state.metric][i];
const rank = (i) => data.trials.rank[state.metric][i];
const scored = () => everyTrial.filter((i) => score(i) !== null);
const broken = () => everyTrial.filter((i) => score(i) === null && data.trials.failed[i] > 0);
const bestOf = (list) => list.reduce((best, i) => (best === null || rank(i) < rank(best) ? i : best), null);

function quantile(sorted, share) {
  const place = (sorted.length - 1) * share;
  const low = Math.floor(place);
  return sorted[low] + (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]) * (place - low);
}
// The scores worth a chart's height: a few far worse ones are drawn at its edge instead of flattening all others.
function scoreDomain(values) {
  if (!values.length) return { low: 0, high: 1, cut: false };
  const sorted = [...values].sort((a, b) => a - b);
  const [quarter, most] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  const fence = quarter - 3 * (most - quarter);
  const outside = sorted.filter((value) => value < fence).length;
  const cut = outside > 0 && outside <= sorted.length * 0.1;
  const low = cut ? sorted[outside] : sorted[0];
  const high = sorted[sorted.length - 1];
  return low === high ? { low: low - 0.5, high: high + 0.5, cut } : { low, high, cut };
}
function shade(value, domain) {
  const share = (value - domain.low) / (domain.high - domain.low);
  return `s${Math.max(0, Math.min(SHADES - 1, Math.floor(share * SHADES)))}`;
}

const tip = html("div", { id: "tip", role: "status" }, document.body);
const told = new WeakMap(); // what the tooltip says of a mark that is no trial
const marks = new Map(); // a trial's marks in all charts
let hot = null;

// Each mark of a trial carries its number; all of them light up together.
function mark(node, i) {
  const number = data.trials.number[i];
  node.setAttribute("data-trial", number);
  if (!marks.has(i)) marks.set(i, []);
  marks.get(i).push(node);
  node.trial = i;
  return node;
}
function light(i) {
  if (hot === i) return;
  for (const node of marks.get(hot) || []) node.classList.remove("hot");
  hot = i;
  for (const node of marks.get(hot) || []) {
    node.classList.add("hot");
    if (node.tagName === "path") node.parentNode.append(node);
  }
}
function paramText(param, i) {
  const value = param.values[i];
  if (value === null) return null;
  return param.labels.length ? param.labels[value] : short(value);
}
function trialRows(i) {
  const spread = data.trials.std[state.metric][i];
  const rows = [[said().name, score(i) === null ? "no score" : `${scoreText(score(i))} ± ${short(spread, 2)}`]];
  for (const param of data.params) if (param.values[i] !== null) rows.push([param.name, paramText(param, i)]);
  if (data.trials.seconds[i] !== null) rows.push(["time of a fit", duration(data.trials.seconds[i])]);
  if (data.trials.failed[i]) rows.push(["failed fits", whole(data.trials.failed[i])]);
  return rows;
}
function tell(title, rows, event) {
  tip.replaceChildren();
  html("strong", { text: title }, tip);
  const list = html("dl", {}, tip);
  for (const [name, value] of rows) {
    html("dt", { text: name }, list);
    html("dd", { text: value }, list);
  }
  tip.classList.add("on");
  const { width, height } = tip.getBoundingClientRect();
  const left = event.clientX + 14 + width > innerWidth ? event.clientX - width - 14 : event.clientX + 14;
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${Math.max(4, Math.min(event.clientY + 14, innerHeight - height - 4))}px`;
}
function point(event) {
  tellOf(event.target.closest ? event.target.closest("[data-trial], .told") : null, event);
}
function tellOf(node, event) {
  if (!node) {
    tip.classList.remove("on");
    light(null);
  } else if (node.trial !== undefined) {
    const i = node.trial;
    light(i);
    tell(`trial ${data.trials.number[i]}${score(i) === null ? "" : ` · rank ${whole(rank(i))}`}`, trialRows(i), event);
  } else if (told.has(node)) {
    light(null);
    tell(...told.get(node), event);
  }
}
document.addEventListener("pointermove", point);
document.addEventListener("pointerdown", point);
document.addEventListener("pointerleave", () => tip.classList.remove("on"));
