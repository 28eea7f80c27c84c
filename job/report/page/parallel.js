// Parallel coordinates: one line per trial across all params to its score.
const keep = { share: null };
const LEGIBLE = 300; // lines that an eye can tell apart; more are shown when asked for

function drawParallel() {
  const params = varied().reverse(); // the most telling one beside the score
  const section = document.getElementById("parallel");
  section.hidden = params.length < 1;
  if (section.hidden) return;
  const parent = document.getElementById("lines");
  const shown = scored();
  if (!shown.length) return nothing(parent, "No trial has a score yet.");
  const area = frame(parent, `all params and ${metricName()}`, 380, { left: 64, right: 74, top: 44, bottom: 34 }, (params.length + 1) * 112);
  const domain = scoreDomain(shown.map(score));
  if (keep.share === null) keep.share = document.getElementById("share").value = Math.min(100, Math.ceil((100 * LEGIBLE) / shown.length));
  const labels = svg("g", { class: "labels" }, area.root); // above the lines
  const step = (area.right - area.left) / params.length;
  const axes = params.map((param, n) => ({ param, x: area.left + n * step, scale: paramScale(param, area.bottom, area.top) }));
  const last = { x: area.right, scale: scoreScale(domain, area.bottom, area.top) };
  for (const axis of axes) verticalAxis(area, labels, axis.x, axis.scale, axis.param.name, step);
  verticalAxis(area, labels, last.x, last.scale, metricName(), step);
  const most = Math.max(1, Math.ceil((shown.length * keep.share) / 100));
  const best = bestOf(shown);
  const order = [...shown].sort((a, b) => (a === best) - (b === best) || rank(b) - rank(a));
  area.marks.classList.toggle("many", most > 150);
  for (const i of order.slice(order.length - most)) {
    const points = axes.map(({ param, x, scale }) => `${x},${lineHeight(param, i, scale, area)}`);
    const d = `M${[...points, `${last.x},${last.scale.at(score(i))}`].join("L")}`;
    mark(svg("path", { d, class: `line ${shade(score(i), domain)}${i === best ? " best" : ""}` }, area.marks), i);
  }
  const text = keep.share === 100 ? `all ${whole(shown.length)} trials` : `the best ${whole(most)} of ${whole(shown.length)} trials`;
  document.getElementById("kept").textContent = text;
}
// A trial without the param passes below its axis; levels are spread a little, so that lines can be told apart.
function lineHeight(param, i, scale, area) {
  const value = param.values[i];
  if (value === null) return area.bottom + 18;
  return scale.at(value) + (scale.labels ? jitter(i, -scale.step * 0.35) : 0);
}
function verticalAxis(area, parent, x, scale, title, step) {
  const labels = scale.labels;
  svg("line", { x1: x, x2: x, y1: area.top, y2: area.bottom, class: "stem" }, area.grid);
  const group = svg("g", { class: "axis", "data-axis": title, "data-at": x }, parent);
  const name = svg("text", { x, y: area.top - 22, "text-anchor": "middle", class: "title", text: cutText(title, Math.min(step - 6, 2 * x, 2 * (area.width - x))) }, group);
  svg("title", { text: title }, name);
  const values = labels ? labels.map((_, place) => place) : scale.ticks(5);
  for (const value of values) {
    const y = scale.at(value);
    const tick = svg("g", { class: "tick y", "data-value": labels ? labels[value] : value, "data-at": y }, group);
    const text = labels ? cutText(labels[value], Math.min(90, step - 12)) : short(value);
    svg("text", { x: x + 7, y: y + 4, text }, tick);
  }
}
function watchShare() {
  const input = document.getElementById("share");
  input.oninput = () => {
    keep.share = Number(input.value);
    forget(document.getElementById("lines"));
    drawParallel();
  };
}
