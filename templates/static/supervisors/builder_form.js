// The form of a field in the drawer: only what its type has, the key from the label, options as rows.

import { editOptions } from "./builder_options.js";

export function prepareForm(root) {
  const form = root.querySelector("form[data-field-form]");
  root.querySelector("[autofocus]")?.focus();
  if (!form) {
    return;
  }
  const options = form.querySelector("[data-options]");
  if (options) {
    editOptions(options);
  }
  showWhatApplies(form);
  form.addEventListener("change", () => showWhatApplies(form));
  if ("deriveKey" in form.dataset) {
    deriveKey(form.elements.label, form.elements.key);
  }
  const wrong = [".wrong [aria-invalid=true]", ".wrong input, .wrong select, .wrong textarea"]
    .flatMap((inputs) => [...form.querySelectorAll(inputs)])
    .find((input) => input.checkVisibility());
  (wrong ?? form.elements.label ?? form.elements.name)?.focus();
}

function showWhatApplies(form) {
  const type = form.elements.type?.value;
  for (const input of form.querySelectorAll("[data-types]")) {
    input.hidden = !input.dataset.types.split(" ").includes(type);
  }
  for (const part of form.querySelectorAll("[data-needs]")) {
    const needed = form.elements[part.dataset.needs];
    part.hidden = !needed?.checked || needed.closest("[hidden]") !== null;
  }
  for (const part of form.querySelectorAll("fieldset")) {
    const inputs = [...part.querySelectorAll("[data-input]")];
    part.hidden = inputs.length > 0 && inputs.every((one) => one.closest("[hidden]:not(fieldset)"));
  }
}

/** As the contract's client does, until somebody types a key. */
function deriveKey(label, key) {
  let derived = key.value === "" || key.value === window.keyFor(label.value);
  key.addEventListener("input", () => {
    derived = false;
  });
  label.addEventListener("input", () => {
    if (derived) {
      key.value = window.keyFor(label.value);
    }
  });
}
