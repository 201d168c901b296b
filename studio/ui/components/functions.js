const COLUMNS = [
  ["coverage", (row) => row.coverage],
  ["precision", (row) => row.precision ?? -1],
  ["overlaps", (row) => row.overlaps],
  ["conflicts", (row) => row.conflicts],
  ["faults", (row) => row.faults],
];
const MARKS = { right: "✓", wrong: "✗", voted: "•", abstains: "", fault: "!" };

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".functions");
  const desk = openDesk(parentElement, data, setStateValue);
  desk.memory.draw = () => redraw(root, () => table(data, desk));
  desk.memory.draw();
}

function table(data, desk) {
  const memory = desk.memory;
  const rows = ordered(data.rows.filter((row) => wanted(row, memory.find)), memory);
  const parts = [];
  if (data.rows.length > 8) parts.push(finder(data, memory));
  const body = element("tbody", {}, rows.map((row) => line(row, data, desk)));
  const head = element("thead", {}, [heads(data, memory)]);
  parts.push(element("div", { class: "scroll" }, [element("table", {}, [head, body])]));
  if (!rows.length) parts.push(element("p", { class: "muted", text: data.words.none }));
  return parts;
}

function wanted(row, words) {
  const sought = (words || "").toLowerCase();
  return [row.name, row.kind_title, ...row.labels.map((label) => label.name)].some((text) =>
    text.toLowerCase().includes(sought),
  );
}

function ordered(rows, memory) {
  const column = COLUMNS.find(([name]) => name === memory.sort);
  if (!column && memory.sort !== "name") return rows;
  const value = column ? column[1] : (row) => row.name.toLowerCase();
  const sign = memory.down ? -1 : 1;
  return [...rows].sort((a, b) => sign * (value(a) > value(b) ? 1 : value(a) < value(b) ? -1 : 0));
}

function finder(data, memory) {
  const box = element("input", {
    type: "search",
    value: memory.find || "",
    placeholder: data.words.find,
    "aria-label": data.words.find,
    "data-focus": "find",
  });
  box.addEventListener("input", () => {
    memory.find = box.value;
    const at = box.selectionStart;
    memory.draw();
    const again = box.getRootNode().activeElement;
    if (again && again.setSelectionRange) again.setSelectionRange(at, at);
  });
  return box;
}

function heads(data, memory) {
  const cells = [element("th", { class: "narrow", text: data.words.on }), sortable("name", data, memory)];
  if (data.viewing) cells.push(element("th", { class: "narrow", text: data.words.here, title: data.words.here_help }));
  for (const [name] of COLUMNS) cells.push(sortable(name, data, memory));
  cells.push(element("th", {}, [element("span", { class: "hidden", text: data.words.more })]));
  return element("tr", {}, cells);
}

function sortable(name, data, memory) {
  const sorted = memory.sort === name;
  const press = () => {
    memory.down = sorted ? !memory.down : name !== "name";
    memory.sort = name;
    memory.draw();
  };
  const arrow = sorted ? (memory.down ? " ↓" : " ↑") : "";
  const button = element("button", {
    class: "head",
    type: "button",
    title: data.words[`${name}_help`] || "",
    text: data.words[name] + arrow,
    "data-focus": `sort-${name}`,
    onclick: press,
  });
  const state = sorted ? (memory.down ? "descending" : "ascending") : "none";
  return element("th", { "aria-sort": state, class: name === "name" ? "" : "number" }, [button]);
}

function line(row, data, desk) {
  const cells = [element("td", { class: "narrow" }, [turner(row, data, desk)]), nameCell(row, data, desk)];
  if (data.viewing) cells.push(hereCell(row, data));
  cells.push(share(row, "coverage", "", `${row.n_votes.toLocaleString()}`, data, desk));
  cells.push(precisionCell(row, data, desk));
  cells.push(share(row, "overlaps", "overlaps", "", data, desk));
  cells.push(share(row, "conflicts", "conflicts", "", data, desk));
  cells.push(faultCell(row, data, desk));
  cells.push(element("td", { class: "narrow" }, [remover(row, data, desk)]));
  const editing = row.id === data.editing;
  return element("tr", { class: `${editing ? "editing" : ""} ${row.on ? "" : "off"}`, "aria-current": editing ? "true" : null }, cells);
}

function turner(row, data, desk) {
  const box = element("input", {
    type: "checkbox",
    role: "switch",
    "aria-label": data.words.takes_part.replace("{name}", row.name),
    "data-focus": `on-${row.id}`,
  });
  box.checked = row.on;
  box.addEventListener("change", () => desk.send("toggle", { id: row.id, value: box.checked }));
  return box;
}

