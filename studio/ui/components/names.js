export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".names");
  const said = element("span", { class: "said", role: "status", "aria-live": "polite" });
  root.replaceChildren(...data.groups.flatMap((group) => row(group, data, said)), said);
}

function row(group, data, said) {
  const buttons = group.names.map((name) =>
    element("button", {
      type: "button",
      text: name.text,
      title: `${name.help} ${data.words.copy}`,
      style: name.soft ? { background: name.soft, color: name.ink } : {},
      onclick: () => copy(name.text, said, data),
    }),
  );
  return [element("div", { role: "group", "aria-label": group.title }, [
    element("span", { class: "title", text: group.title }),
    ...buttons,
  ])];
}

async function copy(text, said, data) {
  try {
    await navigator.clipboard.writeText(text);
    said.textContent = data.words.copied.replace("{name}", text);
  } catch {
    said.textContent = data.words.refused.replace("{name}", text);
  }
}
