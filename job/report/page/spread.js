// Fold spread of the best trials, score against time, and the best so far.
function drawFolds() {
  const parent = document.getElementById("spread");
  const top = data.folds[metricName()];
  if (!top.length) return nothing(parent, "No trial has a score.");
  const names = top.map((row) => `#${row.trial}`);
  const area = frame(parent, `${said().name} of each fold`, 26 * top.length + 52, { left: roomFor(names, 48), right: 14, top: 10, bottom: 42 });
  const all = top.flatMap((row) => row.scores).filter((value) => value !== null);
  const x = { ...linear(...roomy(Math.min(...all), Math.max(...all), false), area.left, area.right), text: (value) => scoreText(value) };
  const y = band(names, area.top, area.bottom);
  bottomAxis(area, x, said().sign < 0 ? `${said().name}: better to the right` : said().name);
  leftAxis(area, y);
  top.forEach((row, place) => foldRow(area, row, x, y.at(place)));
}
function foldRow(area, row, x, at) {
  const known = row.scores.filter((value) => value !== null);
  const i = data.trials.number.indexOf(row.trial);
  const group = svg("g", { class: "fold-row", "data-row": row.trial }, area.marks);
  if (i >= 0) mark(svg("rect", { x: area.left, y: at - 12, width: Math.max(0, area.right - area.left), height: 24, class: "catch" }, group), i);
  svg("line", { x1: x.at(Math.min(...known)), x2: x.at(Math.max(...known)), y1: at, y2: at, class: "range" }, group);
  row.scores.forEach((value, fold) => {
    if (value === null) return;
    const dot = svg("circle", { cx: x.at(value), cy: at, r: 4, class: "dot told", "data-fold": fold, "data-score": value }, group);
    told.set(dot, [`trial ${row.trial}, fold ${fold}`, [[said().name, scoreText(value)]]]);
  });
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const tickMark = { x1: x.at(mean), x2: x.at(mean), y1: at - 8, y2: at + 8 };
  svg("line", { ...tickMark, class: "mean", "data-mean": mean }, group);
}

function drawTime() {
  const parent = document.getElementById("time-chart");
  const figure = parent.closest("figure");
  figure.hidden = !data.way;
  if (figure.hidden) return;
  const shown = scored().filter((i) => data.trials.seconds[i] !== null);
  if (!shown.length) return nothing(parent, "No trial has a score.");
  const domain = scoreDomain(shown.map(score));
  const [area, y] = scoreFrame(parent, `${said().name} against the time of a fit`, 300, domain, { right: 14, top: 14, bottom: 46 });
  const seconds = shown.map((i) => data.trials.seconds[i]);
  const [low, high] = [Math.max(1e-6, Math.min(...seconds)), Math.max(1e-6, ...seconds)];
  const isLog = high / low > 30;
  const x = { ...(isLog ? logarithmic : linear)(...roomy(low, high, isLog), area.left, area.right), text: duration };
  leftAxis(area, y);
  bottomAxis(area, x, data.way === "fit" ? "mean time of a fit" : "a fit's share of its group's time, mean");
  const place = (i) => x.at(Math.max(1e-6, data.trials.seconds[i]));
  const front = frontOf(shown);
  const steps = front.map((i, n) => (n ? `V${y.at(score(i))}` : `M${place(i)},${y.at(score(i))}`) + (front[n + 1] === undefined ? "" : `H${place(front[n + 1])}`));
  svg("path", { d: steps.join(""), class: "front", "data-front": front.map((i) => data.trials.number[i]).join(" ") }, area.marks);
  symbols(area, place, y, domain, shown);
}
// The trials that none beats in both score and time.
function frontOf(shown) {
  const order = [...shown].sort((a, b) => data.trials.seconds[a] - data.trials.seconds[b] || score(b) - score(a));
  let most = -Infinity;
  return order.filter((i) => {
    const better = score(i) > most;
    if (better) most = score(i);
    return better;
  });
}

function drawProgress() {
  const parent = document.getElementById("progress-chart");
  const shown = scored().filter((i) => data.trials.finished[i] !== null && data.trials.twin[i] < 0);
  if (!shown.length) return nothing(parent, "No trial has a score.");
  const domain = scoreDomain(shown.map(score));
  const [area, y] = scoreFrame(parent, `best ${said().name} so far`, 300, domain, { right: 14, top: 14, bottom: 46 });
  const order = [...shown].sort((a, b) => data.trials.finished[a] - data.trials.finished[b]);
  const longest = data.trials.finished[order[order.length - 1]];
  const [unit, name] = longest < 180 ? [1, "seconds"] : longest < 10800 ? [60, "minutes"] : [3600, "hours"];
  const time = (i) => Math.max(0, data.trials.finished[i]) / unit;
  const x = linear(0, Math.max(longest / unit, 1e-3) * 1.02, area.left, area.right);
  leftAxis(area, y);
  bottomAxis(area, x, `${name} since the first fit began`);
  symbols(area, (i) => x.at(time(i)), y, domain, shown);
  let most = -Infinity;
  let d = "";
  for (const i of order) {
    if (score(i) <= most) continue;
    most = score(i);
    d += d ? `H${x.at(time(i))}V${y.at(most)}` : `M${x.at(time(i))},${y.at(most)}`;
  }
  svg("path", { d: `${d}H${area.right}`, class: "so-far", "data-best": most }, area.marks);
}
