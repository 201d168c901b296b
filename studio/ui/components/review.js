// The review card: shows one document after another and collects answers by keyboard.
//
// An answer takes effect here at once and goes into an outbox. The whole outbox is sent as state
// each time, and what the server acknowledges leaves it: no press of a key can be lost, however
// fast they come. The outbox is also kept in the tab's storage, so that answers that a change of
// page or a reload overtook are sent by the next page (outbox.js).

const KEEP_BEHIND = 300;
const desks = new WeakMap();

// crypto.randomUUID is missing where a studio is served without TLS.
function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

class Desk extends View {
  constructor(root, data) {
    super();
    this.root = root;
    this.mount = randomKey();
    this.seq = 0;
    this.scope = data.scope;
    this.outbox = this.recall();
    this.reset(data.epoch);
    this.returnsSeen = data.returned.length;
    for (const event of this.outbox) {
      if (event.kind === "answer") this.answers.set(event.doc, event);
    }
    this.helpOpen = false;
    this.filter = "";
    this.build();
    this.onKey = (event) => this.pressed(event);
    document.addEventListener("keydown", this.onKey);
    // Who comes by a link still has it focused, and Enter would follow it again. The focus moves
    // on to the text, unless somebody is typing.
    if (!isEditable(document.activeElement)) setTimeout(() => this.text.focus({ preventScroll: true }));
  }

  reset(epoch) {
    this.epoch = epoch;
    this.cards = [];
    this.answers = new Map();
    this.trail = [];
    this.position = 0;
    this.returnsSeen = 0;
  }

  // ---- what comes from the server

  update(data, send) {
    this.data = data;
    this.send = send;
    this.root.style.setProperty("--muted", data.muted);
    if (data.epoch !== this.epoch) this.reset(data.epoch);
    if (data.ack && data.ack.mount === this.mount) {
      this.outbox = this.outbox.filter((event) => event.seq > data.ack.seq);
      this.remember();
    }
    for (const id of data.rejected) this.answers.delete(id);
    this.merge(data.cards);
    this.takeBack(data.returned.slice(this.returnsSeen));
    this.returnsSeen = data.returned.length;
    if (!this.current() || this.answers.has(this.current().id)) this.toNextOpen();
    this.buildLabels();
    this.draw();
    if (this.outbox.length && !this.resent) this.post();
    this.resent = true;
  }

  merge(cards) {
    const known = new Set(this.cards.map((card) => card.id));
    for (const card of cards) if (!known.has(card.id)) this.cards.push(card);
    const behind = this.position - KEEP_BEHIND;
    if (behind > 0) {
      this.cards.splice(0, behind);
      this.position -= behind;
    }
  }

  takeBack(ids) {
    for (const id of ids) this.answers.delete(id);
    const place = this.cards.findIndex((card) => card.id === ids.at(-1));
    if (place < 0 || !this.awaitingReturn) return;
    this.position = place;
    this.awaitingReturn = false;
  }

  // ---- answers

  current() {
    return this.cards[this.position];
  }

  answer(label, status) {
    const card = this.current();
    if (!card) return;
    const event = { kind: "answer", key: randomKey(), doc: card.id, label, status };
    this.answers.set(card.id, { label, status });
    this.trail.push({ id: card.id, key: event.key, label, status, text: card.text });
    this.queue(event);
    this.toNextOpen();
    this.draw();
  }

  accept() {
    const card = this.current();
    if (!card) return;
    const given = this.answers.get(card.id);
    if (given && given.label !== null) this.answer(given.label, "submitted");
    else if (card.suggestion !== null) this.answer(card.suggestion, "submitted");
    else this.say(this.data.words.nothing_to_accept);
  }

  undo() {
    const last = this.trail.pop();
    this.queue({ kind: "undo", key: randomKey(), of: last ? last.key : null });
    if (last) {
      this.answers.delete(last.id);
      const place = this.cards.findIndex((card) => card.id === last.id);
      if (place >= 0) this.position = place;
    } else {
      this.awaitingReturn = true;
    }
    this.draw();
  }

  queue(event) {
    this.outbox.push({ ...event, seq: ++this.seq });
    this.remember();
    this.post();
  }

  post() {
    this.send("outbox", { mount: this.mount, events: this.outbox.slice() });
  }

