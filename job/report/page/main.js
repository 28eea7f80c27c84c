// Draws everything, again when the metric or the width changes.
const charts = [drawImportance, drawParams, drawInteraction, drawParallel, drawFolds, drawTime, drawProgress, drawCurves];

// Marks that are no longer in the page are not to be lit.
function forget(parent) {
  for (const [i, nodes] of marks) marks.set(i, nodes.filter((node) => !parent.contains(node)));
}
function drawCharts() {
  marks.clear();
  hot = null;
  if (!count || document.querySelector(".charts").hidden) return;
  for (const draw of charts) draw();
}
function copyButtons() {
  for (const button of document.querySelectorAll("button.copy")) {
    button.onclick = async () => {
      await navigator.clipboard.writeText(button.parentNode.querySelector("code").textContent);
      button.textContent = "copied";
    };
  }
}
function start() {
  const select = document.getElementById("metric");
  if (select) {
    select.onchange = () => {
      state.metric = select.selectedIndex;
      drawCharts();
      drawTable();
    };
  }
  watchShare();
  copyButtons();
  drawCharts();
  drawTable();
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    drawCharts();
  });
  document.documentElement.dataset.drawn = "yes";
}
