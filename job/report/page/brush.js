// Ranges on the axes of parallel coordinates: drawn with the pointer, or by keys; only lines within all of them stay.
const ranges = new Map(); // an axis's name to [low, high], as parts of its height from below

function brushed(name, part) {
  const range = ranges.get(name);
  return !range || (part >= range[0] - 1e-6 && part <= range[1] + 1e-6);
}
function brushable(area, group, name, x, said) {
  const height = area.bottom - area.top;
  const part = (event) => {
    const { top } = area.root.getBoundingClientRect();
    return Math.min(1, Math.max(0, (area.bottom - (event.clientY - top)) / height));
  };
  const box = { x: x - 9, width: 18 };
  const range = svg("rect", { ...box, y: area.top, height: 0, rx: 4, class: "brush" }, group);
  const label = `range of ${name}: the up and down keys move its lower end, with shift its upper end; Escape clears it`;
  const handle = svg("rect", { x: x - 16, width: 32, y: area.top - 6, height: height + 12, class: "handle", tabindex: 0, role: "slider", "aria-orientation": "vertical", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": label }, group);
  const show = () => {
    const [low, high] = ranges.get(name) || [0, 1];
    range.setAttribute("y", area.bottom - high * height);
    range.setAttribute("height", ranges.has(name) ? Math.max(2, (high - low) * height) : 0);
    handle.setAttribute("aria-valuenow", Math.round(low * 100));
    handle.setAttribute("aria-valuetext", ranges.has(name) ? `${said(low)} to ${said(high)}` : "all");
  };
  const set = (found) => {
    if (found) ranges.set(name, found);
    else ranges.delete(name);
    show();
    sieve();
  };
  let from = null;
  handle.addEventListener("pointerdown", (event) => {
    from = part(event);
    handle.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  handle.addEventListener("pointermove", (event) => {
    if (from === null) return;
    const to = part(event);
    if (Math.abs(to - from) * height > 3) set([Math.min(from, to), Math.max(from, to)]);
  });
  handle.addEventListener("pointerup", (event) => {
    if (from !== null && Math.abs(part(event) - from) * height <= 3) set(null); // a click takes the range away
    from = null;
  });
  handle.addEventListener("keydown", (event) => {
    const step = { ArrowUp: 0.05, ArrowDown: -0.05, PageUp: 0.2, PageDown: -0.2 }[event.key];
    const [low, high] = ranges.get(name) || [0, 1];
    if (event.key === "Escape" || event.key === "Delete") set(null);
    else if (!step) return;
    else if (event.shiftKey) set([low, Math.min(1, Math.max(low, high + step))]);
    else set([Math.max(0, Math.min(high, low + step)), high]);
    event.preventDefault();
  });
  show();
}
