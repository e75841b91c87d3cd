// Options as rows with a colour; the lines of the text box stay what is sent.

import { dropRepeated, parsed, problemsOf, valueFor, written } from "./option_lines.js";

const DEFAULT_COLOR = "#a9a9a9";

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

function textInput(kind, label) {
  const attributes = { type: "text", "aria-label": label, placeholder: kind, autocomplete: "off" };
  return element("input", { ...attributes, [`data-${kind}`]: "" });
}

export function editOptions(area) {
  const rows = element("ol", { class: "bld-options" });
  const add = element("button", { type: "button", class: "bld-button" }, "Add option");
  const paste = element("button", { type: "button", class: "bld-button quiet" }, "Paste many");
  const tools = element("div", { class: "bld-option-tools" }, add, paste);
  const notes = element("div", { class: "bld-option-notes", role: "status" });
  area.before(rows, tools);
  area.after(notes);

  const readRows = () =>
    [...rows.children].map((row) => ({
      value: row.querySelector("[data-value]").value.trim(),
      label: row.querySelector("[data-label]").value.trim(),
      color: row.dataset.color,
    }));
  const readArea = () => area.value.split("\n").filter((line) => line.trim()).map(parsed);

  function keep() {
    write(readRows().filter((option) => option.value));
    check();
  }

  function write(options) {
    area.value = options.map(written).join("\n");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Mark what cannot be kept so, and say why; told only where it changes. */
  function check(said = []) {
    const problems = problemsOf(area.hidden ? readRows() : readArea());
    for (const input of rows.querySelectorAll("input")) {
      input.removeAttribute("aria-invalid");
    }
    for (const { at, part } of problems) {
      rows.children[at]?.querySelector(`[data-${part}]`)?.setAttribute("aria-invalid", "true");
    }
    const told = [...said.map((text) => note(text)), ...problems.map(problemNote)];
    if (told.map((one) => one.textContent).join() !== [...notes.children].map((one) => one.textContent).join()) {
      notes.replaceChildren(...told);
    }
  }

  function note(text, ...children) {
    return element("p", { class: children.length ? "bld-error" : "bld-help" }, text, ...children);
  }

  function problemNote({ text, value, isRepeated }) {
    const drop = element("button", { type: "button", class: "bld-button" }, "Drop the second one");
    drop.addEventListener("click", () => dropSecond(value));
    return note(text, ...(isRepeated ? [" ", drop] : [" "]));
  }

  function dropSecond(value) {
    const options = area.hidden ? readRows() : readArea();
    const first = options.findIndex((option) => option.value === value);
    const second = options.findIndex((option, at) => at > first && option.value === value);
    if (area.hidden) {
      rows.children[second].remove();
      keep();
      rows.children[first].querySelector("[data-label]").focus();
    } else {
      write(options.toSpliced(second, 1));
      check();
      area.focus();
    }
  }

  function row(option) {
    const label = textInput("label", "Label of the option");
    const value = textInput("value", "Value of the option");
    const color = element("input", { type: "color", "aria-label": "Colour of the option", "data-color": "" });
    const up = button("arrow_upward", "Move up");
    const down = button("arrow_downward", "Move down");
    const drop = button("close", "Remove");
    value.value = option.value;
    label.value = option.label;
    const isColor = /^#[0-9a-f]{6}/i.test(option.color);
    color.value = isColor ? option.color.slice(0, 7) : DEFAULT_COLOR;
    const made = element("li", {}, color, label, value, up, down, drop);
    made.dataset.color = option.color;
    color.addEventListener("input", () => {
      made.dataset.color = color.value;
    });
    follow(label, value);
    up.addEventListener("click", () => move(made, made.previousElementSibling, "before", up));
    down.addEventListener("click", () => move(made, made.nextElementSibling, "after", down));
    drop.addEventListener("click", () => {
      const next = made.nextElementSibling ?? made.previousElementSibling;
      made.remove();
      (next?.querySelector("[data-label]") ?? add).focus();
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
    const options = readArea();
    rows.replaceChildren(...(options.length ? options : [parsed("")]).map(row));
  }

  function addRow() {
    rows.append(row(parsed("")));
    rows.lastElementChild.querySelector("[data-label]").focus();
  }

  /** Lines that say the same twice are a slip of who pastes; what differs is asked about. */
  function tidy() {
    const { kept, dropped } = dropRepeated(readArea());
    if (dropped.length) {
      write(kept);
    }
    return dropped.length ? [`There twice, and dropped once: ${dropped.join(", ")}.`] : [];
  }

  rows.addEventListener("input", keep);
  rows.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input[type=text]")) {
      event.preventDefault();
      addRow();
    }
  });
  add.addEventListener("click", addRow);
  area.addEventListener("change", () => check(tidy()));
  paste.addEventListener("click", () => {
    area.hidden = !area.hidden;
    rows.hidden = add.hidden = !area.hidden;
    paste.textContent = area.hidden ? "Paste many" : "Show as rows";
    if (area.hidden) {
      const said = tidy();
      show();
      check(said.length ? said : [...notes.querySelectorAll(".bld-help")].map((one) => one.textContent));
    } else {
      area.focus();
    }
  });
  area.hidden = true;
  show();
  check();
}

/** The value follows the label, as the key of a field does, until somebody types one. */
function follow(label, value) {
  let follows = value.value === "";
  value.addEventListener("input", () => {
    follows = false;
  });
  label.addEventListener("input", () => {
    if (follows) {
      value.value = valueFor(label.value);
    }
  });
}
