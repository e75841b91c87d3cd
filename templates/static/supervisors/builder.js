// The page of the schema builder: drawer, menus, preview; edits go to the draft on the server.

import { arrangeByKeys, arrangeByPointer } from "./builder_arrange.js";
import { prepareForm } from "./builder_form.js";

const drawer = document.getElementById("drawer");
const drawerBody = document.getElementById("drawer-body");
let touched = false;
// What opened the drawer, to give the focus back.
let opener = null;

function openDrawer() {
  if (!drawer.open) {
    opener = document.activeElement;
    drawer.showModal();
  }
  // A form that came back is still not kept.
  touched &&= drawerBody.querySelector("[data-field-form]") !== null;
  document.getElementById("drawer-notice").replaceChildren();
  drawer.scrollTop = 0;
}

function mayLeave() {
  return !touched || window.confirm("Close without keeping what you typed?");
}

function closeDrawer() {
  touched = false;
  drawer.close();
  drawerBody.replaceChildren();
  const again = opener && opener.isConnected ? opener : null;
  again?.focus();
}

function showPreview(key) {
  const frame = document.getElementById("preview");
  if (!frame) {
    return;
  }
  const role = document.getElementById("preview-role").value;
  const view = document.getElementById("preview-view").value;
  frame.dataset.width = document.getElementById("preview-width").value;
  frame.addEventListener("load", () => markKept(frame.contentWindow, key), { once: true });
  // Without an entry in the history: going back leaves the page.
  frame.contentWindow.location.replace(
    `${frame.dataset.src}?role=${encodeURIComponent(role)}&view=${view}`,
  );
}

/** The field that was edited is brought into sight; only in the frame, the page stays. */
function markKept(inside, key) {
  const row = key && inside.document.querySelector(`[data-field="${CSS.escape(key)}"]`);
  if (row) {
    row.classList.add("is-kept");
    const { top, height } = row.getBoundingClientRect();
    inside.scrollBy(0, top - (inside.innerHeight - height) / 2);
  }
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.bld-menu[open]")) {
    if (menu !== except) {
      menu.open = false;
    }
  }
}

function listenToDrawer() {
  drawer.addEventListener("input", (event) => {
    if (event.target.name !== "try") {
      touched = true;
    }
  });
  drawer.addEventListener("cancel", (event) => {
    event.preventDefault();
    if (mayLeave()) {
      closeDrawer();
    }
  });
  drawer.addEventListener("click", (event) => {
    const outside = event.target === drawer;
    if ((outside || event.target.closest("[data-close]")) && mayLeave()) {
      closeDrawer();
    }
  });
  window.addEventListener("beforeunload", (event) => {
    if (touched && drawer.open) {
      event.preventDefault();
    }
  });
}

function listenToServer() {
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target } = event.detail;
    // A refusal is said where the eyes are: over an open drawer nobody sees the page.
    if (target.id === "notice") {
      event.detail.target = drawer.open ? document.getElementById("drawer-notice") : target;
      event.detail.target.scrollIntoView({ block: "nearest" });
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === drawerBody) {
      openDrawer();
      prepareForm(drawerBody);
    }
  });
  document.addEventListener("builder:edited", ({ detail }) => {
    document.getElementById("notice").replaceChildren();
    if (drawer.open) {
      closeDrawer();
      focusKept(detail);
    }
    showPreview(detail.key);
  });
}

/** The rows are new ones: what was edited has the focus, wherever it stands now. */
function focusKept({ id, section }) {
  const kept = id
    ? document.querySelector(`.bld-row[data-id="${CSS.escape(id)}"] .bld-name button`)
    : section !== undefined &&
      document.querySelector(`.bld-section[data-section="${CSS.escape(section)}"] .bld-add`);
  kept?.focus?.();
}

document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details.bld-menu"));
  if (event.target.closest(".bld-menu > div button")) {
    closeMenus();
  }
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("details.bld-menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
  }
});

if (drawer) {
  listenToDrawer();
  listenToServer();
  arrangeByPointer();
  arrangeByKeys();
  for (const id of ["preview-role", "preview-view", "preview-width"]) {
    document.getElementById(id).addEventListener("change", () => showPreview());
  }
  showPreview();
} else {
  prepareForm(document);
}
