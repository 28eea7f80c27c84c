// Which params mattered: each one's and each pair's share of the scores' variance, with how sure that is.
const important = () => data.importance[state.metric];

function drawImportance() {
  const found = important();
  const [lead, parent] = [document.getElementById("sure"), document.getElementById("shares")];
  parent.parentNode.hidden = !found.shares.length;
  if (!found.shares.length) {
    lead.textContent = `${found.why.charAt(0).toUpperCase()}${found.why.slice(1)}.`;
    return;
  }
  const foretold = Math.round(found.foretold * 100);
  lead.textContent = `Shares of the variance of ${said().name} over the whole space, by a forest grown on ${whole(found.trials)} trials, which foretells ${foretold} % of what trials that it has not seen score${foretold < 50 ? ": take it as a hint" : ""}. The thin line is one standard deviation over its trees.`;
  const names = found.shares.map((one) => one.names.join(" × "));
  const narrow = parent.clientWidth < 560; // names stand above their bars
  const left = narrow ? 4 : Math.min(1.2 * roomFor(names), parent.clientWidth * 0.42);
  const area = frame(parent, "share of the variance", (narrow ? 46 : 30) * names.length + 8, { left, right: 92, top: 4, bottom: 4 });
  const most = Math.max(...found.shares.map((one) => one.share + one.deviation), 0.01);
  const x = linear(0, most, area.left, area.right);
  const y = band(names, area.top, area.bottom);
  found.shares.forEach((one, n) => shareBar(area, one, names[n], x, y.at(n) + (narrow ? 10 : 0), narrow));
}
function shareBar(area, one, name, x, at, narrow) {
  const group = svg("g", { class: `share told${one.names.length > 1 ? " pair" : ""}`, "data-names": name, "data-share": one.share }, area.marks);
  const beside = { x: area.left - 8, y: at + 4, "text-anchor": "end" };
  const label = svg("text", { ...(narrow ? { x: area.left, y: at - 15 } : beside), class: "name" }, group);
  titled(label, name, narrow ? area.width - 8 : area.left - 10);
  svg("rect", { x: area.left, y: at - 9, width: Math.max(1, x.at(one.share) - area.left), height: 18, rx: 3 }, group);
  const [from, to] = [Math.max(0, one.share - one.deviation), one.share + one.deviation].map(x.at);
  svg("line", { x1: from, x2: to, y1: at, y2: at, class: "sure" }, group);
  const text = `${Math.round(one.share * 100)} % ± ${Math.round(one.deviation * 100)}`;
  svg("text", { x: area.width - 4, y: at + 4, "text-anchor": "end", class: "value", text }, group);
  const what = one.names.length > 1 ? "together, beyond each alone" : "alone";
  told.set(group, [name, [[what, text]]]);
}
