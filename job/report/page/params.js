// Score against each param, and the interaction of two of them.
const alone = (param) => important().shares.find((one) => one.names.length === 1 && one.names[0] === param.name);
const explains = (param) => (alone(param) ? alone(param).share : param.telling[state.metric]);
const byTelling = () => [...data.params].sort((a, b) => (explains(b) ?? -1) - (explains(a) ?? -1));
const varied = () => byTelling().filter((param) => new Set(param.values.filter((value) => value !== null)).size > 1);

// The same trial gets the same place within its level, in each chart and at each drawing.
function jitter(i, room) {
  const hash = Math.imul(data.trials.number[i] + 1, 2654435761) >>> 8;
  return ((hash % 1000) / 1000 - 0.5) * room;
}
function symbol(parent, i, x, y, domain, scale, radius) {
  const value = score(i);
  if (scale.below(value)) {
    const down = `M${x - 4},${y - 7}h8l-4,7z`;
    return mark(svg("path", { d: down, class: `mark below ${shade(value, domain)}`, "data-x": x, "data-y": y }, parent), i);
  }
  return mark(svg("circle", { cx: x, cy: y, r: radius, class: `mark ${shade(value, domain)}` }, parent), i);
}
function cross(parent, i, x, y) {
  const d = `M${x - 3},${y - 3}l6,6m0,-6l-6,6`;
  mark(svg("path", { d, class: "failed", "data-x": x, "data-y": y }, parent), i);
}
// Marks from the worst to the best, so that the best lies on top.
function symbols(area, place, y, domain, shown) {
  const best = bestOf(shown);
  const radius = shown.length > 600 ? 2.4 : shown.length > 120 ? 3.2 : 4.2;
  for (const i of [...shown].sort((a, b) => (a === best) - (b === best) || rank(b) - rank(a))) {
    const node = symbol(area.marks, i, place(i), y.at(score(i)), domain, y, i === best ? radius + 2 : radius);
    if (i === best) node.classList.add("best");
  }
}
function paramChart(parent, param) {
  const shown = scored().filter((i) => param.values[i] !== null);
  const domain = scoreDomain(shown.map(score));
  const [area, y] = scoreFrame(parent, `${said().name} against ${param.name}`, 260, domain, { right: 12, top: 14, bottom: 46 });
  const x = paramScale(param, area.left, area.right);
  leftAxis(area, y);
  bottomAxis(area, x);
  const place = (i) => x.at(param.values[i]) + (x.labels ? jitter(i, Math.min(120, x.step * 0.6)) : 0);
  symbols(area, place, y, domain, shown);
  const rail = area.bottom + 34;
  const failed = broken().filter((i) => param.values[i] !== null);
  for (const i of failed) cross(area.marks, i, place(i), rail);
  if (failed.length) svg("text", { x: area.left - 8, y: rail + 4, "text-anchor": "end", class: "failed-label", text: "failed" }, area.grid);
  if (x.labels) levelMeans(area, x, y, param, shown);
  else trend(area, x, y, param, shown);
}
function levelMeans(area, x, y, param, shown) {
  for (const place of x.labels.keys()) {
    const scores = shown.filter((i) => param.values[i] === place).map(score);
    if (scores.length < 2) continue;
    const mean = scores.reduce((sum, value) => sum + value, 0) / scores.length;
    if (y.below(mean)) continue; // fits that diverged are told by their marks at the edge
    const half = Math.min(26, x.step * 0.38);
    const at = { x1: x.at(place) - half, x2: x.at(place) + half, y1: y.at(mean), y2: y.at(mean) };
    const line = svg("line", { ...at, class: "level-mean told", "data-level": x.labels[place], "data-mean": mean }, area.marks);
    told.set(line, [`${param.name} = ${x.labels[place]}`, [[`mean ${said().name}`, scoreText(mean)], ["trials", whole(scores.length)]]]);
  }
}
// Medians of eight equal parts of the trials, in the order of the param: where the eye should look for a trend.
function trend(area, x, y, param, shown) {
  if (shown.length < 40) return;
  const order = [...shown].sort((a, b) => param.values[a] - param.values[b]);
  const points = [];
  for (let part = 0; part < 8; part++) {
    const some = order.slice(Math.floor((part * order.length) / 8), Math.floor(((part + 1) * order.length) / 8));
    const middle = (values) => quantile(values.sort((a, b) => a - b), 0.5);
    points.push(`${x.at(middle(some.map((i) => param.values[i])))},${y.at(middle(some.map(score)))}`);
  }
  svg("polyline", { points: points.join(" "), class: "trend" }, area.marks);
}
function drawParams() {
  const parent = document.getElementById("params");
  parent.replaceChildren();
  for (const param of byTelling()) {
    const card = html("figure", { class: "card", "data-param": param.name }, parent);
    const caption = html("figcaption", {}, card);
    html("b", { text: param.name }, caption);
    if (explains(param) === null) continue;
    const share = Math.round(explains(param) * 100);
    const what = alone(param) ? "the variance" : "the ranking";
    html("span", { class: "telling", text: `${share} % of ${what}` }, caption);
    html("meter", { min: 0, max: 100, value: share, "aria-label": `explains ${share} % of ${what}` }, caption);
  }
  // All cards first: a lone card would take the whole row's width.
  byTelling().forEach((param, n) => paramChart(html("div", { class: "chart" }, parent.children[n]), param));
}

