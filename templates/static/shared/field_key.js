// Derives the key of a new field from its label, until somebody types a key.
"use strict";

function keyFor(label) {
  const words = label.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  return words
    .map((word, index) =>
      index ? word[0].toUpperCase() + word.slice(1) : word.toLowerCase(),
    )
    .join("")
    .replace(/^\p{N}+/u, "")
    .slice(0, 64);
}

document.addEventListener("DOMContentLoaded", () => {
  const label = document.getElementById("id_label");
  const key = document.getElementById("id_key");
  if (!label || !key || key.disabled || key.value) {
    return;
  }
  let derived = true;
  key.addEventListener("input", (event) => {
    if (event.isTrusted) {
      derived = false;
    }
  });
  label.addEventListener("input", () => {
    if (derived) {
      key.value = keyFor(label.value);
      // The form's own script follows its fields by this event.
      key.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
});
