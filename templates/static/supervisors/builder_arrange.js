// Fields and sections put into another order, with the pointer or with Alt and the arrow keys.

const PAUSE = 500;
let timer = 0;

function board() {
  return document.getElementById("board");
}

function say(text) {
  document.getElementById("said").textContent = text;
}

/** Send the order of the page, once nobody has moved anything for a moment. */
function keepOrder(delay = PAUSE) {
  window.clearTimeout(timer);
  timer = window.setTimeout(sendOrder, delay);
}

function sendOrder() {
  const values = { token: document.getElementById("token").value, id: [], section: [], empty: [] };
  for (const section of board().querySelectorAll(".bld-section:not(:has(.bld-row))")) {
    values.empty.push(section.dataset.section);
  }
  for (const row of board().querySelectorAll(".bld-row")) {
    values.id.push(row.dataset.id);
    values.section.push(row.closest(".bld-section").dataset.section);
  }
  const held = document.activeElement?.closest("[data-handle]");
  const row = held?.closest(".bld-row");
  const section = held?.closest(".bld-section");
  window.htmx
    .ajax("POST", board().dataset.arrange, { source: "#board", target: "#board", swap: "outerHTML", values })
    .then(() => giveFocusBack(row?.dataset.id, section?.dataset.section));
}

/** The rows are new ones: what was moved with the keyboard has the focus again. */
function giveFocusBack(id, section) {
  const place = id
    ? board().querySelector(`.bld-row[data-id="${CSS.escape(id)}"]`)
    : section !== undefined &&
      board().querySelector(`.bld-section[data-section="${CSS.escape(section)}"]`);
  (place || null)?.querySelector("[data-handle]")?.focus();
}

/** Where a row goes with one step up or down; over the edge it goes to the next section. */
function stepRow(row, down) {
  const beside = down ? row.nextElementSibling : row.previousElementSibling;
  if (beside) {
    beside[down ? "after" : "before"](row);
    return true;
  }
  const sections = [...board().querySelectorAll(".bld-section")];
  const next = sections[sections.indexOf(row.closest(".bld-section")) + (down ? 1 : -1)];
  next?.querySelector(".bld-rows")[down ? "prepend" : "append"](row);
  return Boolean(next);
}

function stepSection(section, down) {
  const beside = down ? section.nextElementSibling : section.previousElementSibling;
  beside?.[down ? "after" : "before"](section);
  return Boolean(beside);
}

export function arrangeByKeys() {
  document.addEventListener("keydown", (event) => {
    const handle = event.target.closest?.("[data-handle]");
    if (!handle || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) {
      return;
    }
    event.preventDefault();
    const down = event.key === "ArrowDown";
    const row = handle.closest(".bld-row");
    const section = handle.closest(".bld-section");
    const moved = row ? stepRow(row, down) : stepSection(section, down);
    handle.focus();
    if (moved) {
      const where = handle.closest(".bld-section").querySelector("h2").textContent;
      say(row ? `${row.dataset.label}, in ${where}` : `${where} moved`);
      keepOrder();
    }
  });
}

/** What is dragged stands before the first of its kind whose middle is below the pointer. */
function dragTo(dragged, event) {
  const isRow = dragged.matches(".bld-row");
  const under = document.elementFromPoint(event.clientX, event.clientY);
  const section = under?.closest(".bld-section");
  const list = isRow ? section?.querySelector(".bld-rows") : dragged.parentElement;
  if (!list) {
    return;
  }
  const others = [...list.children].filter((one) => one !== dragged);
  const next = others.find((one) => {
    const box = one.getBoundingClientRect();
    return event.clientY < box.top + box.height / 2;
  });
  if ((next ?? null) !== dragged.nextElementSibling || dragged.parentElement !== list) {
    list.insertBefore(dragged, next ?? null);
  }
}

export function arrangeByPointer() {
  let dragged = null;
  let order = "";
  const orderNow = () =>
    [...board().querySelectorAll(".bld-row")]
      .map((row) => row.dataset.id + row.closest(".bld-section").dataset.section)
      .join();
  document.addEventListener("pointerdown", (event) => {
    const handle = event.button === 0 && event.target.closest("[data-handle]");
    if (handle && board()?.contains(handle)) {
      dragged = handle.closest(handle.dataset.handle === "row" ? ".bld-row" : ".bld-section");
      order = orderNow();
      dragged.classList.add("is-dragged");
      handle.setPointerCapture(event.pointerId);
    }
  });
  document.addEventListener("pointermove", (event) => {
    if (dragged) {
      event.preventDefault();
      dragTo(dragged, event);
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => {
      if (dragged) {
        dragged.classList.remove("is-dragged");
        dragged = null;
        if (orderNow() !== order) {
          keepOrder(0);
        }
      }
    });
  }
}
