// Sends review answers that a change of page or a reload overtook, from whichever page comes next.
// review.js keeps them in the tab's storage; what the server has stored is removed from there.

const PREFIX = "weft.outbox.";
const sent = new WeakMap();

function boxes() {
  const found = {};
  for (let place = 0; place < sessionStorage.length; place++) {
    const name = sessionStorage.key(place);
    if (!name.startsWith(PREFIX)) continue;
    const events = JSON.parse(sessionStorage.getItem(name));
    // An undo of "whatever came last" must not be sent twice, and nobody knows if it was once.
    found[name.slice(PREFIX.length)] = events.filter((event) => event.kind === "answer" || event.of);
  }
  return found;
}

function remove(scope, keys) {
  const name = PREFIX + scope;
  const events = JSON.parse(sessionStorage.getItem(name) ?? "[]");
  const left = events.filter((event) => !keys.includes(event.key) && (event.kind === "answer" || event.of));
  if (left.length) sessionStorage.setItem(name, JSON.stringify(left));
  else sessionStorage.removeItem(name);
}

export default function ({ data, parentElement, setStateValue }) {
  try {
    for (const [scope, keys] of Object.entries(data.stored)) remove(scope, keys);
    if (sent.has(parentElement)) return;
    sent.set(parentElement, true);
    const found = boxes();
    if (Object.keys(found).length) setStateValue("boxes", found);
  } catch (error) {
    console.debug("outbox not readable", error);
  }
}