function nameCell(row, data, desk) {
  const name = element("button", {
    class: "name",
    type: "button",
    text: row.name,
    title: data.words.edit,
    "data-focus": `edit-${row.id}`,
    onclick: () => desk.send("edit", { id: row.id }),
  });
  const run = element("span", {
    class: row.stale ? "stale" : "muted",
    text: row.run,
    title: row.stale ? data.words.stale_help : data.words.run_help,
  });
  const kind = element("span", { class: "muted", text: `${row.kind_title} ·` });
  const below = element("div", { class: "below" }, [kind, run]);
  for (const label of row.labels) below.append(chipOf(label));
  if (row.more_labels) below.append(element("span", { class: "muted", text: `+${row.more_labels}` }));
  if (row.pins) below.append(pinsOf(row, data));
  for (const copy of row.copies) below.append(element("span", { class: "warn", text: copy }));
  return element("td", { class: "first" }, [name, below]);
}

function pinsOf(row, data) {
  const broken = row.pins_broken > 0;
  const words = broken ? data.words.pins_broken : data.words.pins_kept;
  const text = words.replace("{n}", broken ? row.pins_broken : row.pins).replace("{all}", row.pins);
  return element("span", { class: broken ? "bad" : "good", text });
}

function hereCell(row, data) {
  const here = row.here;
  const cell = element("td", { class: "narrow" });
  if (!here) return cell;
  const words = data.words[`here_${here.mark}`];
  cell.append(element("span", { class: `here ${here.mark}`, title: words, "aria-label": words, role: "img", text: MARKS[here.mark] || "–" }));
  return cell;
}

function share(row, name, which, below, data, desk) {
  const cell = element("td", { class: "number" });
  cell.append(leading(row, which, percent(row[name]), row[name] > 0, data, desk, name));
  if (below) cell.append(element("small", { text: below }));
  return cell;
}

function leading(row, which, words, enabled, data, desk, name) {
  if (!enabled) return element("span", { class: "muted", text: words });
  return element("button", {
    class: "link",
    type: "button",
    text: words,
    title: data.words.documents,
    "aria-label": `${row.name}: ${data.words[name]} ${words}`,
    "data-focus": `${name}-${row.id}`,
    onclick: () => desk.send("documents", { id: row.id, which }),
  });
}

function precisionCell(row, data, desk) {
  const cell = element("td", { class: "number wide" });
  if (row.precision === null) {
    cell.append(element("span", { class: "muted", text: data.words.no_gold }));
    return cell;
  }
  cell.append(leading(row, "wrong", percent(row.precision), row.right < row.n_gold, data, desk, "precision"));
  const words = `${row.right}/${row.n_gold} · ${Math.round(100 * row.low)}–${Math.round(100 * row.high)} %`;
  const bar = element("span", { class: "interval", "aria-hidden": "true" }, [
    element("i", { style: { left: `${100 * row.low}%`, width: `${Math.max(2, 100 * (row.high - row.low))}%` } }),
    element("b", { style: { left: `${100 * row.precision}%` } }),
  ]);
  cell.append(bar, element("small", { text: words, title: data.words.interval_help }));
  return cell;
}

function faultCell(row, data, desk) {
  const cell = element("td", { class: "number" });
  if (row.failed) {
    cell.append(element("button", { class: "link bad", type: "button", text: data.words.failed, "data-focus": `faults-${row.id}`, onclick: () => desk.send("faults", { id: row.id }) }));
  } else if (row.faults) {
    cell.append(element("button", { class: "link bad", type: "button", text: row.faults.toLocaleString(), "aria-label": `${row.name}: ${data.words.faults} ${row.faults}`, "data-focus": `faults-${row.id}`, onclick: () => desk.send("faults", { id: row.id }) }));
  } else {
    cell.append(element("span", { class: "muted", text: "0" }));
  }
  return cell;
}

function remover(row, data, desk) {
  return element("button", {
    class: "icon",
    type: "button",
    text: "✕",
    title: data.words.delete,
    "aria-label": `${data.words.delete} ${row.name}`,
    "data-focus": `delete-${row.id}`,
    onclick: () => desk.send("delete", { id: row.id }),
  });
}

function percent(value) {
  return value > 0 && value < 0.001 ? "<0.1 %" : `${(100 * value).toFixed(1)} %`;
}
