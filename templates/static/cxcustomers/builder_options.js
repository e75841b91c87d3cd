// Options as rows with a colour; the lines of the text box stay what is sent.

const DEFAULT_COLOR = "#a9a9a9";

function parsed(line) {
  const [value = "", label = "", color = ""] = line.split("|").map((part) => part.trim());
  return { value, label, color };
}

function written({ value, label, color }) {
  const parts = [value, label || (color ? value : ""), color];
  while (parts.length > 1 && !parts.at(-1)) {
    parts.pop();
  }
  return parts.join(" | ");
}

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function button(icon, label) {
  const symbol = element("span", { class: "material-symbols-outlined", "aria-hidden": "true" }, icon);
  return element("button", { type: "button", class: "bld-icon", "aria-label": label, title: label }, symbol);
}

export function editOptions(area) {
  const rows = element("ol", { class: "bld-options" });
  const add = element("button", { type: "button", class: "bld-button" }, "Add option");
  const paste = element("button", { type: "button", class: "bld-button quiet" }, "Paste many");
  const tools = element("div", { class: "bld-option-tools" }, add, paste);
  area.before(rows, tools);

  const readRows = () =>
    [...rows.children].map((row) => ({
      value: row.querySelector("[data-value]").value.trim(),
      label: row.querySelector("[data-label]").value.trim(),
      color: row.dataset.color,
    }));

  function keep() {
    area.value = readRows()
      .filter((option) => option.value)
      .map(written)
      .join("\n");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function row(option) {
    const value = element("input", { type: "text", "data-value": "", "aria-label": "Value of the option", placeholder: "value", autocomplete: "off" });
    const label = element("input", { type: "text", "data-label": "", "aria-label": "Label of the option", placeholder: "label", autocomplete: "off" });
    const color = element("input", { type: "color", "aria-label": "Colour of the option" });
    const up = button("arrow_upward", "Move up");
    const down = button("arrow_downward", "Move down");
    const drop = button("close", "Remove");
    value.value = option.value;
    label.value = option.label;
    color.value = (option.color || DEFAULT_COLOR).slice(0, 7);
    const made = element("li", {}, color, value, label, up, down, drop);
    made.dataset.color = option.color;
    color.addEventListener("input", () => {
      made.dataset.color = color.value;
    });
    up.addEventListener("click", () => move(made, made.previousElementSibling, "before", up));
    down.addEventListener("click", () => move(made, made.nextElementSibling, "after", down));
    drop.addEventListener("click", () => {
      const next = made.nextElementSibling ?? made.previousElementSibling;
      made.remove();
      (next?.querySelector("[data-value]") ?? add).focus();
      keep();
    });
    return made;
  }

  function move(made, beside, where, focused) {
    beside?.[where](made);
    focused.focus();
    keep();
  }

  function show() {
    const options = area.value.split("\n").filter((line) => line.trim()).map(parsed);
    rows.replaceChildren(...(options.length ? options : [parsed("")]).map(row));
  }

  function addRow() {
    rows.append(row(parsed("")));
    rows.lastElementChild.querySelector("[data-value]").focus();
  }

  rows.addEventListener("input", keep);
  rows.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input[type=text]")) {
      event.preventDefault();
      addRow();
    }
  });
  add.addEventListener("click", addRow);
  paste.addEventListener("click", () => {
    area.hidden = !area.hidden;
    rows.hidden = add.hidden = !area.hidden;
    paste.textContent = area.hidden ? "Paste many" : "Show as rows";
    if (area.hidden) {
      show();
    } else {
      area.focus();
    }
  });
  area.hidden = true;
  show();
}