  storageKey() {
    return `weft.outbox.${this.scope}`;
  }

  remember() {
    try {
      if (this.outbox.length) {
        sessionStorage.setItem(this.storageKey(), JSON.stringify(this.outbox));
      } else {
        sessionStorage.removeItem(this.storageKey());
      }
    } catch (error) {
      // Storage can be full or forbidden; the outbox still lives in this page.
      console.debug("outbox not stored", error);
    }
  }

  recall() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.storageKey()) ?? "[]");
      // An undo of "whatever came last" is not repeated: it may have been done already.
      const safe = kept.filter((event) => event.kind === "answer" || event.of);
      return safe.map((event) => ({ ...event, seq: ++this.seq }));
    } catch (error) {
      console.debug("outbox not read", error);
      return [];
    }
  }

  toNextOpen() {
    const n = this.cards.length;
    for (let step = 0; step < n; step++) {
      const place = (this.position + step) % n;
      if (!this.answers.has(this.cards[place].id)) {
        this.position = place;
        return;
      }
    }
    this.position = n;
  }

  move(step) {
    const place = this.position + step;
    if (place < 0 || place >= this.cards.length) return;
    this.position = place;
    this.draw();
  }

  makeRule() {
    const card = this.current();
    const words = this.selectedWords();
    if (card && words) this.send("rule", { doc: card.id, text: words, seq: ++this.seq });
  }

  // ---- keys

  pressed(event) {
    if (!this.root.isConnected || event.defaultPrevented || event.repeat || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.composedPath()[0];
    if (target === this.search) return this.pressedInSearch(event);
    if (isEditable(target) || document.querySelector('[role="dialog"]')) return;
    if (isControl(target) && ["Enter", " ", "ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const act = this.actionOf(event);
    if (!act) return;
    event.preventDefault();
    act();
  }

  actionOf(event) {
    const digit = digitOf(event);
    if (digit > 0) {
      if (digit > Math.min(DIGITS, this.data.labels.length)) return null;
      return () => this.answer(digit - 1, "submitted");
    }
    const actions = {
      Enter: () => this.accept(),
      ArrowLeft: () => this.move(-1),
      ArrowRight: () => this.move(1),
      s: () => this.answer(null, "skipped"),
      d: () => this.answer(null, "discarded"),
      u: () => this.undo(),
      f: () => this.makeRule(),
      "?": () => this.toggleHelp(),
      Escape: () => this.helpOpen && this.toggleHelp(),
      "/": this.search ? () => this.search.focus() : undefined,
    };
    return actions[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? null;
  }

  pressedInSearch(event) {
    if (event.key === "Escape") {
      this.clearSearch();
    } else if (event.key === "Enter") {
      const first = this.matching()[0];
      if (first === undefined) return;
      this.clearSearch();
      this.answer(first, "submitted");
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  clearSearch() {
    this.filter = "";
    this.search.value = "";
    this.search.blur();
    this.drawLabels();
  }

  matching() {
    const wanted = this.filter.trim().toLowerCase();
    const names = this.data.labels.map((label, index) => [label.name.toLowerCase(), index]);
    const starting = names.filter(([name]) => name.startsWith(wanted));
    const inside = names.filter(([name]) => !name.startsWith(wanted) && name.includes(wanted));
    return (wanted ? [...starting, ...inside] : names).map(([, index]) => index);
  }

  toggleHelp() {
    this.helpOpen = !this.helpOpen;
    this.drawHelp();
  }

  leave() {
    document.removeEventListener("keydown", this.onKey);
  }
}

function isEditable(target) {
  return Boolean(target) && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function isControl(target) {
  return Boolean(target?.closest?.("a, button, summary, [role=button], [role=tab], [role=option]"));
}

function digitOf(event) {
  // By place on the keyboard, for layouts whose digits need Shift.
  const byPlace = /^(?:Digit|Numpad)([1-9])$/.exec(event.code ?? "");
  if (byPlace && !event.shiftKey) return Number(byPlace[1]);
  return /^[1-9]$/.test(event.key) ? Number(event.key) : 0;
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".review");
  let desk = desks.get(parentElement);
  if (!desk) {
    desk = new Desk(root, data);
    desks.set(parentElement, desk);
  }
  desk.update(data, setStateValue);
  return () => {
    desk.leave();
    desks.delete(parentElement);
  };
}
