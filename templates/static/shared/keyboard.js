// What the theme lets only a mouse press, and what it leaves without a name.
"use strict";

const MOUSE_ONLY = "[x-on\\:click]:not(a[href], button, input, select, textarea, summary)";
// Part of what is pressed or of what it does -> what to call it.
const NAMES = {
  openUserLinks: "Your account",
  sidebar: "Menu",
  showPassword: "Show the password",
  openModal: "Close",
  "changelist-filter-close": "Close the filters",
};

function makeButton(node) {
  const press = `${node.id} ${node.getAttribute("x-on:click")}`;
  const part = Object.keys(NAMES).find((each) => press.includes(each));
  node.setAttribute("role", "button");
  node.tabIndex = 0;
  if (part) {
    node.setAttribute("aria-label", NAMES[part]);
  }
}

// The box that searches a list is named as the list is.
function nameSearchBox(box, select) {
  const label = select?.labels?.[0];
  if (box && label) {
    box.setAttribute("aria-label", label.textContent.replace("*", "").trim());
  }
}

function nameAdded(records) {
  for (const { addedNodes } of records) {
    for (const node of addedNodes) {
      if (node.matches?.(".select2-container")) {
        nameSearchBox(node.querySelector(".select2-search__field"), node.previousElementSibling);
      }
    }
  }
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(MOUSE_ONLY).forEach(makeButton);
  new MutationObserver(nameAdded).observe(document.body, { childList: true, subtree: true });
});

// The box of a list of one stands apart from its list, and knows it by id.
document.addEventListener("focusin", ({ target }) => {
  const list = target.matches(".select2-search__field") && target.getAttribute("aria-controls");
  if (list) {
    nameSearchBox(target, document.getElementById(list.replace(/^select2-|-results$/g, "")));
  }
});

document.addEventListener("keydown", (event) => {
  if (["Enter", " "].includes(event.key) && event.target.matches(MOUSE_ONLY)) {
    event.preventDefault();
    event.target.click();
  }
});
