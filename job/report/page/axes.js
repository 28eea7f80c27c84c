// Scales, ticks and the frame every chart is drawn in.
function linear(low, high, from, to) {
  const at = (value) => from + ((value - low) / (high - low)) * (to - from);
  const ticks = (about) => {
    const rough = (high - low) / about;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
    const found = [];
    for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) found.push(Number((n * step).toPrecision(12)));
    return found;
  };
  return { at, ticks, low, high };
}
function logarithmic(low, high, from, to) {
  const inner = linear(Math.log10(low), Math.log10(high), from, to);
  const ticks = (about) => {
    const found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
      for (const factor of [1, 2, 5]) found.push(Number((factor * 10 ** power).toPrecision(6)));
    const inside = found.filter((value) => value >= low * 0.999 && value <= high * 1.001);
    const decades = inside.filter((value) => Number.isInteger(Number(Math.log10(value).toFixed(9))));
    if (decades.length < 2) return inside;
    const every = Math.max(1, Math.ceil(decades.length / about));
    return decades.filter((_, n) => n % every === 0);
  };
  return { at: (value) => inner.at(Math.log10(value)), ticks, low, high, log: true };
}
function band(labels, from, to) {
  const step = (to - from) / Math.max(1, labels.length);
  return { at: (place) => from + step * (place + 0.5), step, labels };
}
// A little room at both ends, so that no mark is cut by the frame.
function roomy(low, high, log) {
  if (low === high) return log ? [low / 2, high * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  if (log) return [low * (low / high) ** 0.03, high * (high / low) ** 0.03];
  const room = (high - low) * 0.04;
  return [low - room, high + room];
}
function paramScale(param, from, to) {
  if (param.labels.length) return band(param.labels, from, to);
  const known = param.values.filter((value) => value !== null);
  const [low, high] = known.length ? [Math.min(...known), Math.max(...known)] : [0, 1];
  return (param.log ? logarithmic : linear)(...roomy(low, high, param.log), from, to);
}

// Pixels that the texts of an axis need beside it.
const roomFor = (texts, least = 34) => Math.max(least, 12 + 6.7 * Math.max(0, ...texts.map((text) => text.length)));
const tickTexts = (scale, about) => (scale.labels ? scale.labels : scale.ticks(about).map((value) => (scale.text || short)(value)));

// A frame whose left margin fits the scores beside it, and the scale of these.
function scoreFrame(parent, label, height, domain, margin) {
  const y = scoreScale(domain, height - margin.bottom, margin.top);
  const left = Math.min(roomFor(tickTexts(y, Math.max(2, (height - margin.bottom - margin.top) / 44)), 48), 140);
  return [frame(parent, label, height, { ...margin, left }), y];
}
function frame(parent, label, height, margin, least = 0) {
  parent.replaceChildren();
  const width = Math.max(parent.clientWidth, least);
  const root = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-roledescription": "chart", "aria-label": `${label}. Arrow keys go from mark to mark.`, tabindex: 0 }, parent);
  walkable(root);
  const box = { left: margin.left, right: width - margin.right, top: margin.top, bottom: height - margin.bottom };
  return { root, width, height, ...box, grid: svg("g", { class: "grid" }, root), marks: svg("g", { class: "marks" }, root) };
}
function cutText(text, room) {
  const most = Math.max(3, Math.floor(room / 6.6));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
function bottomAxis(area, scale, title) {
  const labels = scale.labels;
  const values = labels ? labels.map((_, place) => place) : scale.ticks(Math.max(2, (area.right - area.left) / 80));
  const every = labels ? Math.ceil(values.length / Math.max(1, (area.right - area.left) / 34)) : 1;
  for (const value of values) {
    const x = scale.at(value);
    const tick = svg("g", { class: "tick x", "data-value": labels ? labels[value] : value, "data-at": x }, area.grid);
    if (!labels) svg("line", { x1: x, x2: x, y1: area.top, y2: area.bottom }, tick);
    if (value % every && labels) continue;
    const text = labels ? cutText(labels[value], scale.step * every - 4) : (scale.text || short)(value);
    const node = svg("text", { x, y: area.bottom + 16, "text-anchor": "middle", text }, tick);
    if (labels && text !== labels[value]) svg("title", { text: labels[value] }, node);
  }
  if (title) titled(svg("text", { x: area.right, y: area.bottom + 32, "text-anchor": "end", class: "title" }, area.grid), title, area.right);
}
function leftAxis(area, scale, title) {
  const labels = scale.labels;
  const values = labels ? labels.map((_, place) => place) : scale.ticks(Math.max(2, (area.bottom - area.top) / 44));
  for (const value of values) {
    const y = scale.at(value);
    const tick = svg("g", { class: "tick y", "data-value": labels ? labels[value] : value, "data-at": y }, area.grid);
    if (!labels) svg("line", { x1: area.left, x2: area.right, y1: y, y2: y }, tick);
    const text = labels ? cutText(labels[value], area.left - 8) : (scale.text || short)(value);
    const node = svg("text", { x: area.left - 8, y: y + 4, "text-anchor": "end", text }, tick);
    if (labels && text !== labels[value]) svg("title", { text: labels[value] }, node);
  }
  if (title) titled(svg("text", { x: area.left, y: area.top - 10, class: "title" }, area.grid), title, area.right - area.left);
}
// A title, cut where it is longer than its room; whole when pointed at.
function titled(node, title, room) {
  node.textContent = title;
  const length = node.getComputedTextLength();
  if (length <= room) return node;
  room -= 8; // letters differ in width
  node.textContent = `${title.slice(0, Math.max(2, Math.floor((title.length * room) / length) - 1))}…`;
  svg("title", { text: title }, node);
  return node;
}
// A score axis; scores below what is shown sit on its lower edge.
function scoreScale(domain, from, to) {
  const [low, high] = roomy(domain.low, domain.high, false);
  const inner = linear(low, high, from, to);
  return { ...inner, at: (value) => inner.at(Math.max(value, low)), below: (value) => value < low, text: (value) => scoreText(value) };
}
function nothing(parent, text) {
  parent.replaceChildren();
  html("p", { class: "nothing", text }, parent);
}
