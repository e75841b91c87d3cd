// The customer list of the admin: the filter builder, its dialogs, the order of columns.
"use strict";

const make = (name, attributes = {}, ...children) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
};

// Dialogs and panels

function opens(button) {
  const dialog = document.getElementById(`cxl-${button.dataset.opens}`);
  button.addEventListener("click", () => dialog.showModal());
}

function toggles(button) {
  const panel = document.getElementById(button.dataset.toggles);
  button.addEventListener("click", () => show(panel, panel.hidden));
}

function show(panel, isShown) {
  panel.hidden = !isShown;
  const button = document.querySelector(`[aria-controls="${panel.id}"]`);
  button.setAttribute("aria-expanded", String(isShown));
  (isShown ? panel.querySelector("select") : button)?.focus();
}

// The filter builder

class Builder {
  constructor(form) {
    const { subjects, rows } = JSON.parse(document.getElementById("cxl-subjects").textContent);
    this.subjects = new Map(subjects.map((subject) => [subject.key, subject]));
    this.list = form.querySelector(".cxl-rows");
    for (const row of rows.length ? rows : [[]]) {
      this.add(...row);
    }
    form.querySelector("[data-adds]").addEventListener("click", () => {
      this.add();
      this.list.lastElementChild.querySelector("select").focus();
    });
    form.addEventListener("submit", () => {
      form.elements.where.value = JSON.stringify(this.rows());
    });
  }

  add(key, operator, ...operands) {
    const subject = this.subjects.get(key) ?? this.subjects.values().next().value;
    const row = make("li");
    const field = this.fieldChooser(subject.key);
    const remove = make("button", { type: "button", class: "cxl-remove", "aria-label": "Remove" });
    remove.append(make("span", { class: "material-symbols-outlined", "aria-hidden": "true" }, "close"));
    remove.addEventListener("click", () => row.remove());
    const rest = make("span", { class: "cxl-rest" });
    row.append(field, rest, remove);
    this.list.append(row);
    this.ask(row, subject, operator, operands);
    field.addEventListener("change", () => this.ask(row, this.subjects.get(field.value)));
  }

  fieldChooser(chosen) {
    const select = make("select", { class: "cxl-input", "data-part": "subject", "aria-label": "Field" });
    const groups = new Map();
    for (const subject of this.subjects.values()) {
      if (!groups.has(subject.section)) {
        groups.set(subject.section, make("optgroup", { label: subject.section }));
      }
      groups.get(subject.section).append(make("option", { value: subject.key }, subject.label));
    }
    select.append(...groups.values());
    select.value = chosen;
    return select;
  }

  ask(row, subject, operator, operands = []) {
    const rest = row.querySelector(".cxl-rest");
    const select = make("select", { class: "cxl-input", "data-part": "operator", "aria-label": "How" });
    select.append(
      ...subject.operators.map((each) => make("option", { value: each.key }, each.label)),
    );
    select.value = subject.operators.some((each) => each.key === operator)
      ? operator
      : subject.operators[0].key;
    const values = make("span", { class: "cxl-operands" });
    rest.replaceChildren(select, values);
    const draw = (known) => {
      const chosen = subject.operators.find((each) => each.key === select.value);
      values.replaceChildren(...inputs(subject, chosen, known));
    };
    draw(operands);
    select.addEventListener("change", () => draw([]));
  }

  rows() {
    return [...this.list.children].map((row) => [
      row.querySelector('[data-part="subject"]').value,
      row.querySelector('[data-part="operator"]').value,
      ...operandsOf(row.querySelector(".cxl-operands")),
    ]);
  }
}

function inputs(subject, operator, known) {
  if (operator.operands === 0) {
    return [];
  }
  if (operator.operands === null) {
    return [chooser(subject, known)];
  }
  if (subject.choices.length) {
    const select = make("select", { class: "cxl-input", "data-operand": "", "aria-label": "Value" });
    select.append(...subject.choices.map(([value, text]) => make("option", { value }, text)));
    select.value = known[0] ?? subject.choices[0][0];
    return [select];
  }
  const found = [];
  for (let place = 0; place < operator.operands; place += 1) {
    const input = make("input", {
      class: "cxl-input",
      "data-operand": "",
      "aria-label": place ? "And" : "Value",
      required: "",
      maxlength: "200",
      ...shape(subject, operator),
    });
    input.value = known[place] ?? "";
    found.push(...(place ? ["and", input] : [input]), ...refusesShort(input, operator.least));
  }
  return operator.unit ? [...found, operator.unit] : found;
}

