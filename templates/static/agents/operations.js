// Dialogs, undo and the keys of the duplicates. The pages work without this file.
"use strict";

const dialog = document.getElementById("dialog");

// What is fetched for the dialog opens it; a page is where its link leads without script.
document.addEventListener("htmx:afterSwap", (event) => {
  if (!dialog?.contains(event.target) || dialog.open) return;
  dialog.showModal();
  dialog.querySelector("[autofocus]")?.focus();
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (dialog?.open && dialog.contains(event.target) && !dialog.contains(document.activeElement)) {
    dialog.querySelector("[autofocus]")?.focus();
  }
});

dialog?.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) event.target.closest(".toast").remove();
});

// Fields edited in place

document.addEventListener("click", (event) => {
  const value = event.target.closest(".editable dd");
  if (!value || event.target.closest("a, button") || String(getSelection())) return;
  value.closest(".editable").querySelector(".pen").click();
});

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.(".inline-edit");
  if (!row || event.isComposing) return;
  if (event.key === "Escape") row.querySelector("[data-cancel]").click();
  else if (event.key === "Enter" && event.target.matches("select, [type=checkbox]")) {
    row.querySelector("form").requestSubmit();
  } else if (event.key === "Enter" && event.ctrlKey) row.querySelector("form").requestSubmit();
  else return;
  event.preventDefault();
});

let left = "";
document.addEventListener("htmx:beforeSwap", (event) => {
  const row = event.target.closest?.(".inline-edit, .editable");
  if (row) left = row.id;
});

// The focus goes into the widget, and back to the row that it came from. Other parts of the page
// may be swapped in between.
document.addEventListener("htmx:afterSettle", (event) => {
  const row = left && document.getElementById(left);
  if (!row || !row.contains(event.target)) return;
  left = "";
  if (row.contains(document.activeElement)) return;
  const widget = row.querySelector("input:not([type=hidden]), select, textarea");
  (widget ?? row.querySelector(".pen"))?.focus();
  widget?.select?.();
});

// Keys of buttons: a page names them there.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
  if (document.querySelector("dialog[open]") || localStorage.getItem(KEYS_OFF)) return;
  if (event.target.matches("input:not([type=radio], [type=checkbox]), select, textarea")) return;
  const button = event.key === "z"
    ? document.querySelector("[data-undo]")
    : document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!button || button.disabled) return;
  event.preventDefault();
  button.click();
});