const pair = { x: null, y: null };
function cells(param) {
  if (param.labels.length) return { labels: param.labels, of: (value) => value };
  const bins = 6;
  const known = param.values.filter((value) => value !== null);
  const to = param.log ? Math.log : (value) => value;
  const back = param.log ? Math.exp : (value) => value;
  const [low, high] = [to(Math.min(...known)), to(Math.max(...known))];
  const edge = (bin) => back(low + ((high - low) * bin) / bins);
  const labels = Array.from({ length: bins }, (_, bin) => `${short(edge(bin), 2)} – ${short(edge(bin + 1), 2)}`);
  return { labels, of: (value) => Math.min(bins - 1, Math.floor(((to(value) - low) / (high - low)) * bins)) };
}
function drawInteraction() {
  const params = varied();
  const section = document.getElementById("interaction");
  section.hidden = params.length < 2;
  if (section.hidden) return;
  if (!params.includes(pair.x) || !params.includes(pair.y) || !pair.chosen) [pair.x, pair.y] = params;
  choices("pair-x", params, "x");
  choices("pair-y", params, "y");
  heatmap(document.getElementById("heatmap"));
}
function choices(id, params, side) {
  const select = document.getElementById(id);
  select.replaceChildren();
  for (const param of params) html("option", { text: param.name }, select).selected = param === pair[side];
  select.onchange = () => {
    const other = side === "x" ? "y" : "x";
    if (params[select.selectedIndex] === pair[other]) pair[other] = pair[side];
    pair[side] = params[select.selectedIndex];
    pair.chosen = true;
    drawInteraction();
  };
}
function heatmap(parent) {
  const shown = scored().filter((i) => pair.x.values[i] !== null && pair.y.values[i] !== null);
  if (!shown.length) return nothing(parent, "No trial with both parameters has a score.");
  const [across, up] = [cells(pair.x), cells(pair.y)];
  const left = Math.min(150, roomFor(up.labels, 56));
  const height = Math.min(560, Math.max(220, 40 * up.labels.length + 66));
  const area = frame(parent, `${said().name} by ${pair.x.name} and ${pair.y.name}`, height, { left, right: 8, top: 26, bottom: 40 });
  const [x, y] = [band(across.labels, area.left, area.right), band(up.labels, area.bottom, area.top)];
  bottomAxis(area, x, pair.x.name);
  leftAxis(area, y, pair.y.name);
  const found = new Map();
  for (const i of shown) {
    const key = `${across.of(pair.x.values[i])} ${up.of(pair.y.values[i])}`;
    found.set(key, [...(found.get(key) || []), i]);
  }
  const mean = (list) => list.reduce((sum, i) => sum + score(i), 0) / list.length;
  const domain = scoreDomain([...found.values()].map(mean));
  for (const [key, list] of found) cell(area, key.split(" ").map(Number), list, mean(list), domain, x, y);
}
function cell(area, [column, row], list, value, domain, x, y) {
  const tone = shade(value, domain);
  const [width, height] = [Math.max(0, x.step - 3), Math.max(0, -y.step - 3)];
  const group = svg("g", { class: `cell told ${tone}`, "data-x": x.labels[column], "data-y": y.labels[row], "data-mean": value, "data-count": list.length }, area.marks);
  svg("rect", { x: x.at(column) - width / 2, y: y.at(row) - height / 2, width, height, rx: 4 }, group);
  if (width > 40 && height > 18) svg("text", { x: x.at(column), y: y.at(row) + 4, "text-anchor": "middle", text: cutText(scoreText(value, 3), width) }, group);
  const best = bestOf(list);
  const rows = [[pair.x.name, x.labels[column]], [pair.y.name, y.labels[row]], [`mean ${said().name}`, scoreText(value)]];
  told.set(group, [`${whole(list.length)} trial${list.length > 1 ? "s" : ""}`, [...rows, ["best", scoreText(score(best))]]]);
}
