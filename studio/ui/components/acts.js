// What was pressed goes to the server in a list that grows until the server has seen it, so that
// no press is lost however fast presses come.
const desks = new WeakMap();

function openDesk(parentElement, data, setStateValue) {
  let desk = desks.get(parentElement);
  if (!desk) {
    const epoch = `${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
    desk = { epoch, seq: 0, pending: [], memory: {} };
    desks.set(parentElement, desk);
  }
  const seen = (data.seen || {})[desk.epoch] || 0;
  desk.pending = desk.pending.filter((act) => act.seq > seen);
  desk.send = (verb, values = {}) => {
    desk.seq += 1;
    desk.pending.push({ seq: desk.seq, verb, ...values });
    setStateValue("acts", { epoch: desk.epoch, list: [...desk.pending] });
  };
  return desk;
}

function element(tag, attributes = {}, children = []) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(made.style, value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children) if (child) made.append(child);
  return made;
}

function chipOf(label, detail = "") {
  const dot = element("i", { style: { background: label.solid } });
  const chip = element("span", { class: "chip", style: { background: label.soft, color: label.ink } }, [
    dot,
    document.createTextNode(label.name),
  ]);
  if (detail) chip.append(element("small", { text: ` ${detail}` }));
  return chip;
}

// Rebuilds the content and puts the focus back where it was.
function redraw(root, build) {
  const active = root.getRootNode().activeElement;
  const focused = active && active.getAttribute && active.getAttribute("data-focus");
  const scrolled = root.querySelector(".scroll")?.scrollTop || 0;
  root.replaceChildren(...build());
  const scroller = root.querySelector(".scroll");
  if (scroller) scroller.scrollTop = scrolled;
  if (focused) root.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
}
