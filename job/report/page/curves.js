// Learning curves of the best trials: a line per fold, training rows and held-out rows in two colours.
const curve = { trial: null };

function drawCurves() {
  const trials = [...new Set(data.curves.map((line) => line.trial))];
  const section = document.getElementById("curves");
  section.hidden = !trials.length;
  if (section.hidden) return;
  if (!trials.includes(curve.trial)) curve.trial = trials[0];
  const parent = document.getElementById("curve-trials");
  parent.replaceChildren();
  for (const trial of trials) {
    const button = html("button", { type: "button", text: `trial ${trial}`, "aria-pressed": trial === curve.trial }, parent);
    button.onclick = () => {
      curve.trial = trial;
      drawCurves();
    };
  }
  const lines = data.curves.filter((line) => line.trial === curve.trial);
  const names = [...new Set(lines.flatMap((line) => Object.keys(line.history)))];
  const metrics = [...new Set(names.map((name) => name.replace(/^val_/, "")))];
  const charts = document.getElementById("curve-charts");
  charts.replaceChildren();
  for (const metric of metrics) {
    const card = html("figure", { class: "card", "data-metric": metric }, charts);
    const caption = html("figcaption", {}, card);
    html("b", { text: metric }, caption);
    if (names.includes(metric)) html("span", { class: "key train", text: "training" }, caption);
    if (names.includes(`val_${metric}`)) html("span", { class: "key held", text: "held out" }, caption);
  }
  metrics.forEach((metric, n) => curveChart(html("div", { class: "chart" }, charts.children[n]), metric, lines));
}
function curveChart(parent, metric, lines) {
  const all = lines.flatMap((line) => [...(line.history[metric] || []), ...(line.history[`val_${metric}`] || [])]);
  const values = all.map(([, value]) => value).filter((value) => value !== null);
  if (!values.length) return nothing(parent, "No finite values.");
  const epochs = all.map(([epoch]) => epoch + 1);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const isLog = low > 0 && high / low > 100;
  const y = (isLog ? logarithmic : linear)(...roomy(low, high, isLog), 198, 12);
  const margin = { left: roomFor(tickTexts(y, 4), 48), right: 12, top: 12, bottom: 42 };
  const area = frame(parent, `${metric} of trial ${curve.trial} by epoch`, 240, margin);
  const x = linear(...roomy(Math.min(...epochs), Math.max(...epochs), false), area.left, area.right);
  leftAxis(area, y);
  bottomAxis(area, x, "epoch");
  for (const line of lines)
    for (const [name, kind] of [[metric, "train"], [`val_${metric}`, "held"]]) curveLine(area, line, name, kind, x, y);
}
function curveLine(area, line, name, kind, x, y) {
  const points = (line.history[name] || []).filter(([, value]) => value !== null);
  if (!points.length) return;
  const group = svg("g", { class: `curve ${kind}`, "data-fold": line.fold, "data-name": name }, area.marks);
  svg("polyline", { points: points.map(([epoch, value]) => `${x.at(epoch + 1)},${y.at(value)}`).join(" ") }, group);
  for (const [epoch, value] of points) {
    const dot = svg("circle", { cx: x.at(epoch + 1), cy: y.at(value), r: points.length > 1 ? 5 : 3, class: points.length > 1 ? "catch told" : "told" }, group);
    told.set(dot, [`trial ${line.trial}, fold ${line.fold}`, [["epoch", whole(epoch + 1)], [name, short(value)]]]);
  }
}
