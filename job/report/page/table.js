// The ranked table: sorted by any column, fifty rows at first.
const table = { column: 0, down: false, rows: 50 };

function tableColumns() {
  const means = data.metrics.map((name, m) => ({
    name: data.said[m].name,
    title: data.said[m].sign < 0 ? `less is better; to scikit-learn ${name}, of which greater is` : name,
    number: true,
    of: (i) => (data.trials.mean[m][i] === null ? null : data.said[m].sign * data.trials.mean[m][i]),
    text: (i) => (data.trials.mean[m][i] === null ? "–" : `${short(data.said[m].sign * data.trials.mean[m][i])} ± ${short(data.trials.std[m][i], 2)}`),
    greater: data.said[m].sign > 0,
  }));
  const params = data.params.map((param) => ({
    name: param.name,
    number: !param.labels.length,
    of: (i) => param.values[i],
    text: (i) => paramText(param, i) ?? "",
  }));
  return [
    { name: "rank", number: true, of: (i) => (score(i) === null ? null : rank(i)), text: (i) => (score(i) === null ? "–" : whole(rank(i))) },
    { name: "trial", number: true, of: (i) => data.trials.number[i], text: (i) => String(data.trials.number[i]) },
    ...means,
    ...params,
    { name: "fit time", number: true, of: (i) => data.trials.seconds[i], text: (i) => duration(data.trials.seconds[i]) },
    { name: "failed", number: true, of: (i) => data.trials.failed[i], text: (i) => (data.trials.failed[i] ? whole(data.trials.failed[i]) : ""), greater: true },
  ];
}
// What a trial lacks goes last, whichever way the column is sorted.
function sorted(column) {
  const sign = table.down ? -1 : 1;
  return [...everyTrial].sort((a, b) => {
    const [left, right] = [column.of(a), column.of(b)];
    if (left === null || right === null) return (left === null) - (right === null) || a - b;
    return sign * (left - right) || rank(a) - rank(b) || a - b;
  });
}
function drawTable() {
  const columns = tableColumns();
  const parent = document.getElementById("ranking");
  parent.replaceChildren();
  const head = html("tr", {}, html("thead", {}, parent));
  columns.forEach((column, n) => headCell(head, column, n));
  const body = html("tbody", {}, parent);
  const order = sorted(columns[table.column]);
  const best = bestOf(scored());
  for (const i of order.slice(0, table.rows)) {
    const row = html("tr", { class: i === best ? "best" : null }, body);
    for (const column of columns) html("td", { class: column.number ? "number" : null, text: column.text(i) }, row);
    row.setAttribute("data-row", data.trials.number[i]);
  }
  const more = document.getElementById("more");
  more.hidden = table.rows >= count;
  more.textContent = `Show all ${whole(count)} rows`;
  more.onclick = () => {
    table.rows = count;
    drawTable();
  };
}
function headCell(head, column, n) {
  const chosen = n === table.column;
  const direction = chosen ? (table.down ? "descending" : "ascending") : "none";
  const cell = html("th", { scope: "col", class: column.number ? "number" : null, "aria-sort": direction }, head);
  const button = html("button", { type: "button", text: column.name, title: column.title }, cell);
  button.onclick = () => {
    table.down = chosen ? !table.down : Boolean(column.greater);
    table.column = n;
    drawTable();
  };
}
