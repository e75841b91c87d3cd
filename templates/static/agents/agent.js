// The agent pages work without this file; it adds keys, copying and repeatable inputs.
"use strict";

const find = () => document.querySelector("[data-find]");
const rows = () => [...document.querySelectorAll("#results a.name")];
const toast = document.getElementById("toast");
const KEYS_OFF = "cxcustomers.single-keys-off";

function say(text) {
  toast.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { toast.textContent = ""; }, 4000);
}

function isTyping(target) {
  return target.isContentEditable || target.matches("input, select, textarea");
}

// Keys

const KEYS = {
  "/": () => { find()?.focus(); find()?.select(); },
  "e": () => (document.activeElement.closest(".editable")?.querySelector(".pen")
    ?? document.querySelector("[data-edit]"))?.click(),
  "?": () => document.getElementById("keys")?.showModal(),
};

function walk(event) {
  const links = rows();
  const here = links.indexOf(document.activeElement);
  if (!links.length || (here < 0 && document.activeElement !== find())) return;
  event.preventDefault();
  const next = here + (event.key === "ArrowDown" ? 1 : -1);
  (next < 0 ? find() : links[Math.min(next, links.length - 1)]).focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") return walk(event);
  const key = KEYS[event.key];
  if (!key || isTyping(event.target) || localStorage.getItem(KEYS_OFF)) return;
  event.preventDefault();
  key();
});

const singleKeys = document.querySelector("[data-single-keys]");
if (singleKeys) {
  singleKeys.checked = !localStorage.getItem(KEYS_OFF);
  singleKeys.addEventListener("change", () => {
    if (singleKeys.checked) localStorage.removeItem(KEYS_OFF);
    else localStorage.setItem(KEYS_OFF, "1");
  });
}

// Buttons

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    say("Your browser does not let this page copy.");
  }
}

function addInput(many) {
  const inputs = many.querySelectorAll(".one");
  const one = inputs[inputs.length - 1].cloneNode(true);
  one.querySelector("input").value = "";
  inputs[inputs.length - 1].after(one);
  one.querySelector("input").focus();
  limit(many);
}

function dropInput(many, one) {
  if (many.querySelectorAll(".one").length > 1) one.remove();
  else one.querySelector("input").value = "";
  many.querySelector("input:not([type=hidden])").focus();
  limit(many);
}

function limit(many) {
  many.querySelector("[data-add]").hidden =
    many.querySelectorAll(".one").length >= Number(many.dataset.most);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if ("copy" in button.dataset) copy(button.dataset.copy);
  if ("keys" in button.dataset) document.getElementById("keys").showModal();
  if ("add" in button.dataset) addInput(button.closest("[data-many]"));
  if ("drop" in button.dataset) dropInput(button.closest("[data-many]"), button.closest(".one"));
});

// Two spare inputs serve who has no script; here one is enough, and buttons make more.
for (const many of document.querySelectorAll("[data-many]")) {
  const spares = [...many.querySelectorAll("[data-spare]")];
  const isEmpty = spares.length === many.querySelectorAll(".one").length;
  spares.slice(isEmpty ? 1 : 0).forEach((spare) => spare.remove());
  many.querySelectorAll("[data-drop]").forEach((button) => { button.hidden = false; });
  if (many.querySelector(".one")) limit(many);
}

// A label that asks for a reason opens the place where it is given.

function askForReason(form) {
  const option = form.querySelector("select[name=label]").selectedOptions[0];
  const asks = option !== undefined && "asks" in option.dataset;
  const reason = form.querySelector("input[name=reason]");
  reason.required = asks;
  if (asks) reason.closest("details").open = true;
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-put-on]");
  if (form && event.target.name === "label") askForReason(form);
});
document.addEventListener("htmx:load", (event) => {
  event.target.querySelectorAll("[data-put-on]").forEach(askForReason);
});

document.addEventListener("htmx:sendError", () => say("The server cannot be reached."));
document.addEventListener("htmx:responseError", () => say("That did not work. Reload the page and try again."));