// Answers a message beside the input that says while one types what the server would say.
function refusesShort(input, least) {
  if (least < 2) {
    return [];
  }
  const message = make("span", { class: "cxl-short", role: "status" });
  input.placeholder = `${least} characters or more`;
  const check = () => {
    const text = input.value.normalize("NFKC").trim();
    // Other scripts need fewer letters.
    const isShort = text.length < least && [...text].every((letter) => letter <= "\x7f");
    message.textContent = text && isShort ? `Type at least ${least} characters.` : "";
    input.setCustomValidity(message.textContent);
  };
  input.addEventListener("input", check);
  check();
  return [message];
}

function shape(subject, operator) {
  if (operator.unit) {
    return { type: "number", min: "1", step: "1", class: "cxl-input short" };
  }
  if (subject.type === "number") {
    return { type: "text", inputmode: "decimal", class: "cxl-input short" };
  }
  // A moment is looked for by its day.
  return subject.type.startsWith("date") ? { type: "date" } : { type: "text", dir: "auto" };
}

function chooser(subject, known) {
  const summary = make("summary", { class: "cxl-input" });
  const boxes = subject.choices.map(([value, text]) => {
    const box = make("input", { type: "checkbox", value, "data-operand": "" });
    box.checked = known.includes(value);
    return make("label", { class: "cxl-check" }, box, text);
  });
  const tell = () => {
    const chosen = boxes.filter((label) => label.firstChild.checked);
    summary.textContent = chosen.map((label) => label.textContent).join(", ") || "Choose…";
  };
  const details = make("details", { class: "cxl-choices" }, summary, make("div", {}, ...boxes));
  details.addEventListener("change", tell);
  details.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      details.open = false;
      summary.focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!details.contains(event.target)) {
      details.open = false;
    }
  });
  tell();
  return details;
}

function operandsOf(values) {
  return [...values.querySelectorAll("[data-operand]")]
    .filter((input) => input.type !== "checkbox" || input.checked)
    .map((input) => input.value);
}

// The column chooser

function choosesColumns(dialog) {
  const shown = dialog.querySelector(".cxl-shown");
  let dragged = null;
  const move = (item, isUp) => {
    const other = isUp ? item.previousElementSibling : item.nextElementSibling;
    if (other) {
      other[isUp ? "before" : "after"](item);
      item.focus();
    }
  };
  dialog.addEventListener("change", (event) => {
    const key = event.target.dataset.column;
    if (!key) {
      return;
    }
    shown.querySelector(`[data-key="${CSS.escape(key)}"]`)?.remove();
    if (event.target.checked) {
      shown.append(item(key, event.target.parentElement.textContent.trim()));
    }
  });
  shown.addEventListener("keydown", (event) => {
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      move(event.target.closest("li"), event.key === "ArrowUp");
    }
  });
  shown.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("li");
    event.dataTransfer.effectAllowed = "move";
  });
  shown.addEventListener("dragover", (event) => {
    const over = event.target.closest("li");
    if (dragged && over && over !== dragged) {
      const { top, height } = over.getBoundingClientRect();
      over[event.clientY < top + height / 2 ? "before" : "after"](dragged);
    }
    event.preventDefault();
  });
  shown.addEventListener("dragend", () => {
    dragged = null;
  });
}

function item(key, label) {
  return make(
    "li",
    { draggable: "true", tabindex: "0", "data-key": key },
    make("span", { class: "material-symbols-outlined", "aria-hidden": "true" }, "drag_indicator"),
    make("bdi", {}, label),
    make("input", { type: "hidden", name: "column", value: key }),
  );
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-opens]").forEach(opens);
  document.querySelectorAll("[data-toggles]").forEach(toggles);
  document.querySelectorAll("[data-closes]").forEach((button) => {
    button.addEventListener("click", () => button.closest("dialog").close());
  });
  const builder = document.getElementById("cxl-builder");
  if (builder) {
    new Builder(builder);
  }
  const columns = document.getElementById("cxl-columns");
  if (columns) {
    choosesColumns(columns);
  }
});
