// Parallel coordinates: one line per trial across all params to its score.
const keep = { share: null };
const LEGIBLE = 300; // lines that an eye can tell apart; more are shown when asked for
const BETWEEN = 60; // pixels between the labels of two axes, at least

function drawParallel() {
  const params = varied().reverse(); // the most telling one beside the score
  const section = document.getElementById("parallel");
  section.hidden = params.length < 1;
  if (section.hidden) return;
  const parent = document.getElementById("lines");
  const shown = scored();
  if (!shown.length) return nothing(parent, "No trial has a score.");
  const domain = scoreDomain(shown.map(score));
  const [top, height] = [50, 386];
  const scores = scoreScale(domain, height - 34, top);
  const scales = params.map((param) => paramScale(param, height - 34, top));
  const rooms = scales.map((scale) => Math.min(150, 10 + roomFor(tickTexts(scale, 5), 20)));
  const least = rooms.reduce((sum, room) => sum + room + BETWEEN, 0) + 90;
  const margin = { left: rooms[0] + 6, right: roomFor(tickTexts(scores, 5), 50), top, bottom: 34 };
  const area = frame(parent, `all params and ${said().name}`, height, margin, least);
  if (keep.share === null) keep.share = document.getElementById("share").value = Math.min(100, Math.ceil((100 * LEGIBLE) / shown.length));
  // Each axis has the room of its own labels before it, where no line is drawn.
  const free = area.right - area.left - rooms.slice(1).reduce((sum, room) => sum + room, 0);
  const step = free / params.length;
  let x = area.left;
  const axes = params.map((param, n) => {
    if (n) x += step + rooms[n];
    return { param, x, scale: scales[n], room: rooms[n], step: step + rooms[n], hasGaps: shown.some((i) => param.values[i] === null) };
  });
  const lines = svg("g", { class: "lines" }, area.marks);
  const above = svg("g", { class: "axes" }, area.root);
  for (const axis of axes) verticalAxis(area, above, axis, axis.param.name, "end");
  verticalAxis(area, above, { x: area.right, scale: scores, step }, metricName(), "start", scoreTitle());
  const most = Math.max(1, Math.ceil((shown.length * keep.share) / 100));
  const best = bestOf(shown);
  const order = [...shown].sort((a, b) => (a === best) - (b === best) || rank(b) - rank(a));
  lines.classList.toggle("many", most > 150);
  for (const i of order.slice(order.length - most)) parallelLine(area, lines, axes, scores, i, domain, i === best);
  const text = keep.share === 100 ? `all ${whole(shown.length)} trials` : `the best ${whole(most)} of ${whole(shown.length)} trials`;
  document.getElementById("kept").textContent = text;
  sieve();
}
function parallelLine(area, parent, axes, scores, i, domain, isBest) {
  const heights = axes.map(({ param, scale }) => lineHeight(param, i, scale, area));
  let d = `M${axes[0].x},${heights[0]}`;
  axes.slice(1).forEach((axis, n) => (d += `L${axis.x - axis.room},${heights[n + 1]}M${axis.x},${heights[n + 1]}`));
  d += `L${area.right},${scores.at(score(i))}`;
  const node = mark(svg("path", { d, class: `line ${shade(score(i), domain)}${isBest ? " best" : ""}` }, parent), i);
  const part = (y) => (area.bottom - y) / (area.bottom - area.top);
  node.parts = [...axes.map(({ param }, n) => [param.name, part(heights[n])]), [metricName(), part(scores.at(score(i)))]];
}
// A trial without the param passes below its axis.
function lineHeight(param, i, scale, area) {
  const value = param.values[i];
  return value === null ? area.bottom + 18 : scale.at(value);
}
// Shows the lines that lie within all ranges.
function sieve() {
  let within = 0;
  for (const node of document.querySelectorAll("#lines .line")) {
    const isIn = node.parts.every(([name, part]) => brushed(name, part));
    node.classList.toggle("out", !isIn);
    within += isIn;
  }
  const clear = document.getElementById("clear");
  clear.hidden = !ranges.size;
  document.getElementById("within").textContent = ranges.size ? `${whole(within)} within the ranges` : "";
}
function verticalAxis(area, parent, { x, scale, room, step, hasGaps }, name, anchor, title = name) {
  const labels = scale.labels;
  svg("line", { x1: x, x2: x, y1: area.top, y2: area.bottom, class: "stem" }, area.grid);
  const group = svg("g", { class: "axis", "data-axis": name, "data-at": x }, parent);
  const isLast = anchor === "start";
  const isFirst = x === area.left;
  const width = isLast ? area.width - x + step / 2 : isFirst ? x + step / 2 : step - 10;
  const middle = isFirst ? { x: 2, "text-anchor": "start" } : { x, "text-anchor": "middle" };
  const at = isLast ? { x: area.width - 2, "text-anchor": "end" } : middle;
  titled(svg("text", { ...at, y: area.top - (isLast ? 36 : 20), class: "title" }, group), title, width);
  const values = labels ? labels.map((_, place) => place) : scale.ticks(5);
  for (const value of values) {
    const y = scale.at(value);
    const tick = svg("g", { class: "tick y", "data-value": labels ? labels[value] : value, "data-at": y }, group);
    if (labels) svg("circle", { cx: x, cy: y, r: 4.5, class: "level" }, tick);
    const text = labels ? labels[value] : (scale.text || short)(value);
    titled(svg("text", { x: isLast ? x + 8 : x - 9, y: y + 4, "text-anchor": anchor }, tick), text, (room || 999) - 16);
  }
  if (hasGaps) svg("text", { x: x - 9, y: area.bottom + 22, "text-anchor": "end", text: "none" }, group);
  const valueAt = (part) => {
    if (labels) return labels[Math.min(labels.length - 1, Math.floor(part * labels.length))];
    const value = scale.log ? scale.low * (scale.high / scale.low) ** part : scale.low + (scale.high - scale.low) * part;
    return (scale.text || short)(value);
  };
  brushable(area, group, name, x, valueAt);
}
function watchShare() {
  const input = document.getElementById("share");
  input.oninput = () => {
    keep.share = Number(input.value);
    forget(document.getElementById("lines"));
    drawParallel();
  };
  document.getElementById("clear").onclick = () => {
    ranges.clear();
    forget(document.getElementById("lines"));
    drawParallel();
  };
}
