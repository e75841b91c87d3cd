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

// A page names its keys at the buttons that they press.
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
