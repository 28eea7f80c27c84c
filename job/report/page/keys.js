// Charts by keyboard: a chart takes the focus, arrow keys go from mark to mark, and the tooltip tells each.
function walkable(root) {
  let at = null;
  const inView = (node) => node.closest(".out, .catch") === null || node.classList.contains("told");
  const place = (node) => {
    const { left, top, width, height } = node.getBoundingClientRect();
    return { clientX: left + width / 2, clientY: top + height / 2 };
  };
  const walk = () => {
    const found = [...root.querySelectorAll("[data-trial], .told")].filter(inView);
    const places = new Map(found.map((node) => [node, place(node)]));
    return found.sort((a, b) => places.get(a).clientX - places.get(b).clientX || places.get(a).clientY - places.get(b).clientY);
  };
  const show = (node) => {
    for (const one of root.querySelectorAll(".at")) one.classList.remove("at");
    at = node;
    if (node) node.classList.add("at");
    tellOf(node || null, node ? place(node) : {});
  };
  const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };
  root.addEventListener("keydown", (event) => {
    if (event.target !== root) return;
    if (event.key === "Escape") return show(null);
    const marks = walk();
    const tenth = Math.max(1, Math.round(marks.length / 10));
    const step = { ...steps, PageDown: tenth, PageUp: -tenth }[event.key];
    const now = marks.indexOf(at);
    let next = null;
    if (event.key === "Home") next = 0;
    else if (event.key === "End") next = marks.length - 1;
    else if (step) next = now < 0 ? 0 : Math.min(marks.length - 1, Math.max(0, now + step));
    if (next === null || !marks.length) return;
    event.preventDefault();
    show(marks[next]);
  });
  root.addEventListener("blur", () => show(null));
}
