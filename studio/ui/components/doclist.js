export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".documents");
  const desk = openDesk(parentElement, data, setStateValue);
  desk.data = data;
  redraw(root, () => [
    element("div", { class: "scroll" }, [
      element("ul", {}, data.rows.map((row) => item(row, data, desk))),
      data.rows.length ? null : element("p", { class: "muted", text: data.words.none }),
    ]),
  ]);
  if (!desk.listens && data.words.select) {
    desk.listens = true;
    root.addEventListener("mouseup", () => offer(root, desk));
    root.addEventListener("keyup", () => offer(root, desk));
  }
}

function item(row, data, desk) {
  const text = element("div", { class: "text", "data-doc": row.id, lang: row.lang || null }, pieces(row));
  if (row.more) text.append(element("span", { class: "muted", text: row.more }));
  const head = element("div", { class: "head" }, [
    element("span", { class: "muted", text: `#${row.id}` }),
    ...row.chips.map((chip) => chipOf(chip, chip.detail)),
    ...row.notes.map((note) => element("span", { class: note.tone || "muted", text: note.text })),
    element("span", { class: "space" }),
    ...data.buttons.filter((button) => wanted(button, row)).map((button) => press(button, row, desk)),
  ]);
  return element("li", { class: row.id === data.viewing ? "viewing" : "" }, [head, text]);
}

function wanted(button, row) {
  return !(row.without || []).includes(button.verb);
}

function press(button, row, desk) {
  return element("button", {
    type: "button",
    class: "act",
    text: button.text,
    title: button.help,
    "aria-label": `${button.help} (#${row.id})`,
    "data-focus": `${button.verb}-${row.id}`,
    onclick: () => desk.send(button.verb, { id: row.id }),
  });
}

// Marks come as [start, end, color index] in characters as Python counts them: code points.
function pieces(row) {
  const points = Array.from(row.text);
  const parts = [];
  let at = 0;
  for (const [start, end, label] of row.marks) {
    if (start < at || end <= start) continue;
    parts.push(document.createTextNode(points.slice(at, start).join("")));
    const color = row.colors[label] || {};
    const mark = element("mark", { text: points.slice(start, end).join("") });
    Object.assign(mark.style, { background: color.soft, color: color.ink, borderBottomColor: color.solid });
    parts.push(mark);
    at = end;
  }
  parts.push(document.createTextNode(points.slice(at).join("")));
  return parts;
}

// Words that are selected in a text can become a labeling function.
function offer(root, desk) {
  const old = root.querySelector(".offer");
  const host = root.getRootNode();
  const chosen = host.getSelection ? host.getSelection() : document.getSelection();
  const words = String(chosen || "").trim();
  const inside = chosen && chosen.anchorNode && chosen.anchorNode.parentElement?.closest(".text");
  if (!words || words.length > 200 || !inside) {
    if (old) old.remove();
    return;
  }
  if (old && old.dataset.words === words) return;
  if (old) old.remove();
  const shown = words.length > 40 ? `${words.slice(0, 39)}…` : words;
  const button = element("button", {
    type: "button",
    class: "act offer",
    text: desk.data.words.select.replace("{words}", shown),
    onclick: () => desk.send("select", { id: Number(inside.dataset.doc), text: words }),
  });
  button.dataset.words = words;
  inside.after(button);
}
