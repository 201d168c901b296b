// How the review card looks. Everything people wrote is put on the page with textContent.
// This file and review.js make one script, in this order.

const DIGITS = 9;
const TRAIL = 10;
const LONGEST_RULE = 200;

function el(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

// Draws what a desk holds: cards, answers, trail, outbox; calls the desk when something is pressed.
class View {
  build() {
    this.root.replaceChildren();
    this.head = el("header", "head");
    this.text = el("div", "text");
    this.text.tabIndex = 0;
    this.rule = this.button("tool rule", () => this.makeRule());
    this.rule.hidden = true;
    for (const name of ["mouseup", "keyup"]) {
      this.text.addEventListener(name, () => this.offerRule());
    }
    this.labels = el("div", "labels");
    this.labels.setAttribute("role", "group");
    this.tools = el("div", "tools");
    this.side = el("aside", "side");
    this.trailBox = el("footer", "trail");
    this.help = el("dl", "help");
    this.status = el("span", "status");
    this.status.setAttribute("role", "status");
    const main = el("div", "main");
    main.append(this.head, this.text, this.rule, this.labels, this.tools, this.help);
    const columns = el("div", "columns");
    columns.append(main, this.side);
    this.root.append(columns, this.trailBox);
  }

  buildLabels() {
    const signature = JSON.stringify([this.data.labels, this.data.words]);
    if (signature === this.labelsDrawn) return;
    this.labelsDrawn = signature;
    this.labels.replaceChildren();
    this.search = null;
    if (this.data.labels.length > DIGITS) this.buildSearch();
    this.buttons = this.data.labels.map((label, index) => this.labelButton(label, index));
    this.box = el("div", this.search ? "buttons many" : "buttons");
    this.box.append(...this.buttons);
    this.labels.append(this.box);
    this.buildTools();
  }

  buildSearch() {
    this.search = el("input", "search");
    this.search.type = "text";
    this.search.placeholder = this.data.words.search;
    this.search.setAttribute("aria-label", this.data.words.search);
    this.search.oninput = () => {
      this.filter = this.search.value;
      this.drawLabels();
    };
    this.labels.append(this.search);
  }

  labelButton(label, index) {
    const button = this.button("label", () => this.answer(index, "submitted"));
    button.style.setProperty("--solid", label.solid);
    button.style.setProperty("--soft", label.soft);
    button.style.setProperty("--ink", label.ink);
    if (index < DIGITS) button.append(el("kbd", "", String(index + 1)));
    button.append(el("span", "name", label.name));
    return button;
  }

  button(className, act) {
    const button = el("button", className);
    button.type = "button";
    // The focus stays where it was, so that Enter goes on meaning "accept".
    button.onmousedown = (event) => event.preventDefault();
    button.onclick = act;
    return button;
  }

  buildTools() {
    const words = this.data.words;
    const tools = [
      ["Enter", words.accept, () => this.accept()],
      ["S", words.skip, () => this.answer(null, "skipped")],
      ["D", words.discard, () => this.answer(null, "discarded")],
      ["U", words.undo, () => this.undo()],
      ["?", words.keys, () => this.toggleHelp()],
    ].map(([key, name, act]) => {
      const button = this.button("tool", act);
      button.append(el("kbd", "", key), el("span", "", name));
      return button;
    });
    this.tools.replaceChildren(...tools, this.status);
  }

  draw() {
    const card = this.current();
    this.root.classList.toggle("empty", !card);
    this.drawHead(card);
    this.text.textContent = card ? card.text : this.data.words.done;
    this.text.scrollTop = 0;
    this.rule.hidden = true;
    this.drawLabels();
    this.drawSide(card);
    this.drawTrail();
    this.drawHelp();
    this.say(this.outbox.length ? this.data.words.saving : this.data.words.saved);
  }

  drawHead(card) {
    this.head.replaceChildren();
    if (!card) return;
    this.head.append(el("span", "id", `#${card.external_id}`), el("span", "reason", card.reason));
    const given = this.answers.get(card.id);
    if (given) this.head.append(el("span", "given", this.wordsOf(given)));
  }

  // Words that are selected in the text can become a labeling function.
  selectedWords() {
    const host = this.root.getRootNode();
    const chosen = host.getSelection ? host.getSelection() : document.getSelection();
    const words = String(chosen ?? "").trim();
    const inside = chosen?.anchorNode && this.text.contains(chosen.anchorNode);
    return inside && words.length <= LONGEST_RULE ? words : "";
  }

  offerRule() {
    const words = this.selectedWords();
    this.rule.hidden = !words;
    if (!words) return;
    const shown = words.length > 40 ? `${words.slice(0, 39)}…` : words;
    this.rule.replaceChildren(el("kbd", "", "F"), el("span", "", this.data.words.rule.replace("{words}", shown)));
  }

  drawLabels() {
    const card = this.current();
    const given = card && this.answers.get(card.id);
    const shown = new Set(this.matching());
    this.buttons.forEach((button, index) => {
      const suggested = Boolean(card) && card.suggestion === index;
      button.disabled = !card;
      button.hidden = !shown.has(index);
      button.classList.toggle("suggested", suggested);
      button.classList.toggle("chosen", Boolean(given) && given.label === index);
      button.querySelector(".probability")?.remove();
      if (suggested) {
        button.append(el("span", "probability", `${Math.round(card.probability * 100)} %`));
      }
    });
    if (this.search) this.box.prepend(...this.matching().map((index) => this.buttons[index]));
  }

  drawSide(card) {
    this.side.replaceChildren();
    if (!card) return;
    const words = this.data.words;
    this.side.append(el("h4", "", words.votes));
    if (!card.votes.length) this.side.append(el("p", "quiet", words.no_votes));
    for (const [name, label] of card.votes) {
      const row = el("div", "vote");
      row.append(el("span", "lf", name), this.chip(label));
      this.side.append(row);
    }
    const facts = Object.entries(card.metadata);
    if (facts.length) this.side.append(el("h4", "", words.metadata));
    for (const [name, value] of facts) {
      const row = el("div", "fact");
      row.append(el("span", "lf", name), el("span", "", String(value ?? "–")));
      this.side.append(row);
    }
  }

  chip(label) {
    const look = this.data.labels[label];
    const chip = el("span", "chip", look.name);
    chip.style.background = look.soft;
    chip.style.color = look.ink;
    return chip;
  }

  drawTrail() {
    this.trailBox.replaceChildren();
    for (const step of this.trail.slice(-TRAIL).reverse()) {
      const item = this.button("step", () => {
        const place = this.cards.findIndex((card) => card.id === step.id);
        if (place >= 0) this.position = place;
        this.draw();
      });
      const name = step.label === null ? el("span", "chip plain", this.wordsOf(step)) : this.chip(step.label);
      item.append(name, el("span", "excerpt", step.text.slice(0, 80)));
      item.title = step.text.slice(0, 300);
      this.trailBox.append(item);
    }
  }

  drawHelp() {
    this.help.hidden = !this.helpOpen;
    if (!this.helpOpen) return;
    this.help.replaceChildren();
    for (const [key, meaning] of this.data.words.help) {
      this.help.append(el("dt", "", key), el("dd", "", meaning));
    }
  }

  wordsOf(given) {
    if (given.label !== null) return this.data.labels[given.label].name;
    return given.status === "skipped" ? this.data.words.skipped : this.data.words.discarded;
  }

  say(sentence) {
    this.status.textContent = sentence;
  }
}
